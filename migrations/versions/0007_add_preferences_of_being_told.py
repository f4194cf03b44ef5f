"""Add preferences of being told.

Rebuilding a table in a batch (SQLite) loses its triggers: run triggers.statements() for it again at the end.
There is no way back but the backup.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WAITING = "sent_at IS NULL AND gave_up_at IS NULL AND dropped_at IS NULL"
OPEN_BUNDLE = f"kind = 'message_posted' AND attempts = 0 AND {WAITING}"


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "preferences",
        sa.Column("to_kind", sa.String(length=10), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("asks", sa.String(length=10), nullable=True),
        sa.Column("messages", sa.String(length=10), nullable=True),
        sa.Column("news", sa.String(length=10), nullable=True),
        sa.Column("receipts", sa.String(length=10), nullable=True),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.Column("browser", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_preferences_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preferences")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_preferences_token_digest")),
        sa.UniqueConstraint("vendor_id", "to_kind", "to_id", name=op.f("uq_preferences_vendor_id_to_kind_to_id")),
    )
    with op.batch_alter_table("preferences", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_preferences_vendor_id"), ["vendor_id"], unique=False)

    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rhythm", sa.String(length=10), server_default="at_once", nullable=False))
        batch_op.add_column(sa.Column("mailed_with", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("patient_from", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_notices_mailed_with",
            ["mailed_with"],
            unique=False,
            sqlite_where=sa.text("mailed_with IS NOT NULL"),
            postgresql_where=sa.text("mailed_with IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_notices_vendor_id_to_id",
            ["vendor_id", "to_id"],
            unique=False,
            sqlite_where=sa.text(WAITING),
            postgresql_where=sa.text(WAITING),
        )
        batch_op.create_index(
            "uq_notices_open_bundle",
            ["vendor_id", "project_id", "to_kind", "to_id"],
            unique=True,
            sqlite_where=sa.text(OPEN_BUNDLE),
            postgresql_where=sa.text(OPEN_BUNDLE),
        )
