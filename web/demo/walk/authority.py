"""What the agency does itself: correct an identity, decide anew, act ex officio (I19, I20)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapters import world
from registry.law.calendars import shanghai_day
from registry.people.officers import OfficerRole
from web.demo import papers
from web.demo.walk.story import CONFIRM, Steps, Story, StoryStuck
from web.demo.walk.visitor import BrowserSession, Page, Upload

INTENDED = "拟处理告知书"  #: what a decision takes the place of


def _evidence() -> Upload:
    return "核查记录.pdf", papers.scan(), "application/pdf"


@dataclass
class OfAgency(Story):
    """A case that an officer opens on the record of a person who holds a certificate."""

    number: str = ""  #: of the case
    _former: bytes = field(default=b"", repr=False)

    def former(self) -> dict[str, bytes]:
        """Give the certificate that counted before."""
        return {"处理前的电子注册证书": self._former}

    def _keep_certificate(self) -> None:
        hand = self.hand("person")
        self._former = hand.download(hand.open("/certificates").link("下载"))

    def _number(self) -> str:
        return self.number

    def _holder(self) -> world.Citizen:
        engineer = world.citizen(self.cast.person)
        if engineer is None:
            raise StoryStuck(self.cast.person)
        return engineer

    def _record(self, hand: BrowserSession) -> Page:
        """Find the person as officers do, by the whole identity number."""
        page = hand.open("/agency/people")
        page = hand.submit(page, "查询", {"q": self._holder().id_no})
        return hand.open(page.link("查看"))

    def _submitted(self, hand: BrowserSession, page: Page) -> None:
        """Check the case that was just opened, and submit it."""
        self.number = page.text.split("申请编号", 1)[1].split()[0]
        hand.submit(page, "确认", {"outcome": "submit"})


@dataclass
class CorrectionStory(OfAgency):
    """更正身份信息: the holder reports, two officers correct, the certificate is issued anew.

    It is claimed again (R109, R123).
    """

    matter: str = "更正身份信息"

    def steps(self) -> Steps:
        """Name the steps: who proposes does not confirm."""
        yield "个人登录，下载原证书", self._keep_certificate
        yield "本人报告证书信息有误", self._report
        yield "受理人员由此提出更正", self._propose
        yield (
            "决定人员确认更正",
            self._agency(OfficerRole.APPROVER, "作出决定", {"outcome": "confirm"}),
        )
        yield "本人重新领证", self._claim

    def _report(self) -> None:
        hand = self.hand("person")
        page = hand.open(hand.open("/certificates").link("信息有误"))
        said = f"公安机关已更正姓名，应当是{self._holder().corrected_name}。"
        hand.submit(page, "告知管理部门", {"text": said})

    def _propose(self) -> None:
        hand, person = self.hand(OfficerRole.ACCEPTOR), self._holder()
        row = f'//tr[contains(., "{person.name}")]//a/@href'
        task = hand.open(str(hand.open("/agency/inbox").tree.xpath(row)[0]))
        page = hand.open(task.link("由此提出更正"))
        fields: dict[str, str | list[str]] = {
            "name": str(person.corrected_name),
            "id_no": person.id_no,
        }
        self._submitted(hand, hand.submit(page, "下一步：核对", fields, {"evidence": _evidence()}))

    def documents(self) -> dict[str, bytes]:
        """Download the certificate with the corrected name."""
        hand = self.hand("person")
        return {self.gives: hand.download(hand.open("/certificates").link("下载"))}


@dataclass
class ReopeningStory(OfAgency):
    """撤销后重新办理: a refusal is annulled on reconsideration; nobody signs again (C.8)."""

    matter: str = "撤销后重新办理"

    def steps(self) -> Steps:
        """Name the steps: who proposes does not confirm; then review and decision anew."""
        yield "个人登录，查看不予许可的申请", self._look
        yield "审查人员凭复议决定书提出", self._propose
        yield "决定人员确认", self._confirm
        yield "重新审查", self._agency(OfficerRole.REVIEWER, "提交审查意见", {"outcome": "approve"})
        yield "重新决定", self._past("审查中", self._decide)
        yield "领证", self._past("准予许可", self._claim)

    def former(self) -> dict[str, bytes]:
        """Nothing was issued before."""
        return {}

    def _look(self) -> None:
        page = self.hand("person").open("/applications")
        self.application = page.link("查看进度").removeprefix(self.base)

    def _propose(self) -> None:
        hand = self.hand(OfficerRole.REVIEWER)
        page = hand.open(self._record(hand).link("复议（诉讼）后重新办理"))
        fields: dict[str, str | list[str]] = {
            "source": "RECONSIDERATION",
            "ruling": "ANNULLED",
            "ruling_no": "沪府复字〔2026〕第12号",
            "ruled_on": shanghai_day(datetime.now(UTC)).isoformat(),
        }
        self._submitted(hand, hand.submit(page, "下一步：核对", fields, {"evidence": _evidence()}))

    def _confirm(self) -> None:
        self._agency(OfficerRole.APPROVER, "作出决定", {"outcome": "reopen"})()
        self.number = super(OfAgency, self)._number()
        self.wait(self.hand(OfficerRole.REVIEWER), "/agency/inbox", self.number)


@dataclass
class Rescission(OfAgency):
    """依职权处理: the intended act is served, the person heard, another officer decides."""

    matter: str = "依职权处理（撤销注册）"
    _hearing: str = ""

    def steps(self) -> Steps:
        """Name the steps: reviewer, person, approver."""
        yield "个人登录，下载原证书", self._keep_certificate
        yield "审查人员提出处理意见", self._propose
        yield "送达拟处理告知书", self._is_told
        yield "当事人陈述、申辩", self._state
        yield "决定人员作出处理决定", self._decide_act
        yield "送达处理决定书", self._is_served

    def _propose(self) -> None:
        hand = self.hand(OfficerRole.REVIEWER)
        page = hand.open(self._record(hand).link("依职权处理"))
        fields: dict[str, str | list[str]] = {
            "act": "RESCIND",
            "ground": "FRAUD",
            "facts": "经核查，申请注册时提交的继续教育证明系伪造。",
        }
        self._submitted(hand, hand.submit(page, "下一步：核对", fields, {"evidence": _evidence()}))

    def _is_told(self) -> None:
        page = self.wait(self.hand("person"), "/applications", "查看并陈述申辩")
        self._hearing = page.link("查看并陈述申辩").removeprefix(self.base)

    def _state(self) -> None:
        hand = self.hand("person")
        fields: dict[str, str | list[str]] = {"statement": "证明由培训机构出具，本人不知情。"}
        page = hand.open(self._hearing)
        page = hand.submit(page, "提交陈述、申辩", fields, {"evidence": _evidence()})
        hand.submit(page, CONFIRM)

    def _decide_act(self) -> None:
        fields = {"outcome": "act", "reasons": "申辩没有证据支持，事实清楚，决定撤销。"}
        self._agency(OfficerRole.APPROVER, "作出决定", fields)()

    def _is_served(self) -> None:
        self.wait(self.hand("person"), self._hearing, "处理决定书")

    def documents(self) -> dict[str, bytes]:
        """Download the decision that was served on the person."""
        return {title: pdf for title, pdf in self._letters().items() if INTENDED not in title}

    def former(self) -> dict[str, bytes]:
        """Give the certificate and the letter that count no longer since the decision."""
        intended = {title: pdf for title, pdf in self._letters().items() if INTENDED in title}
        return super().former() | intended

    def _letters(self) -> dict[str, bytes]:
        hand = self.hand("person")
        letters = {
            link.text_content().strip(): f"{link.get('href')}.pdf"
            for link in hand.open(self._hearing).tree.iter("a")
            if re.fullmatch(r"/files/documents/[0-9a-z]+", str(link.get("href") or ""))
        }
        return {title: hand.download(address) for title, address in letters.items()}
