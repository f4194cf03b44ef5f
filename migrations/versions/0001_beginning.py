"""Beginning."""

import sqlalchemy as sa
from alembic import op

from portal.models import triggers

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "entries",
    "ledger_entries",
    "credit_entries",
    "receipts",
    "receipt_pdfs",
    "approvals",
    "submissions",
    "releases",
)


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "answers",
        sa.Column("actor", sa.String(length=50), nullable=False),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("input_sha256", sa.String(length=64), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor", "act", "key", name=op.f("pk_answers")),
    )
    op.create_table(
        "buckets",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("millitokens", sa.BigInteger(), nullable=False),
        sa.Column("filled_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_buckets")),
    )
    op.create_table(
        "vendors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.String(length=60), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("brand_colour", sa.String(length=7), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("logo_type", sa.String(length=40), nullable=True),
        sa.Column("look_version", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("pay_instructions", sa.Text(), nullable=False),
        sa.Column("bank_holder", sa.String(length=200), nullable=False),
        sa.Column("bank_name", sa.String(length=200), nullable=False),
        sa.Column("bank_account", sa.String(length=60), nullable=False),
        sa.Column("bank_code", sa.String(length=40), nullable=False),
        sa.Column("payee_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendors")),
    )
    op.create_table(
        "clients",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_folded", sa.String(length=400), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_clients_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_clients_vendor_id_id")),
    )
    op.create_index(op.f("ix_clients_vendor_id"), "clients", ["vendor_id"], unique=False)
    op.create_index("ix_clients_vendor_id_name", "clients", ["vendor_id", "name"], unique=False)
    op.create_table(
        "counters",
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_counters_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("vendor_id", "series", name=op.f("pk_counters")),
    )
    op.create_table(
        "members",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column(
            "role",
            sa.Enum("owner", "manager", "member", name="role", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_members_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("email", name=op.f("uq_members_email")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_members_vendor_id_id")),
    )
    op.create_index(op.f("ix_members_vendor_id"), "members", ["vendor_id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "client_id"],
            ["clients.vendor_id", "clients.id"],
            name=op.f("fk_contacts_vendor_id_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_contacts_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_contacts_vendor_id_id")),
    )
    op.create_index(op.f("ix_contacts_vendor_id"), "contacts", ["vendor_id"], unique=False)
    op.create_index("ix_contacts_vendor_id_client_id", "contacts", ["vendor_id", "client_id"], unique=False)
    op.create_table(
        "sittings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_sittings_member_id_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sittings")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_sittings_token_digest")),
    )
    op.create_index(op.f("ix_sittings_member_id"), "sittings", ["member_id"], unique=False)
    op.create_table(
        "projects",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("title_folded", sa.String(length=400), nullable=False),
        sa.Column(
            "phase",
            sa.Enum("draft", "active", "finished", name="phase", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("asks_on", sa.Date(), nullable=True),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column(
            "flow",
            sa.Enum(
                "pay_to_unlock",
                "approve_then_invoice",
                name="flow",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("terms", sa.Text(), nullable=True),
        sa.Column("terms_sha256", sa.String(length=64), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_projects_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["vendor_id", "client_id"],
            ["clients.vendor_id", "clients.id"],
            name=op.f("fk_projects_vendor_id_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "contact_id"],
            ["contacts.vendor_id", "contacts.id"],
            name=op.f("fk_projects_vendor_id_contact_id_contacts"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_projects_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_projects_vendor_id_id")),
    )
    op.create_index(op.f("ix_projects_vendor_id"), "projects", ["vendor_id"], unique=False)
    op.create_index(
        "ix_projects_vendor_id_asks_on", "projects", ["vendor_id", "asks_on", "touched_at", "id"], unique=False
    )
    op.create_index("ix_projects_vendor_id_client_id", "projects", ["vendor_id", "client_id"], unique=False)
    op.create_index(
        "ix_projects_vendor_id_phase", "projects", ["vendor_id", "phase", "touched_at", "id", "asks_on"], unique=False
    )
    op.create_index(
        "ix_projects_vendor_id_title_folded", "projects", ["vendor_id", "title_folded", "client_id", "id"], unique=False
    )
    op.create_index("ix_projects_vendor_id_touched_at", "projects", ["vendor_id", "touched_at", "id"], unique=False)
    op.create_table(
        "entries",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_entries_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_entries_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("project_id", "seq", name=op.f("pk_entries")),
    )
    op.create_index("ix_entries_vendor_id_at", "entries", ["vendor_id", "at"], unique=False)
    op.create_index("ix_entries_vendor_id_project_id_seq", "entries", ["vendor_id", "project_id", "seq"], unique=False)
    op.create_table(
        "grants",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.String(length=60), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "contact_id"],
            ["contacts.vendor_id", "contacts.id"],
            name=op.f("fk_grants_vendor_id_contact_id_contacts"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_grants_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_grants_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_grants_code_digest")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_grants_vendor_id_id")),
    )
    op.create_index(op.f("ix_grants_vendor_id"), "grants", ["vendor_id"], unique=False)
    op.create_index("ix_grants_vendor_id_project_id", "grants", ["vendor_id", "project_id"], unique=False)
    op.create_table(
        "milestones",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("share_ppm", sa.Integer(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "locked",
                "active",
                "submitted",
                "changes_requested",
                "approved",
                "settled",
                "cancelled",
                name="milestone_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_milestones_amount_not_negative")),
        sa.CheckConstraint("position BETWEEN 1 AND 10", name=op.f("ck_milestones_position_in_ten")),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_milestones_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_milestones_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestones")),
        sa.UniqueConstraint("project_id", "position", name=op.f("uq_milestones_project_id_position")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_milestones_vendor_id_id")),
    )
    op.create_index(op.f("ix_milestones_vendor_id"), "milestones", ["vendor_id"], unique=False)
    op.create_index("ix_milestones_vendor_id_project_id", "milestones", ["vendor_id", "project_id"], unique=False)
    op.create_index(
        "ix_milestones_vendor_id_state_due_on", "milestones", ["vendor_id", "state", "due_on"], unique=False
    )
    op.create_table(
        "notices",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("to_kind", sa.String(length=10), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("head", sa.String(length=80), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gave_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_notices_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_notices_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("message_id", name=op.f("uq_notices_message_id")),
    )
    op.create_index(
        "ix_notices_due_at",
        "notices",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NULL AND gave_up_at IS NULL AND dropped_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL AND gave_up_at IS NULL AND dropped_at IS NULL"),
    )
    op.create_index(op.f("ix_notices_vendor_id"), "notices", ["vendor_id"], unique=False)
    op.create_index(
        "ix_notices_vendor_id_gave_up_at",
        "notices",
        ["vendor_id", "gave_up_at"],
        unique=False,
        sqlite_where=sa.text("gave_up_at IS NOT NULL"),
        postgresql_where=sa.text("gave_up_at IS NOT NULL"),
    )
    op.create_index("ix_notices_vendor_id_project_id", "notices", ["vendor_id", "project_id"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("means", sa.String(length=12), nullable=False),
        sa.Column("typed_name", sa.String(length=200), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "contact_id"],
            ["contacts.vendor_id", "contacts.id"],
            name=op.f("fk_approvals_vendor_id_contact_id_contacts"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "milestone_id"],
            ["milestones.vendor_id", "milestones.id"],
            name=op.f("fk_approvals_vendor_id_milestone_id_milestones"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_approvals_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_approvals_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_index(op.f("ix_approvals_vendor_id"), "approvals", ["vendor_id"], unique=False)
    op.create_index("ix_approvals_vendor_id_milestone_id", "approvals", ["vendor_id", "milestone_id"], unique=False)
    op.create_table(
        "grant_uses",
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "grant_id"],
            ["grants.vendor_id", "grants.id"],
            name=op.f("fk_grant_uses_vendor_id_grant_id_grants"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_grant_uses_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_uses")),
    )
    op.create_index(op.f("ix_grant_uses_vendor_id"), "grant_uses", ["vendor_id"], unique=False)
    op.create_index("ix_grant_uses_vendor_id_grant_id", "grant_uses", ["vendor_id", "grant_id"], unique=False)
    op.create_table(
        "keys",
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("grant_version", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name=op.f("fk_keys_grant_id_grants")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sittings.id"], name=op.f("fk_keys_sitting_id_sittings")),
        sa.PrimaryKeyConstraint("sitting_id", "grant_id", name=op.f("pk_keys")),
    )
    op.create_index("ix_keys_grant_id", "keys", ["grant_id"], unique=False)
    op.create_table(
        "payments",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column(
            "method",
            sa.Enum(
                "bank_transfer",
                "wechat",
                "alipay",
                "card",
                "cash",
                "cheque",
                "other",
                name="payment_method",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("reference", sa.String(length=140), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "reported",
                "confirmed",
                "rejected",
                "reversed",
                name="payment_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("reported_by", sa.Uuid(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_minor", sa.BigInteger(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payments_amount_positive")),
        sa.ForeignKeyConstraint(
            ["vendor_id", "decided_by"],
            ["members.vendor_id", "members.id"],
            name=op.f("fk_payments_vendor_id_decided_by_members"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "milestone_id"],
            ["milestones.vendor_id", "milestones.id"],
            name=op.f("fk_payments_vendor_id_milestone_id_milestones"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_payments_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "reported_by"],
            ["contacts.vendor_id", "contacts.id"],
            name=op.f("fk_payments_vendor_id_reported_by_contacts"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_payments_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_payments_vendor_id_id")),
    )
    op.create_index(op.f("ix_payments_vendor_id"), "payments", ["vendor_id"], unique=False)
    op.create_index(
        "ix_payments_vendor_id_milestone_id",
        "payments",
        ["vendor_id", "milestone_id", "state", "amount_minor"],
        unique=False,
    )
    op.create_index(
        "ix_payments_vendor_id_state_received_on",
        "payments",
        ["vendor_id", "state", "received_on", "milestone_id", "currency", "confirmed_minor"],
        unique=False,
    )
    op.create_table(
        "releases",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("released_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "milestone_id"],
            ["milestones.vendor_id", "milestones.id"],
            name=op.f("fk_releases_vendor_id_milestone_id_milestones"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_releases_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_releases_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
        sa.UniqueConstraint("milestone_id", name=op.f("uq_releases_milestone_id")),
    )
    op.create_index(op.f("ix_releases_vendor_id"), "releases", ["vendor_id"], unique=False)
    op.create_table(
        "submissions",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "milestone_id"],
            ["milestones.vendor_id", "milestones.id"],
            name=op.f("fk_submissions_vendor_id_milestone_id_milestones"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_submissions_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_submissions_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("milestone_id", "number", name=op.f("uq_submissions_milestone_id_number")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_submissions_vendor_id_id")),
    )
    op.create_index(op.f("ix_submissions_vendor_id"), "submissions", ["vendor_id"], unique=False)
    op.create_index("ix_submissions_vendor_id_milestone_id", "submissions", ["vendor_id", "milestone_id"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("length_bytes", sa.BigInteger(), nullable=False),
        sa.Column("offset_bytes", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "receiving",
                "stored",
                "cancelled",
                "expired",
                name="upload_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("lock_owner", sa.String(length=64), nullable=True),
        sa.Column("lock_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "offset_bytes >= 0 AND offset_bytes <= length_bytes", name=op.f("ck_uploads_offset_in_length")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "member_id"],
            ["members.vendor_id", "members.id"],
            name=op.f("fk_uploads_vendor_id_member_id_members"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "milestone_id"],
            ["milestones.vendor_id", "milestones.id"],
            name=op.f("fk_uploads_vendor_id_milestone_id_milestones"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_uploads_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_uploads_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_uploads_vendor_id_id")),
    )
    op.create_index("ix_uploads_state_expires_at", "uploads", ["state", "expires_at"], unique=False)
    op.create_index(op.f("ix_uploads_vendor_id"), "uploads", ["vendor_id"], unique=False)
    op.create_index(
        "ix_uploads_vendor_id_milestone_id_state", "uploads", ["vendor_id", "milestone_id", "state"], unique=False
    )
    op.create_table(
        "credit_entries",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('granted', 'withdrawn')", name=op.f("ck_credit_entries_kind_known")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_credit_entries_amount_positive")),
        sa.ForeignKeyConstraint(
            ["vendor_id", "client_id"],
            ["clients.vendor_id", "clients.id"],
            name=op.f("fk_credit_entries_vendor_id_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "milestone_id"],
            ["milestones.vendor_id", "milestones.id"],
            name=op.f("fk_credit_entries_vendor_id_milestone_id_milestones"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "payment_id"],
            ["payments.vendor_id", "payments.id"],
            name=op.f("fk_credit_entries_vendor_id_payment_id_payments"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_credit_entries_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_credit_entries_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_entries")),
    )
    op.create_index(op.f("ix_credit_entries_vendor_id"), "credit_entries", ["vendor_id"], unique=False)
    op.create_index(
        "ix_credit_entries_vendor_id_milestone_id", "credit_entries", ["vendor_id", "milestone_id"], unique=False
    )
    op.create_table(
        "deliverables",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=True),
        sa.Column("upload_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stored_by", sa.Uuid(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "milestone_id"],
            ["milestones.vendor_id", "milestones.id"],
            name=op.f("fk_deliverables_vendor_id_milestone_id_milestones"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_deliverables_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "submission_id"],
            ["submissions.vendor_id", "submissions.id"],
            name=op.f("fk_deliverables_vendor_id_submission_id_submissions"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "upload_id"],
            ["uploads.vendor_id", "uploads.id"],
            name=op.f("fk_deliverables_vendor_id_upload_id_uploads"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_deliverables_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliverables")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_deliverables_vendor_id_id")),
    )
    op.create_index(op.f("ix_deliverables_vendor_id"), "deliverables", ["vendor_id"], unique=False)
    op.create_index(
        "ix_deliverables_vendor_id_milestone_id", "deliverables", ["vendor_id", "milestone_id"], unique=False
    )
    op.create_index("ix_deliverables_vendor_id_project_id", "deliverables", ["vendor_id", "project_id"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "payment",
                "refund",
                "chargeback",
                "credit",
                "write_off",
                name="entry_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reference", sa.String(length=140), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_ledger_entries_amount_positive")),
        sa.ForeignKeyConstraint(
            ["vendor_id", "milestone_id"],
            ["milestones.vendor_id", "milestones.id"],
            name=op.f("fk_ledger_entries_vendor_id_milestone_id_milestones"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "payment_id"],
            ["payments.vendor_id", "payments.id"],
            name=op.f("fk_ledger_entries_vendor_id_payment_id_payments"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_ledger_entries_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_ledger_entries_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("kind", "reference", name=op.f("uq_ledger_entries_kind_reference")),
    )
    op.create_index(op.f("ix_ledger_entries_vendor_id"), "ledger_entries", ["vendor_id"], unique=False)
    op.create_index(
        "ix_ledger_entries_vendor_id_milestone_id",
        "ledger_entries",
        ["vendor_id", "milestone_id", "kind", "amount_minor"],
        unique=False,
    )
    op.create_table(
        "proofs",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "payment_id"],
            ["payments.vendor_id", "payments.id"],
            name=op.f("fk_proofs_vendor_id_payment_id_payments"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_proofs_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proofs")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_proofs_payment_id")),
    )
    op.create_index(op.f("ix_proofs_vendor_id"), "proofs", ["vendor_id"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("snapshot_sha256", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "milestone_id"],
            ["milestones.vendor_id", "milestones.id"],
            name=op.f("fk_receipts_vendor_id_milestone_id_milestones"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "payment_id"],
            ["payments.vendor_id", "payments.id"],
            name=op.f("fk_receipts_vendor_id_payment_id_payments"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_receipts_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_receipts_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_receipts_payment_id")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_receipts_vendor_id_id")),
        sa.UniqueConstraint("vendor_id", "series", "number", name=op.f("uq_receipts_vendor_id_series_number")),
    )
    op.create_index(op.f("ix_receipts_vendor_id"), "receipts", ["vendor_id"], unique=False)
    op.create_index("ix_receipts_vendor_id_project_id", "receipts", ["vendor_id", "project_id"], unique=False)
    op.create_table(
        "downloads",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("deliverable_id", sa.Uuid(), nullable=True),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("first_byte", sa.BigInteger(), nullable=False),
        sa.Column("sent_bytes", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "deliverable_id"],
            ["deliverables.vendor_id", "deliverables.id"],
            name=op.f("fk_downloads_vendor_id_deliverable_id_deliverables"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "milestone_id"],
            ["milestones.vendor_id", "milestones.id"],
            name=op.f("fk_downloads_vendor_id_milestone_id_milestones"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_downloads_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_downloads_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_downloads")),
    )
    op.create_index(op.f("ix_downloads_vendor_id"), "downloads", ["vendor_id"], unique=False)
    op.create_index("ix_downloads_vendor_id_milestone_id", "downloads", ["vendor_id", "milestone_id"], unique=False)
    op.create_table(
        "receipt_pdfs",
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "receipt_id"],
            ["receipts.vendor_id", "receipts.id"],
            name=op.f("fk_receipt_pdfs_vendor_id_receipt_id_receipts"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_receipt_pdfs_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_pdfs")),
        sa.UniqueConstraint("receipt_id", name=op.f("uq_receipt_pdfs_receipt_id")),
    )
    op.create_index(op.f("ix_receipt_pdfs_vendor_id"), "receipt_pdfs", ["vendor_id"], unique=False)
    for statement in triggers.statements(op.get_bind().dialect.name, APPEND_ONLY):
        op.execute(statement)
