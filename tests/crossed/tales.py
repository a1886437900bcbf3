"""Initial registrations in which, at each step, two are at the same thing at once."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import httpx

from adapters import world
from tests.crossed.hands import Impatient, at_once
from tests.crossed.ledger import Ledger, codes_of
from web.demo import papers
from web.demo.portrait import draw
from web.demo.walk.story import Steps, Story, StoryStuck
from web.demo.walk.visitor import BrowserSession, NotOnThePage, Page

TRIES = 60  #: how often a tale is taken up again before it counts as lost
AGENCY = {"reviewer": ("shencha", "shenjue"), "approver": ("jueding", "shenjue")}


@dataclass
class Tale(Story):
    """One person's registration, with races on the way; ends with a certificate or withdrawn."""

    ledger: Ledger = field(default_factory=Ledger)
    chance: random.Random = field(default_factory=random.Random)
    number: str = ""  #: of a qualification from elsewhere that another person claims too
    withdrawn: bool = False
    beaten: bool = False  #: the other person was first, and this one is told so at the form
    has_ended: bool = False  #: everything was done, down to signing out
    _reviewed_by: str = ""

    def steps(self) -> Steps:
        """Name the steps."""
        yield "个人登录", self._sign_in
        yield "新增申请", self._start
        yield "填写并保存申请表", self._past("填写中", self._fill)
        yield "个人数字签名", self._past("待个人签名", self._sign)
        yield "企业签章，或者撤回", self._past("待企业确认", self._seal_or_withdraw)
        yield "受理", self._past("待受理", self._accept)
        yield "审查", self._past("已受理", self._review_at_once)
        if self.number:
            return
        yield "决定", self._past("审查中", self._decide_at_once)
        yield "领证", self._past("准予许可", self._claim)
        yield "双方同时申请注销", self._cancel_at_once
        yield "退出", self._sign_out_at_once

    def _beyond(self, status: str) -> bool:
        if self.beaten:
            return True
        if status == "已受理":  # 审查 moves no status of its own on
            return self.status() in ("准予许可", "不予许可", "办结") or bool(self._reviewed_by)
        return super()._beyond(status) or self.status() == "不予许可"

    def _fill(self) -> None:
        """Save in two tabs at once: one wins, the other is told, nothing typed is lost."""
        hand = self._impatient("person")
        page = hand.open(f"{self.application}/form")
        hand.submit(page, "验证企业名称", {"enterprise_name": self.cast.enterprise_name})
        fields: dict[str, str | list[str]] = {
            "enterprise_name": self.cast.enterprise_name,
            "qualification_region": "SHANGHAI",
            "applicant_opinion": "true",
        }
        if self.number:
            fields |= {
                "qualification_region": "OTHER",
                "qualification_province": "江苏省",
                "qualification_no": self.number,
                "qualification_issued_on": "2026-05-18",
                "qualification_issuer": "江苏省住房和城乡建设厅（虚构）",
            }
        photo = ("photo.jpg", draw(self.cast.number), "image/jpeg")
        uploads = {"photo": photo}
        if self.number:
            uploads["qualification_scans"] = ("证书.pdf", papers.scan(), "application/pdf")
        hand.submit(hand.open(f"{self.application}/form"), "保存", fields, uploads)
        tabs = [
            hand.filled(
                hand.open(f"{self.application}/form"),
                "保存",
                {**fields, "enterprise_phone": f"021-0000000{tab}"},
            )
            for tab in (1, 2)
        ]
        pages = at_once(tabs)
        if not any(isinstance(page, Page) and page.url.endswith("/check") for page in pages):
            told = [codes_of(page.text) if isinstance(page, Page) else page for page in pages]
            if self.number and any("E_QUALIFICATION_TAKEN" in str(codes) for codes in told):
                self.beaten = True
                return
            raise StoryStuck(f"保存: {told}")

    def _impatient(self, role: str) -> Impatient:
        hand = self.hand(role)
        assert isinstance(hand, Impatient)
        return hand

    def _officer(self, login: str) -> Impatient:
        """Give the browser of an officer by his name at the portal."""
        cast = replace(self.cast, acceptor=login)
        hand = Story(self.base, cast, browser=self.browser).hand("acceptor")
        assert isinstance(hand, Impatient)
        return hand

    def _seal_or_withdraw(self) -> None:
        """Seal while the applicant withdraws, one time in three; whoever comes first wins."""
        key = self.application.removeprefix("/applications/")
        if self.chance.random() > 0.35:
            return self._seal()
        clerk, hand = self._impatient("enterprise"), self._impatient("person")
        page = clerk.open(f"/enterprise/applications/{key}")
        clerk.submit(page, "签名确认", {"opinion": "true"})
        page = clerk.open(f"/enterprise/applications/{key}/seal?sign=1")
        seals = clerk.filled(page, "验证", {"pin": self.cast.pin})
        withdraws = hand.filled(hand.open(f"{self.application}/withdraw"), "确认撤回")
        at_once([seals, withdraws])
        if self.status() == "已撤回":
            again = withdraws()
            if codes_of(again.text):
                self.ledger.odd(f"late press of withdraw: {codes_of(again.text)}")
            self._begin_anew()
        return None

    def _begin_anew(self) -> None:
        """Apply again after a withdrawal, which is open to everybody."""
        self.withdrawn, self._reviewed_by = True, ""
        self._start()
        self._past("填写中", self._fill)()
        self._past("待个人签名", self._sign)()
        self._seal()

    def _start(self) -> None:
        hand = self.hand("person")
        page = hand.open("/applications")
        rows = page.tree.xpath(
            f'//tr[contains(., "{self.matter}")][not(contains(., "已撤回"))]//a/@href'
        )
        own = [str(link) for link in rows if str(link).startswith("/applications/")]
        if own:
            self.application = own[0].removesuffix("/form")
            return
        page = hand.submit(hand.open("/applications/new"), self.matter)
        begun = re.findall(r"/applications/[0-9a-f]{8,}", page.url)
        if not begun:
            raise StoryStuck(f"{self.matter}: {page.url}: {page.text[:400]}")
        self.application = begun[0]

    def _review_at_once(self) -> None:
        """Two reviewers take the task at once: one has it, and only that one can do it."""
        hands = {login: self._officer(login) for login in AGENCY["reviewer"]}
        pages = {}
        for login, hand in hands.items():
            address = self._task_of(hand)
            if address is None:
                return
            pages[login] = hand.open(address)
        claims = []
        for login, page in pages.items():
            with suppress(NotOnThePage):  # it was claimed before an interruption
                claims.append(hands[login].filled(page, "领取"))
        if claims:
            at_once(claims)
        logins = self.chance.sample(list(hands), 2)
        done = []
        for login in logins:
            hand = hands[login]
            address = self._task_of(hand)
            if address is None:
                break
            try:
                hand.submit(hand.open(address), "提交审查意见", self._opinion("approve"))
            except NotOnThePage:
                continue
            if self._task_of(hand) is None:
                done.append(login)
                break
        self._reviewed_by = done[0] if done else ""
        for hand in hands.values():
            hand.close()

    def _opinion(self, outcome: str) -> dict[str, str | list[str]]:
        return {"outcome": outcome, "opinion": "材料齐全，符合条件。"}

    def _decide_at_once(self) -> None:
        """Two approvers decide at once; who reviewed is kept out by four eyes."""
        acts: list[Callable[[], Page]] = []
        hands = [self._officer(login) for login in AGENCY["approver"]]
        for hand in hands:
            address = self._task_of(hand)
            if address is None:
                continue
            try:
                acts.append(
                    hand.filled(
                        hand.open(address), "作出决定", {"outcome": "approve", "confirmed": "yes"}
                    )
                )
            except NotOnThePage:
                continue
        if acts:
            at_once(acts)
        for hand in hands:
            hand.close()

    def decide(self, login: str, outcome: str = "approve") -> Callable[[], Page]:
        """Give the decision of one approver, to be sent when it is called."""
        hand = self._officer(login)
        address = self._task_of(hand)
        if address is None:
            raise NotOnThePage(f"decide {self.application}")
        fields = {"outcome": outcome, "reasons": "资格证书编号已由他人注册。"}
        return hand.filled(hand.open(address), "作出决定", {**fields, "confirmed": "yes"})

    def _cancel_at_once(self) -> None:
        """Person and enterprise start a cancellation at once: there is one case."""
        hand, clerk = self._impatient("person"), self._impatient("enterprise")
        name = world.citizen(self.cast.person)
        person = hand.filled(hand.open("/applications/new"), "注销注册")
        acts = [person, person]
        row = clerk.open(self._people(clerk, self._registration_no(hand)))
        acts += [clerk.filled(row, "填写申请")] * 2
        at_once(acts)
        assert name is not None

    def _registration_no(self, hand: BrowserSession) -> str:
        text = hand.open("/certificates").text
        found = re.search(r"S\d{10}", text)
        if found is None:
            raise NotOnThePage(f"注册号 — {text[:300]}")
        return found.group()

    def _people(self, clerk: BrowserSession, number: str) -> str:
        """Find the person in the list of the enterprise."""
        page = clerk.open("/enterprise/people")
        while True:
            links = page.tree.xpath(f'//tr[contains(., "{number}")]//a[contains(., "注销")]/@href')
            if links:
                return str(links[0])
            page = clerk.open(page.link("下一页"))

    def _sign_out_at_once(self) -> None:
        """Sign out while other requests are in flight: afterwards nobody is signed in."""
        hand = self._impatient("person")
        page = hand.open("/applications")
        out = hand.filled(page, "退出")
        cookies = dict(hand.client.cookies.items())
        looks = [lambda: hand.client.get("/applications") for _ in range(3)]
        results = at_once([out, *looks])
        if isinstance(results[0], Exception):
            raise results[0]
        self._hands.pop("person").close()
        with httpx.Client(base_url=self.base, timeout=90) as after:
            answer = after.get(
                "/applications",
                headers={"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())},
            )
        if answer.status_code == 200:
            self.ledger.wrong("a session that was signed out is open again")


def persist(tale: Tale, wait: Callable[[], None]) -> None:
    """Tell a tale to its end, however often it is interrupted."""
    last = ""
    for _ in range(TRIES):
        if tale.ledger.stopped.is_set():
            return
        try:
            tale.tell()
        except (httpx.HTTPError, NotOnThePage, StoryStuck, IndexError, KeyError) as error:
            last = f"{type(error).__name__}: {str(error)[:600]}"
            tale.ledger.odd(f"taken up again: {type(error).__name__} {str(error)[:60]}")
            wait()
        else:
            tale.has_ended = not tale.beaten and not tale.number
            return
    tale.ledger.wrong(f"{tale.application} has no end: {last}")
