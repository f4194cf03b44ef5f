"""A proof of payment on its way from the form into storage. What passed the check once is not asked for again."""

from __future__ import annotations

import hashlib
from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import FileStorage

from portal.adapters import outside, proofs
from portal.db import new_id
from portal.rules import filenames
from portal.services.payments import KeptProof
from portal.web.actor import current_actor
from portal.web.acts import ReportForm
from portal.web.installation import db, installation

KEPT_SECONDS = 24 * 60 * 60


def take(form: ReportForm, milestone_id: UUID) -> KeptProof | None:
    """The proof sent with the form, or kept from an earlier try of it. Raises Invalid (field "proof").

    A browser cannot fill a file field again, so the form carries a sealed note of what is already stored. What is
    never reported with a payment is swept up later.
    """
    sent = form.proof.data
    if not isinstance(sent, FileStorage) or not sent.filename:
        return _unseal(form.kept_proof.data or "", milestone_id)
    content = sent.stream.read(proofs.LARGEST + 1)
    digest, kind = hashlib.sha256(content).hexdigest(), proofs.media_type(content)
    kept = KeptProof(new_id(), filenames.clean(sent.filename), kind, len(content), digest)
    outside.of(db()).storage.keep_small(kept.id, content)
    form.kept_proof.data = _sealer(milestone_id).dumps([str(kept.id), kept.name, kept.media_type, kept.bytes, digest])
    return kept


def kept_name(form: ReportForm, milestone_id: UUID) -> str | None:
    """The name of the proof the form already carries."""
    kept = _unseal(form.kept_proof.data or "", milestone_id)
    return kept.name if kept else None


def _unseal(note: str, milestone_id: UUID) -> KeptProof | None:
    try:
        proof_id, name, kind, size, digest = _sealer(milestone_id).loads(note, max_age=KEPT_SECONDS)
    except BadSignature:
        return None
    return KeptProof(UUID(proof_id), name, kind, size, digest)


def _sealer(milestone_id: UUID) -> URLSafeTimedSerializer:
    salt = f"proof:{milestone_id}:{current_actor().ref}"
    return URLSafeTimedSerializer(installation().config.secret_key, salt=salt)
