"""Cancellations in which one side does not take part (G9): both are heard, the agency decides."""

from __future__ import annotations

from dataclasses import dataclass

from adapters import world
from registry.people.officers import OfficerRole
from web.demo import papers
from web.demo.walk.story import Steps, Story, StoryStuck
from web.demo.walk.tales import Cancellation
from web.demo.walk.visitor import Page, Upload


def _proof() -> Upload:
    return "解除劳动合同证明.pdf", papers.scan(), "application/pdf"


@dataclass
class Contested(Cancellation):
    """注销注册 against the will of the enterprise: it refuses, the person asks the agency."""

    @property
    def title(self) -> str:
        """Name the story among others."""
        return f"{self.matter}（企业拒绝，提请处理）"

    def steps(self) -> Steps:
        """Name the steps: all four hands."""
        yield "个人登录", self._sign_in
        yield f"新增{self.matter}申请", self._start
        yield "填写并保存申请表", self._past("填写中", self._fill)
        yield "个人数字签名", self._past("待个人签名", self._sign)
        yield "企业拒绝，退回申请人", self._refuse
        yield "上传证明，提请市住建委处理", self._past("待企业确认", self._ask_agency)
        yield "受理", self._past("待受理", self._accept)
        yield "企业提出异议", self._past("已受理", self._object)
        yield "审查", self._agency(OfficerRole.REVIEWER, "提交审查意见", {"outcome": "approve"})
        yield "决定", self._past("审查中", self._decide)
        yield "等待注销证书", self._has_ended

    def _key(self) -> str:
        return self.application.removeprefix("/applications/")

    def _refuse(self) -> None:
        hand = self.hand("enterprise")
        page = hand.open(f"/enterprise/applications/{self._key()}")
        hand.submit(page, "退回申请人", {"reason": "项目尚未结束，本单位不同意注销。"})

    def _ask_agency(self) -> None:
        hand = self.hand("person")
        page = hand.open(f"{self.application}/without-enterprise")
        fields: dict[str, str | list[str]] = {
            "obstacle": "REFUSED",
            "text": "劳动合同已于上月解除，多次联系企业，企业拒绝确认。",
        }
        page = hand.submit(page, "提请处理", fields, {"proofs": _proof()})
        if "已提请市住建委处理" not in page.text:
            raise StoryStuck(f"提请处理: {page.url}: {page.text[:1500]}")

    def _object(self) -> None:
        hand = self.hand("enterprise")
        page = hand.open(f"/enterprise/applications/{self._key()}")
        page = hand.submit(page, "提出异议", {"text": "该人员负责的项目尚未办理移交。"})
        hand.submit(page, "确认提出")


@dataclass
class ByEnterprise(Story):
    """注销注册 asked for by the enterprise alone: the person left and could not be reached."""

    matter: str = "注销注册（企业提出）"
    gives: str = "注销证书"

    def steps(self) -> Steps:
        """Name the steps: the person comes in when the agency has told."""
        yield "企业登录", self._enterprise
        yield "本企业注册人员，申请注销", self._ask
        yield "填写并上传证明", self._fill
        yield "盖章提交", self._put_seal
        yield "受理并告知本人", self._accept_request
        yield "本人同意注销", self._past("已受理", self._agree)
        yield "审查", self._agency(OfficerRole.REVIEWER, "提交审查意见", {"outcome": "approve"})
        yield "决定", self._past("审查中", self._decide)
        yield "等待注销证书", self._has_ended

    def _enterprise(self) -> None:
        self.hand("enterprise")

    def _ask(self) -> None:
        hand, person = self.hand("enterprise"), world.citizen(self.cast.person)
        name = person.name if person else ""
        page = hand.open(hand.open("/enterprise/people").link(f"申请注销 {name}"))
        page = hand.submit(page, "填写申请")
        self.application = f"/applications/{page.url.split('/')[-2]}"

    def _request(self) -> str:
        return self.application.replace("/applications/", "/enterprise/requests/")

    def _fill(self) -> None:
        hand = self.hand("enterprise")
        fields: dict[str, str | list[str]] = {
            "cancel_reason": "UNREACHABLE",
            "explanation": "劳动合同已于三个月前终止，电话、信函均未能联系到本人。",
            "applicant_opinion": "true",
        }
        page = hand.open(f"{self._request()}/form")
        page = hand.submit(page, "保存", fields, {"cancel_proof": _proof()})
        if not page.url.endswith("/seal"):
            raise StoryStuck(f"保存: {page.url}: {page.text[:1500]}")

    def _put_seal(self) -> None:
        hand = self.hand("enterprise")
        page = self.wait(hand, f"{self._request()}/seal", "请输入证书密码")
        hand.submit(page, "验证", {"pin": self.cast.pin})
        self.wait(hand, self._seen(), "待受理")

    def _seen(self) -> str:
        return self.application.replace("/applications/", "/enterprise/applications/")

    def _number(self) -> str:
        page: Page = self.hand("enterprise").open(self._seen())
        return page.text.split("申请编号", 1)[1].split()[0]

    def _accept_request(self) -> None:
        self._accept()
        self.wait(self.hand("enterprise"), self._seen(), "已受理")

    def _agree(self) -> None:
        hand = self.hand("person")
        hand.submit(hand.submit(hand.open(self.application), "同意注销"), "确认同意")

    def _has_ended(self) -> None:
        self.wait(self.hand("person"), "/certificates", "下载")
