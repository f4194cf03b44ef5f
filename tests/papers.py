"""Reading PDFs back."""

from __future__ import annotations

import re

import pypdfium2


def text_of(pdf: bytes) -> str:
    """The words on all pages, blanks and line ends made one blank."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
        return re.sub(r"\s+", " ", " ".join(pages))
    finally:
        document.close()


def page_count(pdf: bytes) -> int:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return len(document)
    finally:
        document.close()
