"""The words of the guided walk, so exact that a newcomer can follow them and a test does.

【…】 is a button or link, 在“…”中填入“…” a field, 勾选 and 选择“…” a box to tick.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from adapters import world
from adapters.world import Citizen, Company
from professions.manifests import RegistrationType
from registry.applications.applications import Application
from registry.applications.statuses import Matter
from registry.people.officers import OfficerRole
from web.visitors.access import Visitor


class TourStep(IntEnum):
    """What is done next, in this order."""

    FILL = 1
    SIGN = 2
    SEAL = 3
    REVIEW = 4
    DECIDE = 5
    CLAIM = 6
    VERIFY = 7


@dataclass(frozen=True, kw_only=True)
class ToldStep:
    """A step as the page tells it."""

    step: TourStep
    title: str
    door: str  #: address of the page on which it begins
    door_text: str
    todo: tuple[str, ...]


def employer() -> Company:
    """Give the enterprise that seals: active, qualified, with a certificate."""
    return next(
        company
        for company in world.COMPANIES
        if company.pin and company.status == "ACTIVE" and company.has_design_qualification
    )


def told(
    kind: RegistrationType,
    walker: Citizen,
    application: Application | None,
    visitor: Visitor | None,
) -> Iterator[ToldStep]:
    """Give the steps in their order, with the names and numbers of this case."""
    company = employer()
    case, no = (application.id, application.no) if application else ("", "")
    reviewer, approver = (
        next(colleague for colleague in world.OFFICIALS if colleague.roles == (role,))
        for role in (OfficerRole.REVIEWER, OfficerRole.APPROVER)
    )
    here = visitor is not None and visitor.name == walker.name
    me: tuple[str, ...] = () if here else (f"按【以{walker.name}登录】",)

    yield ToldStep(
        step=TourStep.FILL,
        title=f"填写申请表：申请人{walker.name}",
        door="/sign-in/person?next=/applications/new",
        door_text="个人用户登录",
        todo=(
            f"按【以{walker.name}登录】，在“{kind.title}”下按【初始注册】",
            f"在“注册企业全称”中填入“{company.name}”，按【验证企业名称】",
            f"在“企业联系电话”中填入“{company.phone}”",
            "在“个人照片”中选择示例照片，按【使用此照片】",
            "勾选“本人已阅读并确认以上意见”，按【保存】",
        ),
    )
    yield ToldStep(
        step=TourStep.SIGN,
        title=f"个人数字签名：{walker.name}",
        door=f"/applications/{case}" if not me else f"/sign-in/person?next=/applications/{case}",
        door_text="打开申请",
        todo=(
            *me,
            "按【个人数字签名】，按【请点击此按钮完成签署】",
            "在“短信验证码”中填入演示手机收到的验证码，按【确定】",
        ),
    )
    asked = kind.matter(Matter.INITIAL).confirmation
    yield ToldStep(
        step=TourStep.SEAL,
        title=f"企业电子签章：{company.name}",
        door=f"/sign-in/enterprise?next=/enterprise/applications/{case}",
        door_text="企业用户登录",
        todo=(
            f"选择“{company.name}（演示密码 {company.pin}）”",
            f"在“证书密码”中填入“{company.pin}”，按【登录】",
            f"勾选“{asked.text if asked else ''}”，按【签名确认】",
            f"按【请点击此按钮完成签署】，在“法人一证通数字证书密码”中填入“{company.pin}”，按【验证】",
        ),
    )
    for step, official, title, outcome, button in (
        (TourStep.REVIEW, reviewer, "审查", "建议准予许可", "提交审查意见"),
        (TourStep.DECIDE, approver, "决定", "准予许可", "作出决定】，核对后按【确认提交"),
    ):
        yield ToldStep(
            step=step,
            title=f"{title}：工作人员{official.name}",
            door="/sign-in/officer?next=/agency/inbox",
            door_text="工作人员登录",
            todo=(
                f"按【以{official.name}登录】，在“{no}”一行按【办理】",
                f"按【领取】，选择“{outcome}”，按【{button}】",
            ),
        )
    yield ToldStep(
        step=TourStep.CLAIM,
        title=f"领取电子证书：{walker.name}",
        door="/certificates" if not me else "/sign-in/person?next=/certificates",
        door_text="电子注册证书管理",
        todo=(*me, "按【领证】，核对后按【确认】，按【下载】"),
    )
    yield ToldStep(
        step=TourStep.VERIFY,
        title="查验证书：任何人",
        door="/verify",
        door_text="证书和文件查验",
        todo=("在“PDF或者OFD文件”中选择刚才下载的证书，按【查验文件】",),
    )
