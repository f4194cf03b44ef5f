<%! from portal.models.triggers import APPEND_ONLY %>\
"""${message.capitalize()}.
% if down_revision:

Rebuilding a table in a batch (SQLite) loses its triggers: run triggers.statements() for it again at the end.
There is no way back but the backup.
% endif
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
% if not down_revision:
from portal.models import triggers

% endif
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}
% if not down_revision:

APPEND_ONLY = ${repr(APPEND_ONLY)}
% endif


def upgrade() -> None:
    """To this revision."""
    ${upgrades if upgrades else "pass"}
% if not down_revision:
    for statement in triggers.statements(op.get_bind().dialect.name, APPEND_ONLY):
        op.execute(statement)
% endif
