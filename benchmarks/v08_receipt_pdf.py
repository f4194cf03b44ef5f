"""V8: a receipt as PDF, beside WeasyPrint alone with the same page, its style sheet and fonts kept."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import weasyprint
from weasyprint.text.fonts import FontConfiguration

from benchmarks.harness.results import Claim, interleaved, report, spread
from portal.adapters import pages, pdf
from tests.adapters.test_pdf import ALL

ROUNDS, EACH = 7, 5


def main() -> None:
    """The same words through both."""
    words = json.loads(json.dumps(ALL))
    html = pages.render(pdf.TEMPLATES, "receipt.html", pages.freed(words), languages=("en",))
    fonts = FontConfiguration()
    sheets = [weasyprint.CSS(filename=str(pdf.TEMPLATES / "receipt.css"), font_config=fonts)]

    def ours() -> None:
        pdf.draw("receipt", words, languages=("en",), colour="#11604A")

    def alone() -> None:
        weasyprint.HTML(string=html).write_pdf(stylesheets=sheets, font_config=fonts, pdf_tags=True)

    ours(), alone()
    found = interleaved({"ours": lambda: timed(ours), "alone": lambda: timed(alone)}, ROUNDS)
    ratio = statistics.median(found["ours"]) / statistics.median(found["alone"])
    claims = [
        Claim("a receipt, CPU ms", spread(found["ours"], ".1f"), "", None),
        Claim("WeasyPrint alone, CPU ms", spread(found["alone"], ".1f"), "", None),
        Claim("ratio", f"{ratio:.2f}", "≤ 1.2", ratio <= 1.2),
    ]
    report("V8", "a receipt as PDF, warm, English", claims)


def timed(draw: Callable[[], None]) -> float:
    """Milliseconds of processor time for one."""
    start = time.process_time()
    for _ in range(EACH):
        draw()
    return (time.process_time() - start) * 1000 / EACH


if __name__ == "__main__":
    main()
