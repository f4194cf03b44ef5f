"""Add feeds and webhooks.

Rebuilding a table in a batch (SQLite) loses its triggers: run triggers.statements() for it again at the end.
There is no way back but the backup.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "webhooks",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "format",
            sa.Enum(
                "milepost",
                "slack",
                "wecom",
                "dingtalk",
                "feishu",
                name="webhook_format",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_webhooks_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_webhooks_vendor_id_id")),
    )
    with op.batch_alter_table("webhooks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhooks_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "feeds",
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(member_id IS NULL) <> (contact_id IS NULL)", name=op.f("ck_feeds_one_person")),
        sa.ForeignKeyConstraint(
            ["vendor_id", "contact_id"],
            ["contacts.vendor_id", "contacts.id"],
            name=op.f("fk_feeds_vendor_id_contact_id_contacts"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "member_id"],
            ["members.vendor_id", "members.id"],
            name=op.f("fk_feeds_vendor_id_member_id_members"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_feeds_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_feeds_contact_id")),
        sa.UniqueConstraint("member_id", name=op.f("uq_feeds_member_id")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_feeds_token_digest")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_feeds_vendor_id_id")),
    )
    with op.batch_alter_table("feeds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feeds_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "webhook_deliveries",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gave_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("trouble", sa.String(length=24), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_webhook_deliveries_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "webhook_id"],
            ["webhooks.vendor_id", "webhooks.id"],
            name=op.f("fk_webhook_deliveries_vendor_id_webhook_id_webhooks"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_webhook_deliveries_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_webhook_deliveries_vendor_id_id")),
    )
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_deliveries_vendor_id"), ["vendor_id"], unique=False)
        batch_op.create_index(
            "ix_webhook_deliveries_vendor_id_webhook_id", ["vendor_id", "webhook_id", "queued_at"], unique=False
        )
        batch_op.create_index(
            "ix_webhook_deliveries_webhook_id_due_at",
            ["webhook_id", "due_at"],
            unique=False,
            sqlite_where=sa.text("sent_at IS NULL AND gave_up_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL AND gave_up_at IS NULL"),
        )

    op.create_table(
        "feed_keys",
        sa.Column("feed_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("grant_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "feed_id"], ["feeds.vendor_id", "feeds.id"], name=op.f("fk_feed_keys_vendor_id_feed_id_feeds")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "grant_id"],
            ["grants.vendor_id", "grants.id"],
            name=op.f("fk_feed_keys_vendor_id_grant_id_grants"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_feed_keys_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_keys")),
        sa.UniqueConstraint("feed_id", "grant_id", name=op.f("uq_feed_keys_feed_id_grant_id")),
    )
    with op.batch_alter_table("feed_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feed_keys_vendor_id"), ["vendor_id"], unique=False)
