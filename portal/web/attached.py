"""Files that come with a message, through the ordinary form: into storage first, then named by the message."""

from __future__ import annotations

import hashlib

from flask import request

from portal.adapters import outside, sniffing
from portal.db import new_id
from portal.rules import filenames
from portal.rules.conversation import MOST_FILES
from portal.rules.errors import Invalid
from portal.rules.wording import N_
from portal.services.chat import StoredFile
from portal.web.installation import db


def take() -> tuple[StoredFile, ...]:
    """The files sent with the request, on disk when this returns. What no message names later is swept up.

    Raises Invalid (field "attachment") when there are too many.
    """
    sent = [file for file in request.files.getlist("attachment") if file.filename]
    if len(sent) > MOST_FILES:
        raise Invalid(N_("Attach at most %(most)s files to one message."), field="attachment", most=MOST_FILES)
    return tuple(_store(file.filename or "", file.stream.read()) for file in sent)


def _store(name: str, content: bytes) -> StoredFile:
    storage, file_id = outside.of(db()).storage, new_id()
    storage.keep_small(file_id, content)
    digest = hashlib.sha256(content).hexdigest()
    return StoredFile(file_id, filenames.clean(name), sniffing.media_type(content), len(content), digest)
