"""Stories of clients in Shanghai, Tokyo, New York, and of two that went well at home."""

from __future__ import annotations

from portal.demo import files, updates, works
from portal.demo.desk import Desk, Person, Plan, Step
from portal.demo.home import Story
from portal.demo.pictures import CLINIC, SUN, TEA
from portal.models.payment import PaymentMethod
from portal.rules.lifecycle import Flow
from portal.rules.roles import Scope

SHANGHAI = "Asia/Shanghai"
WANG = Person("王芳", "wangfang@jinqiu.example", "zh_Hans", SHANGHAI, "203.0.113.88")
ZHANG = Person("张伟", "caiwu@jinqiu.example", "zh_Hans", SHANGHAI, "203.0.113.89")
YUKI = Person("Yuki Tanabe", "yuki@hanamachi-books.example", "en", "Asia/Tokyo", "203.0.113.120")
AMIRA = Person("Dr. Amira Saleh", "amira.saleh@hafenklinik.example", address="198.51.100.61")
JEN = Person("Jen Morales", "jen@tidaldata.example", "en", "America/New_York", "192.0.2.18")
SASKIA = Person("Saskia Vogt", "saskia@spree-yoga.example", address="198.51.100.8")

TEA_NOTES = """锦秋茶礼 市场调研摘要

一、送礼的人先看颜色，再看字。十人中有八人能说出盒子的颜色，只有两人记得品名。
二、山水是大家熟悉的画面，留白要多，印章要小。
三、盒子会被留下来装东西，所以盒盖内侧值得印一段话。
四、建议三种茶用三种颜色：龙井用绿，红茶用赭，白茶用米白。
"""


def jinqiu_tea(desk: Desk) -> Story:
    """A Chinese client who pays at once; the third of four milestones is under way."""
    yield desk.ago(66, "08:50")
    steps = (
        Step("市场调研", -52, "20", "访谈十位送礼的顾客\n两页摘要", "了解送礼的人看重什么。"),
        Step("品牌标志", -24, "30", "浅色与深色两个版本\n附使用规范"),
        Step("礼盒设计", 7, "30", "三种茶，三种颜色\n印刷文件"),
        Step("上市物料", 30, "20", "海报与展架"),
    )
    plan = Plan(
        "茶礼品牌设计", "锦秋文化（上海）有限公司", WANG, steps, "CNY", "68000", SHANGHAI, "zh_Hans", "branding"
    )
    project = desk.draft(plan)
    yield desk.ago(65, "09:15")
    wang, zhang = desk.invite(project, WANG), desk.invite(project, ZHANG, frozenset({Scope.VIEW, Scope.PAY}))
    desk.start(project)
    yield desk.ago(54, "10:40")
    notes = files.text("调研摘要.txt", TEA_NOTES)
    desk.deliver(desk.step(project, 1), notes, files.paper("调研报告.pdf", ["Gift tea, Shanghai"], TEA))
    yield desk.ago(53, "08:05")
    payment = desk.report(zhang, desk.step(project, 1), "锦秋-调研", method=PaymentMethod.WECHAT)
    yield desk.ago(52, "09:10")
    desk.confirm(payment)
    yield desk.ago(27, "11:00")
    mark = files.album("标志规范.pdf", [works.tea_mark()], "Mark")
    desk.deliver(desk.step(project, 2), files.picture("标志.png", works.tea_mark()), mark)
    yield desk.ago(25, "07:50")
    desk.enter(wang)
    yield desk.ago(24, "08:20")
    payment = desk.report(zhang, desk.step(project, 2), "锦秋-标志")
    yield desk.ago(21, "10:05")
    desk.confirm(payment)
    yield desk.ago(14, "10:00")
    updates.send(desk, project)
    yield desk.ago(2, "16:35")
    desk.upload(desk.step(project, 3), files.picture("礼盒-初稿.png", works.tea_box()))
    yield desk.ago(1, "10:00")
    updates.wait(desk, project)


def jinqiu_app(desk: Desk) -> Story:
    """The same client, approval first: the screens wait to be looked at."""
    yield desk.ago(30, "09:00")
    steps = (
        Step("界面设计", 5, "27000", "首页、商品页、购物车\n适配三种屏幕"),
        Step("动效与交付", 19, "18000", "源文件\n与开发团队对接一天"),
    )
    flow = Flow.APPROVE_THEN_INVOICE
    plan = Plan("小程序界面设计", "锦秋文化（上海）有限公司", WANG, steps, "CNY", "", SHANGHAI, "zh_Hans", "app", flow)
    project = desk.draft(plan)
    yield desk.ago(29, "09:35")
    desk.invite(project, WANG)
    desk.start(project)
    yield desk.ago(2, "09:50")
    screens = works.phone_screens(TEA, ("首页", "商品", "购物车"))
    desk.deliver(
        desk.step(project, 1), files.picture("界面.png", screens), files.archive("图标.zip", files.signs("#3F6B4F"))
    )


def clinic(desk: Desk) -> Story:
    """Approval first: one milestone approved and paid, the next approved and not paid yet."""
    yield desk.ago(58, "11:20")
    steps = (
        Step("Flows", -33, "4500", "Five tasks, tested with eight patients"),
        Step("Screens", 6, "9000", "Readable at 200 %\nNothing by colour alone"),
        Step("Handover", 20, "4500", "Components and tokens"),
    )
    flow = Flow.APPROVE_THEN_INVOICE
    project = desk.draft(Plan("Patient app", "Hafenklinik Hamburg", AMIRA, steps, kind="app", flow=flow))
    yield desk.ago(57, "15:00")
    amira = desk.invite(project, AMIRA)
    desk.start(project)
    yield desk.ago(37, "12:30")
    desk.deliver(
        desk.step(project, 1), files.paper("flows.pdf", ["Five flows", "What patients said"], CLINIC), by=desk.lena
    )
    yield desk.ago(34, "18:02")
    desk.approve(amira, desk.step(project, 1))
    yield desk.ago(29, "09:48")
    payment = desk.report(amira, desk.step(project, 1), "HK 55120")
    yield desk.ago(27, "08:30")
    desk.confirm(payment)
    yield desk.ago(7, "14:14")
    desk.deliver(desk.step(project, 2), files.picture("screens.png", works.phone_screens()), by=desk.lena)
    yield desk.ago(3, "17:37")
    desk.approve(amira, desk.step(project, 2))


def hanamachi(desk: Desk) -> Story:
    """Yen. The first transfer was rounded up, the second came in part."""
    yield desk.ago(45, "09:30")
    steps = (
        Step("Shop window", -20, "392000", "Drawing at 1:10", "Four metres, changing with the seasons."),
        Step("Book bags", 9, "588000", "Two colours on cotton"),
    )
    plan = Plan("Pop-up shop in Yanaka", "Hanamachi Books K.K.", YUKI, steps, "JPY", "", "Asia/Tokyo", "en", "branding")
    project = desk.draft(plan)
    yield desk.ago(44, "10:00")
    yuki = desk.invite(project, YUKI)
    desk.start(project)
    yield desk.ago(25, "15:15")
    desk.deliver(desk.step(project, 1), files.picture("window.png", works.poster("Hanamachi", "Books in bloom", SUN)))
    yield desk.ago(23, "07:20")
    payment = desk.report(yuki, desk.step(project, 1), "HNM 7", minor=400_000)
    yield desk.ago(20, "09:25")
    desk.confirm(payment)
    yield desk.ago(8, "11:45")
    bag = works.wordmark("Hanamachi", "Books in bloom", SUN)
    desk.deliver(desk.step(project, 2), files.picture("bag.png", bag), files.picture("pattern.png", works.icon_sheet()))
    yield desk.ago(6, "06:40")
    payment = desk.report(yuki, desk.step(project, 2), "HNM 9, first half", minor=300_000)
    yield desk.ago(5, "09:05")
    desk.confirm(payment)


def spree_yoga(desk: Desk) -> Story:
    """Finished: everything delivered, everything paid."""
    yield desk.ago(70, "10:30")
    steps = (
        Step("Workshop", -63, "600", "Half a day, notes the day after"),
        Step("Name and mark", -42, "2200", "Mark on light and dark"),
        Step("Website look", -15, "1700", "Front page and timetable"),
    )
    project = desk.draft(Plan("Spree Yoga refresh", "Spree Yoga", SASKIA, steps, kind="branding"))
    yield desk.ago(69, "09:00")
    saskia = desk.invite(project, SASKIA)
    desk.start(project)
    mark = works.wordmark("Spree Yoga", "Breathe by the river", CLINIC)
    handed = (
        (64, (), "Workshop held at the river on Thursday, four hours, six people. Notes were sent the same evening."),
        (45, (files.picture("mark.png", mark), files.archive("mark.zip", files.signs("#0F7C86"))), ""),
        (17, (files.picture("timetable.png", works.phone_screens(CLINIC, ("Classes", "Book", "Passes"))),), ""),
    )
    for position, (days, made, note) in enumerate(handed, start=1):
        yield desk.ago(days, "16:10")
        desk.deliver(desk.step(project, position), *made, note=note)
        yield desk.ago(days - 1, "19:05")
        payment = desk.report(saskia, desk.step(project, position), f"Yoga {position} of 3")
        yield desk.ago(days - 2, "08:45")
        desk.confirm(payment)


def tidal(desk: Desk) -> Story:
    """Started yesterday."""
    yield desk.ago(4, "16:30")
    steps = (
        Step("Structure", 12, "20", "Chapters and key figures"),
        Step("Layout", 33, "40", "Eighty pages"),
        Step("Charts", 47, "25", "Readable in black and white"),
        Step("Print and web", 61, "15"),
    )
    plan = Plan("Annual report", "Tidal Data Inc.", JEN, steps, "USD", "12500", "America/New_York", "en", "print")
    project = desk.draft(plan)
    yield desk.ago(1, "15:10")
    desk.invite(project, JEN)
    desk.start(project)
