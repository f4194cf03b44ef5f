"""How the demo's clients stand on papers. Invented: streets that exist, numbers that do not."""

from __future__ import annotations

from portal.services.clients import Letterhead

LETTERHEADS = {
    "Cherry Harvest GmbH": Letterhead("Obstgartenweg 12\n10999 Berlin\nGermany", "DE 811 000 442"),
    "Nordlicht Kaffee KG": Letterhead("Kaistraße 5\n24103 Kiel\nGermany", "DE 814 000 917"),
    "Hanamachi Books K.K.": Letterhead("Yanaka 3-00-1, Taito-ku\nTokyo 110-0001\nJapan", ""),
    "Tidal Data Inc.": Letterhead("88 Pier Lane, Suite 400\nBrooklyn, NY 11201\nUSA", ""),
    "锦秋文化（上海）有限公司": Letterhead("上海市徐汇区梧桐路 88 弄 6 号楼 302 室\n200031", "91310000MA000TEST8"),
}
