"""Add index of payments by project.

Rebuilding a table in a batch (SQLite) loses its triggers: run triggers.statements() for it again at the end.
There is no way back but the backup.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index("ix_payments_vendor_id_project_id", ["vendor_id", "project_id"], unique=False)
