"""What every matter has in common on screen: sign, seal, decide, claim, in the pages' words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from playwright.sync_api import expect
from sqlalchemy import select

from adapters import world
from casework.office import Office
from registry.people.persons import Person
from tests import holders
from tests.browser.hands import Hand
from web.applicant import readiness

COMPANY = world.COMPANIES[0]
EMPLOYMENT = "我单位同意聘用该申请人，所填聘用信息属实。"


@dataclass(frozen=True)
class Tale:
    """Whose case is told, and on which screen."""

    person: str
    width: int
    script: bool
    number: int
    also: int | None = None  #: at which every page is looked at, too
    by_pages: bool = False  #: everybody signs in on pages, too
    region: str = "上海市"
    late: bool = False
    letter: str = "C"  #: of the matter, in the numbers of applications
    opinion: tuple[str, str] = ("聘用意见", EMPLOYMENT)  #: that the enterprise ticks
    begins: str = "31S2"  #: what the numbers of the profession begin with
    company: world.Company = COMPANY

    @property
    def name(self) -> str:
        """How its pictures are called."""
        return f"{self.letter}{self.number}"

    def sits(self, somebody: Callable[..., Hand]) -> Hand:
        """Give somebody in front of the screen."""
        return somebody(width=self.width, script=self.script, also=self.also)

    def enters(self, hand: Hand, kind: str, subject: str, *, pin: str | None = None) -> Hand:
        """Let somebody be signed in."""
        if self.by_pages:
            return hand.signs_in(kind, subject, pin=pin)
        return hand.comes_as(kind, subject)


def holds(office: Office, subject: str, *, days: int) -> None:
    """Make somebody ready to sign, with a registration on record that ends in so many days."""
    [citizen] = [known for known in world.CITIZENS if known.subject == subject]
    credential = world.credentials(subject)[0]
    with office.sessions() as session:
        [holder] = [
            person for person in session.scalars(select(Person)) if person.name == citizen.name
        ]
    for step in ("card", "certificate", "signature"):
        readiness.take(office, holder.id, step, "test")
    holders.hold(
        office,
        holder.id,
        ends=office.today() + timedelta(days=days),
        uscc=COMPANY.uscc,
        name=COMPANY.name,
        no=credential.number,
    )


def sign(me: Hand, tale: Tale) -> str:
    """Sign; give the number of the application."""
    me.presses("个人数字签名").sees("文件指纹").picture(f"sign-{tale.name}")
    me.presses("请点击此按钮完成签署").sees("验证码已发送至")
    me.types(code="000000").presses("确定").sees("验证码不正确")
    me.picture(f"code-{tale.name}")
    phone = me.page.context.new_page()
    phone.goto(f"/phone?person={tale.person}")
    codes = re.findall(r"验证码(\d{6})", phone.locator("main").inner_text())
    phone.close()
    me.types(code=codes[0]).presses("确定").sees("个人数字签名完成")
    if tale.script:
        me.page.get_by_text("查看流程图").click()
        me.page.wait_for_selector("[data-diagram][data-ready]")
        me.looks()
    me.picture(f"status-{tale.name}")
    match = re.search(rf"{tale.begins}{tale.letter}\w+", me.page.locator("main").inner_text())
    assert match
    return match[0]


def seal(clerk: Hand, tale: Tale, number: str) -> None:
    """Agree and seal as the enterprise, after a wrong PIN."""
    tale.enters(clerk, "enterprise", tale.company.uscc, pin=str(tale.company.pin))
    clerk.goes("/enterprise/inbox").sees(number)
    clerk.picture(f"inbox-{tale.name}")
    clerk.presses(number, exact=False).sees("企业只能查看，不能修改")
    clerk.presses("签名确认").sees(f"请勾选{tale.opinion[0]}")
    clerk.chooses(tale.opinion[1])
    clerk.picture(f"review-{tale.name}")
    clerk.presses("签名确认").sees("企业电子签章")
    clerk.presses("请点击此按钮完成签署").types(pin="0").presses("验证").sees("密码不正确")
    clerk.picture(f"seal-{tale.name}")
    clerk.types(pin=str(tale.company.pin)).presses("验证").sees("企业电子签章完成")
    clerk.goes("/enterprise/confirmed").sees(number)
    clerk.picture(f"confirmed-{tale.name}")


def watched(me: Hand) -> None:
    """See that the page which was left open has moved on by itself, text and picture."""
    me.sees("等待市住建委")
    active = me.page.locator(".djs-element.is-active").first
    expect(active).to_be_attached()
    assert str(active.get_attribute("data-element-id")).endswith("_stage")


ACCEPT = ("shouli", "予以受理", "提交受理意见")
REVIEW = ("shencha", "建议准予许可", "提交审查意见")
DECIDE = ("jueding", "准予许可", "作出决定")


def decide(
    somebody: Callable[..., Hand], tale: Tale, number: str, steps: Sequence[tuple[str, str, str]]
) -> None:
    """Let officers act one after the other: (login, outcome, button)."""
    for login, outcome, button in steps:
        officer = tale.enters(tale.sits(somebody), "officer", login)
        officer.goes("/agency/inbox").sees(number).presses(number, exact=False)
        officer.presses("领取").sees("由您办理")
        officer.chooses(outcome).picture(f"{login}-{tale.name}")
        officer.presses(button)
        if button != REVIEW[2]:
            officer.sees("请核对后确认").picture(f"confirm-{login}-{tale.name}").presses("确认提交")
        officer.sees("办理成功")


def claim(me: Hand, tale: Tale) -> None:
    """Claim the certificate, download it and find the case ended."""
    me.goes("/applications").sees("请领取电子注册证书")
    me.picture(f"list-{tale.name}")
    me.goes("/certificates").presses("领证").sees("领证信息确认")
    me.presses("确认").sees("领证成功").picture(f"certificate-{tale.name}")
    with me.page.expect_download() as held:
        me.page.get_by_role("button", name="下载", exact=True).first.click()
    assert held.value.path().read_bytes().startswith(b"%PDF-")
    me.goes("/applications").sees("办结")
