"""What people and enterprises ask for beside the initial registration, through the front door.

Who plays stands already where the tale begins: see `web.demo.people.population`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapters.demonstration import Demonstration
from registry.law.calendars import shanghai_day
from web.demo.portrait import draw
from web.demo.walk.story import Steps, Story, StoryStuck

_SOON = 120.0  #: seconds that we wait for something that the service does by itself


@dataclass(kw_only=True)
class Further(Story):
    """初始注册 in a further profession: other numbers, another form (R8)."""

    profession: Demonstration

    def __post_init__(self) -> None:
        """Start in the profession."""
        self.type = self.profession.key

    @property
    def title(self) -> str:
        """Name the story among others."""
        return f"{self.matter}（{self.profession.title}）"

    def answers(self) -> dict[str, str | list[str]]:
        """Give what this profession asks besides."""
        return dict(self.profession.filled)


@dataclass
class Renewal(Story):
    """延续注册: three inputs, everything else is known (R67–R80)."""

    matter: str = "延续注册"

    def _fill(self) -> None:
        hand = self.hand("person")
        fields: dict[str, str | list[str]] = {
            "enterprise_phone": "021-00000001",
            "ce_compulsory_hours": "60",
            "ce_elective_hours": "60",
            "applicant_opinion": "true",
        }
        page = hand.submit(hand.open(f"{self.application}/form"), "保存", fields)
        if not page.url.endswith("/check"):
            raise StoryStuck(f"保存: {page.url}: {page.text[:1500]}")


@dataclass
class Cancellation(Story):
    """注销注册: complete with the enterprise's seal (R91–R108)."""

    matter: str = "注销注册"
    gives: str = "注销证书"

    def steps(self) -> Steps:
        """Name the steps: nobody of the agency is among the hands."""
        yield "个人登录", self._sign_in
        yield f"新增{self.matter}申请", self._start
        yield "填写并保存申请表", self._past("填写中", self._fill)
        yield "个人数字签名", self._past("待个人签名", self._sign)
        yield "企业签章，自动完成注销", self._past("待企业确认", self._seal)
        yield "等待注销证书", self._has_ended

    def _fill(self) -> None:
        hand = self.hand("person")
        fields: dict[str, str | list[str]] = {
            "cancel_reason": "EMPLOYMENT_ENDED",
            "applicant_opinion": "true",
        }
        page = hand.submit(hand.open(f"{self.application}/form"), "保存", fields)
        if not page.url.endswith("/check"):
            raise StoryStuck(f"保存: {page.url}: {page.text[:1500]}")

    def _has_ended(self) -> None:
        self.wait(self.hand("person"), "/certificates", "下载")


@dataclass
class ExchangeStory(Story):
    """纸质证书换领电子证书: check, upload, confirm, download at once (R119–R122)."""

    matter: str = "纸质证书换领电子证书"

    def steps(self) -> Steps:
        """Name the steps: the person alone."""
        yield "个人登录", self._sign_in
        yield "纸质证书换领电子证书", self._begin
        yield "上传照片", self._upload
        yield "核对信息并确定", self._confirm

    def _begin(self) -> None:
        hand = self.hand("person")
        page = hand.submit(hand.open("/certificates"), self.matter)
        self.application = page.url.removeprefix(self.base).removesuffix("/exchange")

    def _upload(self) -> None:
        hand = self.hand("person")
        photo = ("photo.jpg", draw(self.cast.number), "image/jpeg")
        page = hand.open(f"{self.application}/exchange")
        hand.submit(page, "上传", {"action": "upload"}, {"photo": photo})

    def _confirm(self) -> None:
        hand = self.hand("person")
        page = hand.open(f"{self.application}/exchange")
        hand.submit(page, "确定", {"checked": "true", "action": "confirm"})
        self.wait(hand, "/certificates", "下载")


@dataclass
class CopyStory(Story):
    """加注使用: a copy for one purpose and time."""

    matter: str = "证书加注使用"
    _page: str = ""

    def steps(self) -> Steps:
        """Name the steps: the person alone."""
        yield "个人登录", self._sign_in
        yield "制作加注副本", self._make
        yield "等待副本", self._is_made

    def _make(self) -> None:
        hand = self.hand("person")
        self._page = hand.open("/certificates").link("加注使用")
        today = shanghai_day(datetime.now(UTC))  # the service's, wherever the machine stands
        fields: dict[str, str | list[str]] = {
            "purpose": "示例工程项目投标",
            "first": today.isoformat(),
            "last": (today + timedelta(days=90)).isoformat(),
        }
        hand.submit(hand.open(self._page), "制作加注副本", fields)

    def _is_made(self) -> None:
        self.wait(self.hand("person"), self._page, "下载")

    def documents(self) -> dict[str, bytes]:
        """Download the copy."""
        hand = self.hand("person")
        return {"加注副本": hand.download(hand.open(self._page).link("下载"))}


@dataclass
class Rename(Story):
    """聘用企业名称变更: compute, confirm with the seal key, then claim again (R124–R129)."""

    matter: str = "企业名称变更"
    _batch: str = ""

    def steps(self) -> Steps:
        """Name the steps: the enterprise, then one of the registrants."""
        yield "企业登录", self._enterprise
        yield "注册企业名称批量变更", self._compute
        yield "确认更名", self._confirm
        yield "等待同步完成", self._is_done
        yield "注册人员重新领证", self._claim

    def _enterprise(self) -> None:
        self.hand("enterprise")

    def _compute(self) -> None:
        hand = self.hand("enterprise")
        page = hand.submit(hand.open("/enterprise/rename"), "注册企业名称批量变更")
        self._batch = page.url.removeprefix(self.base)

    def _confirm(self) -> None:
        hand = self.hand("enterprise")
        page = self.wait(hand, self._batch, "法人一证通数字证书密码")
        hand.submit(page, "确认更名", {"pin": self.cast.pin})

    def _is_done(self) -> None:
        hand, end = self.hand("enterprise"), time.monotonic() + _SOON
        while "更名完成" not in (page := hand.open(self._batch)).text:
            if time.monotonic() > end:
                raise StoryStuck(f"更名: {page.text[:1500]}")
            time.sleep(0.5)

    def documents(self) -> dict[str, bytes]:
        """Download the sealed list and the new certificate."""
        sealed = self.hand("enterprise").download(f"{self._batch}/list.pdf")
        hand = self.hand("person")
        certificate = hand.download(hand.open("/certificates").link("下载"))
        return {"企业名称变更清单": sealed, "电子注册证书": certificate}
