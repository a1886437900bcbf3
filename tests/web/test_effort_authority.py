"""What the authority's own matters and a change of name cost, held against docs/effort.md."""

from __future__ import annotations

import io
import re
from typing import cast

import pytest
from flask import Flask

from adapters import world
from adapters.enterprise_qualifications import EnterpriseQualificationsTwin
from casework.office import Office
from registry.identifiers import IdType, Sex
from registry.ports import Identity
from tests.web.desk import COMPANY, pdf
from tests.web.furnished import app, clock, desk, office, prepared
from tests.web.test_effort import FIRST, SECOND, Counted, told
from web.demo.people import plays
from web.demo.people.engineer import Engineer

__all__ = ["app", "clock", "desk", "office", "prepared"]

NEW_NAME = "陶更名"


@pytest.fixture
def holder(app: Flask, office: Office) -> Counted:
    """Give somebody who is registered, and holds the certificate."""
    Engineer(office, FIRST, world.COMPANIES[0], 1).is_practising(ends_in=500)
    return comes(app, FIRST.subject)


def comes(app: Flask, who: str) -> Counted:
    hand = Counted(app)
    hand.comes_as(who)
    return hand.begins_at("/notices")


def finds(officer: Counted) -> Counted:
    """Come from the menu to the page of the person."""
    officer.follows("人员查询").types("q", FIRST.name).presses("查询")
    return officer.follows(FIRST.name)


def evidence() -> tuple[io.BytesIO, str]:
    return io.BytesIO(pdf()), "证据.pdf"


def test_an_act_of_the_authority(app: Flask, office: Office, holder: Counted) -> None:
    """Proposed and checked by one, answered by the person, decided by another."""
    reviewer = finds(comes(app, "shencha")).follows("依职权处理")
    reviewer.ticks("act", "RESCIND").ticks("ground", "FRAUD")
    reviewer.types("facts", "提交的继续教育证明系伪造").types("evidence", evidence())
    reviewer.presses("下一步：核对").ticks("outcome", "submit").presses("确认")
    assert "正在告知当事人" in reviewer.text
    assert reviewer.effort == told("依职权处理，提出到告知")

    holder.begins_at("/notices").follows("我的申请").follows("陈述申辩")
    holder.types("statement", "证明由培训机构提供，本人不知情").presses("提交陈述、申辩")
    holder.presses("确认提交")
    assert "已提交" in holder.text
    assert holder.effort == told("陈述、申辩")

    approver = comes(app, "jueding").follows("待办事项").follows("办理下一件")
    approver.ticks("outcome", "act").types("reasons", "申辩没有证据支持，事实清楚")
    approver.presses("作出决定").presses("确认提交")
    assert "注册和证书已终止" in approver.text
    assert approver.effort == told("依职权处理，作出决定")


class Renamed:
    """The real-name system after the person's name was corrected there."""

    def check(self, id_type: IdType, id_no: str, name: str) -> Identity | None:
        """Know the new name alone."""
        if (id_no, name) != (FIRST.id_no, NEW_NAME):
            return None
        sex, birth = Sex(FIRST.sex), FIRST.birth
        return Identity(
            name=name, sex=sex, birth=birth, id_type=id_type, id_no=id_no, mobile=FIRST.mobile
        )


def test_a_correction_of_identity_that_a_holder_reported(
    app: Flask, office: Office, holder: Counted
) -> None:
    """From the report to the correction; the holder is answered by the decision."""
    holder.begins_at("/notices").follows("电子注册证书管理").follows("信息有误")
    holder.types("text", "姓名中有一字有误").presses("告知管理部门")
    office.realnames = Renamed()

    acceptor = comes(app, "shouli").follows("待办事项").follows("办理下一件")
    acceptor.follows("由此提出更正").types("name", NEW_NAME).types("id_no", FIRST.id_no)
    acceptor.types("evidence", evidence()).presses("下一步：核对")
    acceptor.ticks("outcome", "submit").presses("确认")
    assert acceptor.effort == told("由信息有误报告提出更正身份信息")

    approver = comes(app, "jueding").follows("待办事项").follows("办理下一件")
    approver.ticks("outcome", "confirm").presses("作出决定").presses("确认提交")
    assert "身份信息已更正" in approver.text
    assert approver.effort == told("确认更正身份信息")


def test_a_report_that_is_answered(app: Flask, holder: Counted) -> None:
    """What is no error of the register is explained."""
    holder.begins_at("/notices").follows("电子注册证书管理").follows("信息有误")
    holder.types("text", "聘用企业的名称已经变更").presses("告知管理部门")

    officer = comes(app, "shouli").follows("待办事项").follows("办理下一件")
    officer.ticks("outcome", "ANSWERED").types("reasons", "请由企业办理企业名称变更")
    officer.presses("答复持证人").presses("确认答复")

    assert "已答复" in officer.text
    assert officer.effort == told("答复信息有误报告")


def test_a_refusal_that_was_annulled(app: Flask, office: Office) -> None:
    """复议（诉讼）: proposed from the person's page, confirmed by another."""
    plays.rejected(Engineer(office, FIRST, world.COMPANIES[0], 1))
    reviewer = finds(comes(app, "shencha")).follows("复议（诉讼）后重新办理")
    reviewer.ticks("source", "RECONSIDERATION").ticks("ruling", "ANNULLED")
    reviewer.types("ruling_no", "沪府复字〔2026〕第11号").types("ruled_on", "2026-11-24")
    reviewer.types("evidence", evidence()).presses("下一步：核对")
    reviewer.ticks("outcome", "submit").presses("确认")
    assert reviewer.effort == told("撤销后重新办理，提出"), reviewer.text

    approver = comes(app, "jueding").follows("待办事项").follows("办理下一件")
    approver.ticks("outcome", "reopen").presses("作出决定").presses("确认提交")
    assert approver.effort == told("撤销后重新办理，确认"), approver.text


def test_an_enterprise_asks_for_a_cancellation(app: Flask, holder: Counted) -> None:
    """Of a person who left and cannot be reached: one form, one file, one PIN."""
    clerk = comes(app, "enterprise").follows("本企业注册人员").follows("申请注销")
    clerk.presses("填写申请").ticks("cancel_reason", "UNREACHABLE")
    clerk.types("explanation", "本人三月离职，多次联系未果").types("cancel_proof", evidence())
    clerk.ticks("applicant_opinion").presses("保存").types("pin", COMPANY.pin)
    clerk.presses("验证")

    assert clerk.effort == told("注销注册（企业提出）"), clerk.text


def test_a_list_of_what_to_correct(app: Flask, office: Office) -> None:
    """A mark at the field is what the officer types; the applicant answers it with a file."""
    engineer = Engineer(office, FIRST, world.COMPANIES[0], 1)
    case = engineer.starts("INITIAL")
    engineer.fills_from_elsewhere(case)
    engineer.signs(case)
    engineer.seals(case)
    officer = comes(app, "shouli").follows("待办事项").follows("办理下一件")
    officer.ticks("outcome", "correct").types("mark:qualification_scans", "缺少盖章页")
    officer.presses("提交受理意见").presses("确认提交")
    assert officer.effort == told("一次性告知补正一处"), officer.text

    me = comes(app, FIRST.subject).follows("我的申请").follows("补正申请表")
    me.types("answer-0", "盖章页在第二页").presses("保存")
    assert me.effort == told("补正一处，再签名前"), me.text


def test_a_ban(app: Flask, holder: Counted) -> None:
    """Imposed on the page of the person."""
    approver = finds(comes(app, "jueding"))
    approver.ticks("basis", "FALSE_MATERIAL").types("reason", "申请时提供虚假材料")
    approver.presses("记录禁止申请")
    assert "已记录" in approver.text
    assert approver.effort == told("记录禁止申请")


def test_a_change_of_the_enterprises_name(app: Flask, office: Office, holder: Counted) -> None:
    """However many people it employs: one list, one PIN."""
    twin = cast("EnterpriseQualificationsTwin", office.enterprise_qualifications)
    twin.rename(COMPANY.uscc, COMPANY.name.replace("有限公司", "集团有限公司"))
    clerk = comes(app, "enterprise").follows("企业名称变更")

    clerk.presses("注册企业名称批量变更")
    clerk.types("pin", str(COMPANY.pin)).presses("确认更名")

    assert re.search("已处理|更名完成", clerk.text), clerk.text
    assert clerk.effort == told("企业名称变更")


def test_an_operator_is_appointed_and_withdrawn(app: Flask) -> None:
    """Two names, a role, one look."""
    admin = comes(app, "enterprise").follows("经办人")
    admin.types("name", SECOND.name).types("id_no", SECOND.id_no).ticks("role", "VIEWER")
    admin.presses("下一步：核对").presses("确认任命")
    assert "已任命" in admin.text
    assert admin.effort == told("任命经办人")

    admin.begins_at("/notices").follows("经办人")
    address = next(
        str(link["href"])
        for link in admin.soup().select('a[href^="/enterprise/operators/"]')
        if SECOND.name in link.find_parent("tr").get_text()
    )
    admin.clicks += 1
    admin.open(address)
    admin.follows("撤销经办权限").presses("确认撤销")
    assert "已撤销" in admin.text
    assert admin.effort == told("撤销经办人")


def test_a_list_of_certificates_is_verified(app: Flask, holder: Counted) -> None:
    """One file; as many lines as there are."""
    clerk = comes(app, "enterprise").follows("证书查验")
    clerk.follows("批量查验").types("list", (io.BytesIO("123,陶示例".encode()), "名单.csv"))
    clerk.presses("查验并下载结果")
    assert clerk.page.mimetype == "text/csv"
    assert clerk.effort == told("批量查验证书")
