"""What the agency does itself: correct an identity, act on a registration ex officio (I19, I20)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from adapters import world
from web.demo import papers
from web.demo.story import Steps, Story
from web.demo.visitor import Page, Upload, Visitor

EVIDENCE: Upload = ("核查记录.pdf", papers.scan(), "application/pdf")


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

    def _record(self, hand: Visitor) -> Page:
        """Find the person as officers do, by the whole identity number."""
        person = world.citizen(self.cast.person)
        page = hand.open("/agency/people")
        page = hand.submit(page, "查询", {"q": person.id_no if person else ""})
        return hand.open(page.link("查看"))

    def _submitted(self, hand: Visitor, page: Page) -> None:
        """Check the case that was just opened, and submit it."""
        self.number = page.text.split("申请编号", 1)[1].split()[0]
        hand.submit(page, "确认", {"outcome": "submit"})


@dataclass
class Correction(OfAgency):
    """更正身份信息: two officers, the certificate issued anew, claimed again (R109, R123)."""

    matter: str = "更正身份信息"

    def steps(self) -> Steps:
        """Name the steps: who proposes does not confirm."""
        yield "个人登录，下载原证书", self._keep_certificate
        yield "受理人员提出更正", self._propose
        yield "决定人员确认更正", self._agency("approver", "作出决定", {"outcome": "confirm"})
        yield "本人重新领证", self._claim

    def _propose(self) -> None:
        hand, person = self.hand("acceptor"), world.citizen(self.cast.person)
        page = hand.open(self._record(hand).link("更正姓名或证件号码"))
        fields: dict[str, str | list[str]] = {
            "name": str(person and person.corrected_name),
            "id_no": person.id_no if person else "",
            "reason": "公安机关已更正姓名，户口簿记载一致。",
        }
        self._submitted(hand, hand.submit(page, "下一步：核对", fields, {"evidence": EVIDENCE}))

    def documents(self) -> dict[str, bytes]:
        """Download the certificate with the corrected name."""
        hand = self.hand("person")
        return {self.gives: hand.download(hand.open("/certificates").link("下载"))}


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
        hand = self.hand("reviewer")
        page = hand.open(self._record(hand).link("依职权处理"))
        fields: dict[str, str | list[str]] = {
            "act": "RESCIND",
            "ground": "FRAUD",
            "facts": "经核查，申请注册时提交的继续教育证明系伪造。",
        }
        self._submitted(hand, hand.submit(page, "下一步：核对", fields, {"evidence": EVIDENCE}))

    def _is_told(self) -> None:
        page = self.wait(self.hand("person"), "/applications", "查看并陈述申辩")
        self._hearing = page.link("查看并陈述申辩").removeprefix(self.base)

    def _state(self) -> None:
        hand = self.hand("person")
        fields: dict[str, str | list[str]] = {"statement": "证明由培训机构出具，本人不知情。"}
        page = hand.open(self._hearing)
        hand.submit(page, "提交陈述、申辩", fields, {"evidence": EVIDENCE})

    def _decide_act(self) -> None:
        fields = {"outcome": "act", "reasons": "申辩没有证据支持，事实清楚，决定撤销。"}
        self._agency("approver", "作出决定", fields)()

    def _is_served(self) -> None:
        self.wait(self.hand("person"), self._hearing, "处理决定书")

    def documents(self) -> dict[str, bytes]:
        """Download the letters that were served on the person."""
        hand = self.hand("person")
        letters = {
            link.text_content().strip(): f"{link.get('href')}.pdf"
            for link in hand.open(self._hearing).tree.iter("a")
            if re.fullmatch(r"/files/documents/[0-9a-z]+", str(link.get("href") or ""))
        }
        return {title: hand.download(address) for title, address in letters.items()}
