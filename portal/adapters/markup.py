"""What people write, as HTML: a small Markdown, then a filter that lets nothing else through.

Bold, italics, strike-through, lists, quotes, code, line breaks and links. No pictures from elsewhere, no headings that
would shout in a conversation, and no HTML of the writer's own.
"""

from __future__ import annotations

from functools import lru_cache
from html import unescape

import nh3
from markdown_it import MarkdownIt

TAGS = {"p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"}
# Where a link leads, and the number a list begins with; not the "title" and "lang" that are let through unasked.
ATTRIBUTES: dict[str, set[str]] = {"*": set(), "a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
OFF = ["image", "heading", "lheading", "hr", "table", "html_block", "html_inline", "reference"]


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        """Links lead outside and say how: neither to an address of ours, nor to whatever the page's own scheme is."""
        return url.partition(":")[0].lower() in SCHEMES and super().validateLink(url)


_markdown = _Markdown("commonmark", {"html": False, "breaks": True, "linkify": True, "typographer": False})
_markdown.enable(["linkify", "strikethrough"]).disable(OFF)
_cleaner = nh3.Cleaner(
    tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="nofollow noopener noreferrer ugc"
)


@lru_cache(maxsize=4096)
def html(text: str) -> str:
    """Safe HTML of what somebody wrote."""
    return _cleaner.clean(_markdown.render(text)).strip()


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """The same in one line of plain words, for quotes and previews."""
    return " ".join(unescape(nh3.clean(_markdown.render(text), tags=set())).split())
