"""Let uploads be for messages.

Rebuilding a table in a batch (SQLite) loses its triggers: run triggers.statements() for it again at the end. That of
uploads has none.
There is no way back but the backup.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

CHECKS = {
    "one_purpose": "(milestone_id IS NULL) <> (thread_id IS NULL)",
    "one_sender": "(member_id IS NULL) <> (contact_id IS NULL)",
    "contacts_only_attach": "contact_id IS NULL OR thread_id IS NOT NULL",
    "sent_when_stored": "message_id IS NULL OR (thread_id IS NOT NULL AND state = 'stored')",
    "stored_with_hash": "thread_id IS NULL OR state <> 'stored' OR sha256 IS NOT NULL",
}


def upgrade() -> None:
    """To this revision."""
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("thread_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("message_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("contact_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("sha256", sa.String(length=64), nullable=True))
        batch_op.alter_column("milestone_id", existing_type=sa.Uuid(), nullable=True)
        batch_op.alter_column("member_id", existing_type=sa.Uuid(), nullable=True)
        for column, table in (("thread_id", "threads"), ("message_id", "messages"), ("contact_id", "contacts")):
            batch_op.create_foreign_key(
                batch_op.f(f"fk_uploads_vendor_id_{column}_{table}"),
                table,
                ["vendor_id", column],
                ["vendor_id", "id"],
            )
        for name, text in CHECKS.items():
            batch_op.create_check_constraint(batch_op.f(f"ck_uploads_{name}"), text)
        batch_op.create_index("ix_uploads_vendor_id_thread_id_state", ["vendor_id", "thread_id", "state"], unique=False)
