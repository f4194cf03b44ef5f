"""Stories of clients in Berlin and Hamburg. A story yields the moment at which it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from portal.demo import files, works
from portal.demo.desk import Desk, Person, Plan, Step
from portal.demo.pictures import CHERRY, NIGHT
from portal.rules.roles import Scope

Story = Iterator[datetime]

CLEO = Person("Cleo Chen", "cleo.chen@cherryharvest.example", "en", "Asia/Shanghai", "203.0.113.40")
LI = Person("Li Wei", "finance@cherryharvest.example", "zh_Hans", "Asia/Shanghai", "203.0.113.41")
JONAS = Person("Jonas Petersen", "jonas@nordlicht-kaffee.example", address="198.51.100.77")
NOOR = Person("Noor Haddad", "noor@atelier-lumen.example", address="198.51.100.12")
TIM = Person("Tim Albrecht", "tim@bergfest.example", address="198.51.100.90")
ASSISTANT = Person("Mara Lindt", "office@bergfest.example", address="198.51.100.91")
RUTH = Person("Ruth Okafor", "ruth@kiezradio.example", address="198.51.100.34")
PAULA = Person("Paula Brandt", "paula@museum-am-hafen.example", address="198.51.100.55")

RESEARCH = """Interviews, summary

Twelve people who buy fruit on the web. Six had ordered from Cherry Harvest before.

1. Nobody looks for a variety by name. They look for sweet, sour, for jam.
2. The delivery day decides. Nine of twelve asked for it before the price.
3. The basket was left when the crate size was unclear: show a hand beside it.
4. People come back in June. A mail on the first picking day is welcome, a newsletter is not.
"""
CHERRY_STEPS = (
    Step("Research", -44, "15", "Twelve interviews\nA summary of two pages", "Who buys, when, and what stops them."),
    Step("Design", 5, "25", "Front page, list and basket\nPhone and desktop\nColours pass WCAG AA"),
    Step("Core development", 26, "30", "Orders reach the farm’s till\nUnder two seconds on a phone"),
    Step("Content and testing", 40, "20", "Forty products with pictures\nTested on six devices"),
    Step("Launch", 54, "10", "The old addresses lead to the new ones"),
)


def cherry_harvest(desk: Desk) -> Story:
    """The web shop that most of the pictures show: research is paid, the design waits for its money."""
    yield desk.ago(62, "10:05")
    project = desk.draft(Plan("Cherry Harvest web shop", "Cherry Harvest GmbH", CLEO, CHERRY_STEPS, price="24000"))
    yield desk.ago(61, "16:40")
    cleo = desk.invite(project, CLEO)
    li = desk.invite(project, LI, frozenset({Scope.VIEW, Scope.PAY}))
    desk.start(project)
    yield desk.ago(59, "09:12")
    desk.enter(cleo)
    yield desk.ago(47, "15:30")
    findings = files.paper("findings.pdf", ["Who buys cherries", "What stops them", "What to build"], CHERRY)
    desk.deliver(desk.step(project, 1), findings, files.text("interviews.txt", RESEARCH))
    yield desk.ago(46, "11:02")
    payment = desk.report(li, desk.step(project, 1), "CH-2041 research")
    yield desk.ago(44, "09:20")
    desk.confirm(payment)
    yield desk.ago(20, "10:10")
    li = desk.rotate(li)
    yield desk.ago(9, "17:45")
    design = desk.step(project, 2)
    desk.upload(design, files.picture("front-page.png", works.homepage("At your door soon.")))
    yield desk.ago(6, "14:20")
    signs = files.archive("signs.zip", files.signs("#A3243B"))
    guide = files.album(
        "style-guide.pdf", [works.wordmark("Cherry Harvest", "Colours and type", CHERRY)], "Style guide"
    )
    desk.deliver(design, files.picture("front-page.png", works.homepage()), guide, signs)
    yield desk.ago(5, "08:47")
    desk.enter(cleo)


def cherry_ordering(desk: Desk) -> Story:
    """A draft that still has to be agreed."""
    yield desk.ago(3, "11:30")
    steps = (
        Step("Concept", 30, "3200", "Three flows, clickable"),
        Step("Screens", 58, "7300", "Twenty screens, light and dark"),
        Step("Handover", 75, "5500", "Source files\nA day with the developers"),
    )
    desk.draft(Plan("Ordering app for pickers", "Cherry Harvest GmbH", CLEO, steps, kind="app"), by=desk.max)


def nordlicht(desk: Desk) -> Story:
    """Packaging; the second payment is reported with a bank slip and waits to be confirmed."""
    yield desk.ago(53, "09:40")
    steps = (
        Step("Concept", -34, "2400", "Two directions on paper"),
        Step("Packaging", 4, "3600", "Three bags\nPrint data with cutting lines"),
        Step("Rollout", 24, "2400", "Shop signs\nPictures for the web"),
    )
    project = desk.draft(Plan("Packaging for three roasts", "Nordlicht Kaffee KG", JONAS, steps, kind="packaging"))
    yield desk.ago(52, "12:15")
    jonas = desk.invite(project, JONAS)
    desk.start(project)
    yield desk.ago(36, "16:00")
    concept = files.album("two-directions.pdf", [works.coffee_bags(), works.label_sheet()], "Two directions")
    desk.deliver(desk.step(project, 1), concept, by=desk.lena)
    yield desk.ago(35, "10:31")
    payment = desk.report(jonas, desk.step(project, 1), "NK 1187")
    yield desk.ago(32, "08:55")
    desk.confirm(payment)
    yield desk.ago(4, "13:10")
    bags, label = files.picture("bags.png", works.coffee_bags()), files.picture("label-hallig.png", works.label_sheet())
    desk.deliver(desk.step(project, 2), bags, label, by=desk.lena)
    yield desk.ago(1, "17:22")
    slip = files.bank_slip("Nordlicht Kaffee KG", "Vera Stein Studio", "3,600.00 EUR", "NK 1203 packaging")
    desk.report(jonas, desk.step(project, 2), "NK 1203 packaging", proof=slip)


def lumen(desk: Desk) -> Story:
    """A reported payment that never arrived."""
    yield desk.ago(27, "15:05")
    steps = (Step("Layout", -9, "1900", "Twenty-four pages"), Step("Print data", 12, "1300", "PDF/X-4"))
    project = desk.draft(Plan("Lookbook, spring", "Atelier Lumen", NOOR, steps, kind="print"))
    yield desk.ago(26, "09:30")
    noor = desk.invite(project, NOOR)
    desk.start(project)
    yield desk.ago(11, "18:05")
    look = files.album("lookbook.pdf", [works.poster("Lumen", "Spring"), works.icon_sheet()], "Lookbook, spring")
    desk.deliver(desk.step(project, 1), look)
    yield desk.ago(8, "12:44")
    payment = desk.report(noor, desk.step(project, 1), "Lumen 88")
    yield desk.ago(2, "10:20")
    desk.reject(payment, "Nothing with this reference has reached our account since Monday. Please ask your bank.")


def bergfest(desk: Desk) -> Story:
    """Paid, downloaded, and then the bank took the money back."""
    yield desk.ago(41, "10:00")
    steps = (
        Step("Poster", -18, "2600", "A1, print ready"),
        Step("Programme", 14, "1800", "Forty pages"),
        Step("Signs on the ground", 33, "1200"),
    )
    project = desk.draft(Plan("Bergfest identity", "Bergfest e. V.", TIM, steps, kind="branding"))
    yield desk.ago(40, "14:30")
    tim, assistant = desk.invite(project, TIM), desk.invite(project, ASSISTANT, frozenset({Scope.VIEW}))
    desk.start(project)
    yield desk.ago(22, "11:11")
    desk.deliver(desk.step(project, 1), files.picture("poster.png", works.poster("Bergfest", "Valley stage")))
    yield desk.ago(21, "09:05")
    payment = desk.report(tim, desk.step(project, 1), "Verein 12")
    yield desk.ago(19, "08:40")
    desk.confirm(payment)
    yield desk.ago(10, "16:12")
    desk.revoke(assistant)
    yield desk.ago(3, "09:33")
    desk.reverse(payment, "Your bank called the transfer back on Tuesday; it says the account was not covered.")


def kiez_radio(desk: Desk) -> Story:
    """Files released before they are paid, because the station goes on air."""
    yield desk.ago(18, "13:00")
    steps = (Step("Jingles", 4, "1150", "Three jingles\nStems in a ZIP"), Step("Opening bed", 16, "750"))
    project = desk.draft(Plan("Jingle pack", "Kiez Radio gGmbH", RUTH, steps, kind="sound"), by=desk.max)
    yield desk.ago(17, "09:20")
    desk.invite(project, RUTH)
    desk.start(project)
    yield desk.ago(5, "15:55")
    morning, news = files.jingle("morning.wav", [0, 4, 7, 12]), files.jingle("news.wav", [12, 7, 4, 0, 7])
    desk.deliver(desk.step(project, 1), morning, news, files.archive("stems.zip", [morning, news]), by=desk.lena)
    yield desk.ago(4, "18:20")
    desk.release(desk.step(project, 1))


def museum(desk: Desk) -> Story:
    """Late: the date has passed and nothing was delivered."""
    yield desk.ago(38, "09:00")
    steps = (
        Step("Guide", -6, "4200", "Sixteen pages, two languages"),
        Step("Light map", 21, "2800", "Folded to A6"),
    )
    project = desk.draft(Plan("Winter lights guide", "Museum am Hafen", PAULA, steps, kind="print"))
    yield desk.ago(37, "10:25")
    desk.invite(project, PAULA)
    desk.start(project)
    yield desk.ago(7, "17:30")
    desk.upload(desk.step(project, 1), files.paper("guide-half.pdf", ["Winter lights"], NIGHT))
