"""Proofs of payment: small pictures and PDFs, known by their content and never by their name or what was claimed."""

from __future__ import annotations

import warnings
from io import BytesIO

from PIL import Image

from portal.rules.errors import Invalid
from portal.rules.wording import N_

LARGEST = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000

_PICTURES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_PDF = "application/pdf"
_PDF_HEAD, _PDF_END, _END_BYTES = b"%PDF-", b"%%EOF", 2048


def media_type(content: bytes) -> str:
    """The media type of a proof: PNG, JPEG, WebP or PDF. Raises Invalid (field "proof") for anything else.

    Pictures are opened but not decoded, so a picture made to swell up does no harm here.
    """
    if not content:
        raise _refusal(N_("This file is empty. Choose another one."))
    if len(content) > LARGEST:
        raise _refusal(N_("The proof is larger than 10 MB. A screenshot is enough."))
    kind = _PDF if _is_pdf(content) else _picture(content)
    if kind is None:
        raise _refusal(N_("This is neither a picture (PNG, JPEG, WebP) nor a PDF. Choose another file."))
    return kind


def _is_pdf(content: bytes) -> bool:
    return content.startswith(_PDF_HEAD) and _PDF_END in content[-_END_BYTES:]


def _picture(content: bytes) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=tuple(_PICTURES)) as picture:
                name, pixels = picture.format or "", picture.width * picture.height
                picture.verify()
    except Exception:  # Pillow's readers raise whatever their parsing trips over
        return None
    return _PICTURES.get(name) if pixels <= MOST_PIXELS else None


def _refusal(message: str) -> Invalid:
    return Invalid(message, field="proof", code="proof_refused")
