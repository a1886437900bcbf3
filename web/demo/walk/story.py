"""One initial registration through the front door: each hand presses what the manual names.

Each step knows from the pages whether it is done, so a story that was interrupted (a power cut,
a lost connection) goes on where the service stands.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

import httpx

from registry.people.officers import OfficerRole
from web.demo.portrait import draw
from web.demo.walk.visitor import BrowserSession, NotOnThePage, Page

#: 当前状态 in the order of the main line.
LINE = (
    "填写中",
    "待个人签名",
    "待企业确认",
    "待受理",
    "已受理",
    "审查中",
    "准予许可",
    "办结",
)
_REFUSED = 400  #: statuses from here on
_SOON = 60.0  #: seconds that we wait for something that the service does by itself
_PAUSE = 5.0  #: seconds between requests for another code, which are counted
CONFIRM = "确认提交"  #: what is pressed where a page asks once more


Steps = Iterator[tuple[str, Callable[[], None]]]


class StoryStuck(Exception):
    """A step did not bring the application on; the text says which and what the page shows."""


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who plays: subjects at the portal, the enterprise with the PIN of its key, the officers."""

    person: str
    enterprise: str
    enterprise_name: str
    pin: str
    number: int = 1  #: which face
    acceptor: str = "shouli"
    reviewer: str = "shencha"
    approver: str = "jueding"


@dataclass
class Story:
    """The main job, from sign-in to the claimed certificate."""

    base: str
    cast: Cast
    application: str = ""  #: path of the application, /applications/<id>
    matter: str = "初始注册"
    type: str = ""  #: key of the profession; the first one that is offered when empty
    gives: str = "电子注册证书"  #: what the person downloads at the end
    seconds: dict[str, float] = field(default_factory=dict)
    #: browsers that stay signed in after this story: of the enterprise, the officers
    lent: dict[str, BrowserSession] = field(default_factory=dict)
    browser: Callable[[str], BrowserSession] = BrowserSession  #: opens one at an address
    _hands: dict[str, BrowserSession] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Name the story among others."""
        return self.matter

    def steps(self) -> Steps:
        """Name the steps with what does them, in order."""
        yield "个人登录", self._sign_in
        yield f"新增{self.matter}申请", self._start
        yield "填写并保存申请表", self._past("填写中", self._fill)
        yield "个人数字签名", self._past("待个人签名", self._sign)
        yield "企业签章", self._past("待企业确认", self._seal)
        yield "受理", self._past("待受理", self._accept)
        yield "审查", self._agency(OfficerRole.REVIEWER, "提交审查意见", {"outcome": "approve"})
        yield "决定", self._past("审查中", self._decide)
        yield "领证", self._past("准予许可", self._claim)

    def tell(self, said: Callable[[str, float], None] | None = None) -> None:
        """Go through all steps; `said` hears each with its seconds."""
        for name, step in self.steps():
            began = time.perf_counter()
            step()
            self.seconds[name] = time.perf_counter() - began
            if said is not None:
                said(name, self.seconds[name])

    def status(self) -> str:
        """Read 当前状态 in 我的申请, as the applicant does."""
        page = self.hand("person").open("/applications")
        return self._row(page) if self.application else ""

    def documents(self) -> dict[str, bytes]:
        """Download every document of the case and the certificate, by title."""
        hand = self.hand("person")
        page = hand.open(self.application)
        files: dict[str, bytes] = {}
        for link in page.tree.iter("a"):
            address = str(link.get("href") or "")
            if re.fullmatch(r"/files/documents/[0-9a-z]+\.pdf(\?.*)?", address):
                title = (
                    re.split("[（(]", link.text_content().strip())[0]
                    .removeprefix("打印")
                    .removeprefix("查看")
                )
                files.setdefault(title, hand.download(address))
        page = hand.open("/certificates")
        files[self.gives] = hand.download(page.link("下载"))
        return files

    def forms(self, documents: Mapping[str, bytes]) -> dict[str, bytes]:
        """Give the OFD forms of what `documents` gave, by title."""
        forms = {}
        for title, pdf in documents.items():
            for hand in (*self._hands.values(), *self.lent.values()):
                if form := hand.other_form(pdf):
                    forms[title] = form
        return forms

    def former(self) -> dict[str, bytes]:
        """Give what was downloaded on the way and counts no longer at the end, by title."""
        return {}

    def certificate_link(self) -> str:
        """Return the address at which anybody verifies the certificate."""
        page = self.hand("person").open("/certificates")
        return next(
            urljoin(page.url, address)
            for address in map(str, page.tree.xpath("//a/@href"))
            if re.fullmatch(r"/verify/[0-9A-Za-z]+", address)
        )

    def close(self) -> None:
        """Close every browser."""
        for hand in self._hands.values():
            hand.close()
        self._hands.clear()

    # -- the hands ------------------------------------------------------------------------------

    def hand(self, role: str) -> BrowserSession:
        """Return the browser of a role, signed in."""
        if role in self._hands:
            return self._hands[role]
        kind, subject = {
            "person": ("person", self.cast.person),
            "enterprise": ("enterprise", self.cast.enterprise),
        }.get(role, ("officer", getattr(self.cast, role, "")))
        if subject in self.lent:
            return self.lent[subject]
        hand = self.browser(self.base)
        page = hand.open(f"/sign-in/{kind}")
        if kind == "enterprise":
            page = hand.submit(page, "登录", {"subject": subject, "pin": self.cast.pin})
        else:
            button = page.tree.xpath('//form[.//input[@name="subject"]]//button')[0]
            page = hand.submit(page, button.text_content().strip(), {"subject": subject})
        if page.status >= _REFUSED:
            raise StoryStuck(f"{kind}: {page.status} {page.text[:800]}")
        self._hands[role] = hand
        return hand

    def lend(self) -> None:
        """Leave everybody but the applicant signed in, for the next story with the same `lent`."""
        for role in self._hands.keys() - {"person"}:
            subject = self.cast.enterprise if role == "enterprise" else getattr(self.cast, role)
            self.lent[subject] = self._hands.pop(role)

    def _past(self, status: str, step: Callable[[], None]) -> Callable[[], None]:
        """Do a step while the application has not gone beyond `status`, then see that it has."""

        def do() -> None:
            if self._beyond(status):
                return
            step()
            end = time.monotonic() + _SOON
            while not self._beyond(status):
                if time.monotonic() > end:
                    page = self.hand("person").open(self.application)
                    raise StoryStuck(f"{status}: {page.text[:1500]}")
                time.sleep(0.2)

        return do

    def _beyond(self, status: str) -> bool:
        now = self.status()
        return now in LINE and LINE.index(now) > LINE.index(status)

    def _row(self, page: Page) -> str:
        """Return the status word in the row of our application."""
        rows = page.tree.xpath(f'//tr[.//a[@href="{self.application}"]]')
        if not rows:
            raise NotOnThePage(f"{self.application} — {page.url}: {page.text[:800]}")
        return " ".join(rows[0].xpath('.//*[contains(@class,"govuk-tag")]')[0].text.split())

    # -- the steps ------------------------------------------------------------------------------

    def _sign_in(self) -> None:
        self.hand("person")

    def _start(self) -> None:
        hand = self.hand("person")
        page = hand.open("/applications")
        rows = page.tree.xpath(f'//tr[contains(., "{self.matter}")]//a/@href')
        own = [str(link) for link in rows if re.fullmatch(r"/applications/[0-9a-f]{8,}", link)]
        if not own:
            choice = f"/applications/new?type={self.type}" if self.type else "/applications/new"
            page = hand.submit(hand.open(choice), self.matter)
            own = re.findall(r"/applications/[0-9a-f]{8,}", page.url)
        if not own:
            raise StoryStuck(f"{self.matter}: {page.url}: {page.text[:1500]}")
        self.application = own[0]

    def _fill(self) -> None:
        hand = self.hand("person")
        page = hand.open(f"{self.application}/form")
        page = hand.submit(page, "验证企业名称", {"enterprise_name": self.cast.enterprise_name})
        fields: dict[str, str | list[str]] = {
            "enterprise_phone": "021-00000001",
            "qualification_region": "SHANGHAI",
            "applicant_opinion": "true",
            **self.answers(),
        }
        photo = ("photo.jpg", draw(self.cast.number), "image/jpeg")
        page = hand.submit(page, "保存", fields, {"photo": photo})
        if not page.url.endswith("/check"):
            raise StoryStuck(f"保存: {page.url}: {page.text[:1500]}")

    def answers(self) -> dict[str, str | list[str]]:
        """Give what this profession asks besides."""
        return {}

    def _sign(self) -> None:
        hand = self.hand("person")
        page = self.wait(hand, f"{self.application}/sign", "请点击此按钮完成签署")
        hand.submit(page, "请点击此按钮完成签署")
        page = hand.open(f"{self.application}/sign/code")
        end = time.monotonic() + 2 * _SOON
        while "输入短信验证码" in page.text:
            page = hand.submit(page, "确定", {"code": self._code(page)})
            if "输入短信验证码" not in page.text or time.monotonic() > end:
                return
            time.sleep(_PAUSE)  # an interrupted try lost the code: a new one is due in a minute
            page = hand.submit(page, "获取验证码")

    def _code(self, page: Page) -> str:
        """Read the newest code for the number on the page from the demonstration phone."""
        phone = BrowserSession(self.base)
        try:
            end = time.monotonic() + _SOON
            while time.monotonic() < end:
                for message in phone.open("/phone").tree.xpath("//article[@data-message]"):
                    text = message.text_content()
                    match = re.search(r"验证码(\d{6})", text)
                    if match and self._mine(text, page):
                        return match.group(1)
                time.sleep(0.2)
        finally:
            phone.close()
        raise StoryStuck(f"验证码: {page.text[:1500]}")

    def _mine(self, message: str, page: Page) -> bool:
        """Tell whether a message is about the application on the page."""
        number = page.text.split("申请编号", 1)[1].split()[0]
        return number in message

    def _seal(self) -> None:
        hand, key = self.hand("enterprise"), self.application.removeprefix("/applications/")
        page = hand.open(f"/enterprise/applications/{key}")
        try:
            page = hand.submit(page, "签名确认", {"opinion": "true"})
        except NotOnThePage:
            page = hand.open(f"/enterprise/applications/{key}/seal")
        page = self.wait(hand, f"/enterprise/applications/{key}/seal?sign=1", "验证")
        hand.submit(page, "验证", {"pin": self.cast.pin})

    def _accept(self) -> None:
        self._agency(OfficerRole.ACCEPTOR, "提交受理意见", {"outcome": "accept"})()

    def _decide(self) -> None:
        self._agency(OfficerRole.APPROVER, "作出决定", {"outcome": "approve"})()

    def _agency(self, role: str, button: str, fields: dict[str, str]) -> Callable[[], None]:
        """Find our case in the inbox of a role and do it; nothing to do when it is not there."""

        def do() -> None:
            hand = self.hand(role)
            address = self._task_of(hand)
            if address is not None:
                page = hand.submit(hand.open(address), button, dict(fields))
                if CONFIRM in page.text:
                    hand.submit(page, CONFIRM)

        return do

    def _task_of(self, hand: BrowserSession) -> str | None:
        number = self._number()
        page = hand.open("/agency/inbox")
        while True:
            links = page.tree.xpath(f'//tr[th[contains(., "{number}")]]//a/@href')
            if links:
                return str(links[0])
            try:
                page = hand.open(page.link("下一页"))
            except NotOnThePage:
                return None

    def _number(self) -> str:
        page = self.hand("person").open(self.application)
        return page.text.split("申请编号", 1)[1].split()[0]

    def _claim(self) -> None:
        hand = self.hand("person")
        page = self.wait(hand, "/certificates", "领证")
        hand.submit(hand.open(page.link("领证")), "确认")

    def wait(self, hand: BrowserSession, address: str, text: str) -> Page:
        """Open a page again until it shows a text: the service's own work takes a moment."""
        end = time.monotonic() + _SOON
        while True:
            page = hand.open(address)
            if text in page.text:
                return page
            if time.monotonic() > end:
                raise StoryStuck(f"{text} — {page.url}: {page.text[:1500]}")
            time.sleep(0.2)


def persist(story: Story, restarted: Callable[[], None], *, patience_s: float = 900) -> None:
    """Tell a story to its end although the connection breaks: `restarted` waits for the service.

    Interruptions are not counted: whoever waits a minute for another code meets many of them.
    """
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        try:
            story.tell()
        except (httpx.TransportError, httpx.HTTPStatusError):
            restarted()
        else:
            return
    raise StoryStuck(f"{story.application}: no end after {patience_s} s")
