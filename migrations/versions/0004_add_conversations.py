"""Add conversations.

Rebuilding a table in a batch (SQLite) loses its triggers: run triggers.statements() for it again at the end.
There is no way back but the backup.
"""

from uuid import UUID

import sqlalchemy as sa
import uuid_utils
from alembic import op

from portal.models import searching, triggers

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# As rules.conversation had it then.
TOLD = (
    "project.started",
    "milestone.opened",
    "milestone.submitted",
    "milestone.approved",
    "milestone.settled",
    "milestone.released",
    "payment.reported",
    "payment.confirmed",
    "payment.rejected",
    "payment.reversed",
)
AT_ONCE = 1000


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "threads",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=True),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "milestone_id"],
            ["milestones.vendor_id", "milestones.id"],
            name=op.f("fk_threads_vendor_id_milestone_id_milestones"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_threads_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_threads_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_threads_vendor_id_id")),
    )
    with op.batch_alter_table("threads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_threads_vendor_id"), ["vendor_id"], unique=False)
        batch_op.create_index("ix_threads_vendor_id_project_id", ["vendor_id", "project_id"], unique=False)

    op.create_table(
        "messages",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("author_kind", sa.String(length=10), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("files", sa.Text(), nullable=True),
        sa.Column("client_key", sa.String(length=64), nullable=True),
        sa.Column("quoted_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_messages_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "quoted_id"],
            ["messages.vendor_id", "messages.id"],
            name=op.f("fk_messages_vendor_id_quoted_id_messages"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "thread_id"],
            ["threads.vendor_id", "threads.id"],
            name=op.f("fk_messages_vendor_id_thread_id_threads"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_messages_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("thread_id", "seq", name=op.f("uq_messages_thread_id_seq")),
        sa.UniqueConstraint(
            "vendor_id",
            "author_kind",
            "author_id",
            "client_key",
            name=op.f("uq_messages_vendor_id_author_kind_author_id_client_key"),
        ),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_messages_vendor_id_id")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_messages_vendor_id"), ["vendor_id"], unique=False)
        batch_op.create_index("ix_messages_vendor_id_project_id_at", ["vendor_id", "project_id", "at"], unique=False)
        batch_op.create_index("ix_messages_vendor_id_thread_id_seq", ["vendor_id", "thread_id", "seq"], unique=False)

    op.create_table(
        "readings",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("reader_kind", sa.String(length=10), nullable=False),
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_readings_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "thread_id"],
            ["threads.vendor_id", "threads.id"],
            name=op.f("fk_readings_vendor_id_thread_id_threads"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_readings_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
        sa.UniqueConstraint(
            "thread_id", "reader_kind", "reader_id", name=op.f("uq_readings_thread_id_reader_kind_reader_id")
        ),
    )
    with op.batch_alter_table("readings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_readings_vendor_id"), ["vendor_id"], unique=False)
        batch_op.create_index("ix_readings_vendor_id_reader_id", ["vendor_id", "reader_id"], unique=False)

    op.create_table(
        "attachments",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("is_small", sa.Boolean(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("damaged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "thread_id"],
            ["threads.vendor_id", "threads.id"],
            name=op.f("fk_attachments_vendor_id_thread_id_threads"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "message_id"],
            ["messages.vendor_id", "messages.id"],
            name=op.f("fk_attachments_vendor_id_message_id_messages"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_attachments_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_attachments_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
        sa.UniqueConstraint("vendor_id", "id", name=op.f("uq_attachments_vendor_id_id")),
    )
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachments_vendor_id"), ["vendor_id"], unique=False)
        batch_op.create_index("ix_attachments_vendor_id_message_id", ["vendor_id", "message_id"], unique=False)
        batch_op.create_index("ix_attachments_vendor_id_project_id", ["vendor_id", "project_id"], unique=False)

    op.create_table(
        "mentions",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("to_kind", sa.String(length=10), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "message_id"],
            ["messages.vendor_id", "messages.id"],
            name=op.f("fk_mentions_vendor_id_message_id_messages"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_mentions_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentions")),
    )
    with op.batch_alter_table("mentions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mentions_vendor_id"), ["vendor_id"], unique=False)
        batch_op.create_index("ix_mentions_vendor_id_message_id", ["vendor_id", "message_id"], unique=False)

    op.create_table(
        "message_texts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_message_texts_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "message_id"],
            ["messages.vendor_id", "messages.id"],
            name=op.f("fk_message_texts_vendor_id_message_id_messages"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_message_texts_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_texts")),
        sa.UniqueConstraint("message_id", name=op.f("uq_message_texts_message_id")),
    )
    with op.batch_alter_table("message_texts", schema=None) as batch_op:
        batch_op.create_index("ix_message_texts_vendor_id_project_id", ["vendor_id", "project_id"], unique=False)

    op.create_table(
        "message_versions",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "sent", "edited", "deleted", name="version_kind", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id", "message_id"],
            ["messages.vendor_id", "messages.id"],
            name=op.f("fk_message_versions_vendor_id_message_id_messages"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id", "project_id"],
            ["projects.vendor_id", "projects.id"],
            name=op.f("fk_message_versions_vendor_id_project_id_projects"),
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_message_versions_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_versions")),
        sa.UniqueConstraint("message_id", "number", name=op.f("uq_message_versions_message_id_number")),
    )
    with op.batch_alter_table("message_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_versions_vendor_id"), ["vendor_id"], unique=False)
        batch_op.create_index("ix_message_versions_vendor_id_project_id", ["vendor_id", "project_id"], unique=False)

    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entries_vendor_id_at"))
        batch_op.create_index(
            "ix_entries_facts_at",
            ["vendor_id", "at"],
            unique=False,
            sqlite_where=sa.text("kind NOT IN ('message.sent', 'message.edited', 'message.deleted')"),
            postgresql_where=sa.text("kind NOT IN ('message.sent', 'message.edited', 'message.deleted')"),
        )
        batch_op.create_index(
            "ix_entries_facts_of_project",
            ["vendor_id", "project_id", "seq"],
            unique=False,
            sqlite_where=sa.text("kind NOT IN ('message.sent', 'message.edited', 'message.deleted')"),
            postgresql_where=sa.text("kind NOT IN ('message.sent', 'message.edited', 'message.deleted')"),
        )
    with op.batch_alter_table("downloads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("attachment_id", sa.Uuid(), nullable=True))
        batch_op.alter_column("milestone_id", existing_type=sa.Uuid(), nullable=True)
        batch_op.create_foreign_key(
            batch_op.f("fk_downloads_vendor_id_attachment_id_attachments"),
            "attachments",
            ["vendor_id", "attachment_id"],
            ["vendor_id", "id"],
        )
    for statement in triggers.statements(op.get_bind().dialect.name, ["message_versions"]):
        op.execute(statement)
    searching.install(op.get_bind())
    _tell_what_happened(op.get_bind())


def _tell_what_happened(connection: sa.Connection) -> None:
    """Conversations begin with what the record says already."""
    uuid = sa.Uuid()
    entries = sa.table(
        "entries",
        *(sa.column(name, uuid) for name in ("vendor_id", "project_id", "milestone_id")),
        *(sa.column(name) for name in ("seq", "kind")),
        sa.column("at", sa.DateTime(timezone=True)),
    )
    told = sa.select(entries).where(entries.c.kind.in_(TOLD)).order_by(entries.c.project_id, entries.c.seq)
    heads: dict[UUID, dict[str, object]] = {}
    lines = []
    for row in connection.execute(told):
        thread_id = row.milestone_id or row.project_id
        place = {"id": thread_id, "vendor_id": row.vendor_id, "project_id": row.project_id}
        head = heads.setdefault(thread_id, place | {"milestone_id": row.milestone_id, "head_seq": 0})
        head["head_seq"] = seq = int(str(head["head_seq"])) + 1
        lines.append(_line(row, thread_id, seq))
    _insert(connection, "threads", list(heads.values()))
    _insert(connection, "messages", lines)


def _line(row: sa.Row, thread_id: UUID, seq: int) -> dict[str, object]:
    return {
        "id": UUID(int=uuid_utils.uuid7().int),
        "vendor_id": row.vendor_id,
        "project_id": row.project_id,
        "thread_id": thread_id,
        "seq": seq,
        "author_kind": "system",
        "kind": row.kind,
        "entry_seq": row.seq,
        "body": "",
        "version": 1,
        "at": row.at,
    }


def _insert(connection: sa.Connection, name: str, rows: list[dict[str, object]]) -> None:
    """Several at once; ids and instants as both databases want them."""
    if not rows:
        return
    kinds = {"at": sa.DateTime(timezone=True)}
    columns = (
        sa.column(key, sa.Uuid() if key == "id" or key.endswith("_id") else kinds.get(key, sa.types.NullType()))
        for key in rows[0]
    )
    table = sa.table(name, *columns)
    for start in range(0, len(rows), AT_ONCE):
        connection.execute(sa.insert(table), rows[start : start + AT_ONCE])
