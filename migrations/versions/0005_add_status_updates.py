"""Add status updates.

Rebuilding a table in a batch (SQLite) loses its triggers: run triggers.statements() for it again at the end.
There is no way back but the backup.
"""

import sqlalchemy as sa
from alembic import op

from portal.models import triggers

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "status_drafts",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("period_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sent",
                "skipped",
                "replaced",
                name="draft_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("next", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Text(), nullable=False),
        sa.Column("risks", sa.Text(), nullable=False),
        sa.Column("money", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("covers_seq", sa.Integer(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_status_drafts_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_status_drafts_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_drafts")),
        sa.UniqueConstraint("project_id", "period_on", name=op.f("uq_status_drafts_project_id_period_on")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_status_drafts_vendor_id_id")),
    )
    with op.batch_alter_table("status_drafts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_status_drafts_send_at",
            ["send_at"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.create_index(batch_op.f("ix_status_drafts_vendor_id"), ["vendor_id"], unique=False)
        batch_op.create_index(
            "ix_status_drafts_vendor_id_project_id", ["vendor_id", "project_id", "state"], unique=False
        )
        batch_op.create_index("ix_status_drafts_vendor_id_state", ["vendor_id", "state", "drafted_at"], unique=False)
        batch_op.create_index(
            "uq_status_drafts_waiting",
            ["project_id"],
            unique=True,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.create_table(
        "status_plans",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column(
            "rhythm",
            sa.Enum(
                "off",
                "weekly",
                "biweekly",
                "monthly",
                name="rhythm",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("send_after_days", sa.Integer(), nullable=True),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chosen_by", sa.Uuid(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_status_plans_hour_in_day")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_status_plans_weekday_in_week")),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_status_plans_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_status_plans_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_plans")),
        sa.UniqueConstraint("project_id", name=op.f("uq_status_plans_project_id")),
    )
    with op.batch_alter_table("status_plans", schema=None) as batch_op:
        batch_op.create_index("ix_status_plans_next_at", ["next_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_status_plans_vendor_id"), ["vendor_id"], unique=False)
        batch_op.create_index("ix_status_plans_vendor_id_project_id", ["vendor_id", "project_id"], unique=False)

    op.create_table(
        "status_updates",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("covers_seq", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("money", sa.Text(), nullable=True),
        sa.Column("money_sha256", sa.String(length=64), nullable=True),
        sa.Column("sent_by", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_status_updates_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_status_updates_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_updates")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_status_updates_project_id_number")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_status_updates_vendor_id_id")),
    )
    with op.batch_alter_table("status_updates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_status_updates_vendor_id"), ["vendor_id"], unique=False)
        batch_op.create_index(
            "ix_status_updates_vendor_id_project_id", ["vendor_id", "project_id", "number"], unique=False
        )
    for statement in triggers.statements(op.get_bind().dialect.name, ("status_updates",)):
        op.execute(statement)
