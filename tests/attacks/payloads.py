"""What people who mean harm type into a field for words. None is longer than the shortest field (40 characters)."""

from __future__ import annotations

_CALLS = ("alert(1)", "alert`1`", "top.alert(1)", "eval('alert(1)')", "confirm(1)")
_EVENTS = ("onload", "onerror", "onclick", "onfocus", "onmouseover", "ontoggle", "onbegin", "onpointerenter")
_OPENED = ("svg", "img src=x", "body", "details open", "input autofocus", "video src", "audio src", "marquee")

# Scripts, handlers, ways out of an attribute, a comment, a title or a template, schemes, and halves of tags.
SCRIPTS: tuple[str, ...] = (
    *(f"<script>{call}</script>" for call in _CALLS),
    *(f"<{tag} {event}=alert(1)>" for tag, event in zip(_OPENED, _EVENTS, strict=True)),
    *(f'"{end}{event}=alert(1) x="' for end in (" ", "><img src=x ", "/") for event in ("onerror", "onfocus")),
    *(f"'{end}{event}=alert(1) x='" for end in (" ", "><img src=x ", "/") for event in ("onerror", "onfocus")),
    *(f"</{tag}><script>alert(1)</script>" for tag in ("p", "a", "h1", "svg", "pre", "dl")),
    *(f"</{tag}><svg onload=alert(1)>" for tag in ("title", "style", "textarea", "option", "select", "template")),
    *(f"<a href={scheme}>x</a>" for scheme in ("javascript:alert(1)", "JaVaScRiPt:alert(1)", "vbscript:msgbox(1)")),
    *(f"<a href='{scheme}'>x</a>"
       for scheme in ("java&#10;script:alert(1)", "&#1;javascript:alert(1)", "//evil.example")),
    *(f"<{tag}>" for tag in (
        "iframe src=javascript:alert(1)", "object data=//evil.example", "embed src=//evil.example",
        "base href=//evil.example/", "meta http-equiv=refresh content=0", "link rel=import href=//evil.example",
        "form action=//evil.example", "isindex action=j onclick=a()", "math href=javascript:alert(1)",
        "style>*{color:red}</style", "p style=position:fixed;top:0", "button form=act-release",
    )),
    *("{{7*7}}", "${7*7}", "#{7*7}", "{% debug %}", "{{config}}", "{{ self }}", "<%= 7*7 %>", "[[7*7]]"),
    *("<!--<script>alert(1)//-->", "--><script>alert(1)</script>", "<![CDATA[<script>a()</script>", "<?xml <script>?>"),
    *("<svg/onload=alert(1)", "<img src=x onerror=alert(1)//", "<<script>alert(1)//<</script>", "<script", "<", "</"),
    *("<scr<script>ipt>alert(1)</scr</script>", "<SCRIPT>alert(1)</SCRIPT>", "<ScRiPt/x>alert(1)</ScRiPt>"),
    *("&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)", "&#x3c;img src=x onerror=a()&#x3e;"),
    *("%3Cscript%3Ealert(1)%3C/script%3E", "\\u003cscript\\u003ealert(1)", "\\x3cscript\\x3ealert(1)",
      "+ADw-script+AD4-"),
    *("＜script＞alert(1)＜/script＞", "‹script›alert(1)‹/script›", "ʺonfocus=alert(1) x=ʺ",
      "<ſcript>alert(1)</ſcript>"),
    *("javascript:alert(1)", "data:text/html,<script>alert(1)", "jav\tascript:alert(1)", "`-alert(1)-`",
      "';alert(1)//"),
    *('";alert(1)//', "\\';alert(1)//", '</script><script>alert(1)', "]]><script>alert(1)</script>",
      "<p id=milestones>"),
    *("<input name=csrf_token value=x>", "<a id=htmx-config>", "<img name=getElementById>", "<form id=act-payments>"),
    *('<x y="', "<x y='", "<x/y=z", "<details ontoggle=alert(1) open>", "<svg><animate onbegin=alert(1)>"),
)  # fmt: skip

# htmx obeys attributes: words that would be some.
_AJAX = ("get", "post", "put", "patch", "delete")
HTMX: tuple[str, ...] = (
    *(f"<p hx-{verb}=/canary hx-trigger=load>" for verb in _AJAX),
    *(f"<p data-hx-{verb}=/canary>" for verb in _AJAX),
    *(f'" hx-{verb}=/canary hx-trigger=load x="' for verb in _AJAX),
    *(f"' hx-{verb}=/canary hx-trigger=load x='" for verb in _AJAX),
    *(f"<p {name}=alert(1)>" for name in (
        "hx-on:load", "hx-on::load", "hx-on--load", "data-hx-on:load", "data-hx-on--load", "hx-on:htmx:load",
    )),
    *(f"<p hx-vals={value}>" for value in ("'js:{a:alert(1)}'", "javascript:alert(1)")),
    *(f"<p {rest}>" for rest in (
        "hx-headers='js:{a:alert(1)}'", "hx-vars=a:alert(1)", "hx-ext=evil", "hx-boost=true",
        "hx-disable=false", "hx-swap-oob=true id=milestones", "hx-select-oob='#main'", "hx-include='*'",
        "hx-trigger='load[alert(1)]'", "hx-history=false", "hx-push-url=/canary", "hx-confirm=x",
    )),
)  # fmt: skip
