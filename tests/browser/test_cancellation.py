"""Cancellation on screen: the manual's way, and the ways when one side does not take part."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from casework.office import Office
from tests.browser import tales
from tests.browser.hands import Hand, pdf
from tests.browser.tales import COMPANY, Tale

pytestmark = pytest.mark.browser

OPINION = ("注销意见", "我单位同意注销该人员的注册，确认已与其解除聘用关系。")
REVIEW = ("shencha", "建议准予注销", "提交审查意见")
DECIDE = ("jueding", "准予注销", "作出决定")


def test_cancellation_from_the_form_to_its_certificate(
    somebody: Callable[..., Hand], office: Office
) -> None:
    """R88–R108, I15: complete at the seal; the certificate waits for no claim."""
    tale = Tale("person-06", width=1280, script=True, number=6, letter="Z", opinion=OPINION)
    tales.holds(office, tale.person, days=400)
    me = tale.enters(tale.sits(somebody), "person", tale.person)

    _fill(me, tale)
    number = tales.sign(me, tale)
    tales.seal(tale.sits(somebody), tale, number)

    me.goes("/applications").sees("办结")
    me.goes("/certificates").sees("注销注册证书").picture(f"certificates-{tale.name}")
    with me.page.expect_download() as held:
        me.page.get_by_role("button", name="下载", exact=True).first.click()
    assert held.value.path().read_bytes().startswith(b"%PDF-")
    me.goes("/applications/new")
    assert me.page.get_by_role("button", name="初始注册", exact=True).first.is_enabled()


def test_its_form_without_a_script(somebody: Callable[..., Hand], office: Office) -> None:
    """R89–R96: what follows is signed and sealed on the pages that `test_story` walks."""
    tale = Tale("person-04", width=360, script=False, number=8, letter="Z", opinion=OPINION)
    tales.holds(office, tale.person, days=400)

    _fill(tale.enters(tale.sits(somebody), "person", tale.person), tale)


def _fill(me: Hand, tale: Tale) -> None:
    me.goes("/applications").presses("新增注册申请").presses("注销注册")
    me.sees("拟注销的注册").presses("保存").sees("请勾选“申请意见”后再保存")
    me.chooses("其他")
    if not tale.script:
        me.presses("更新需要填写的内容")
    me.types(cancel_reason_text="转行不再从事设计").chooses("本人已阅读并确认以上意见")
    me.picture(f"form-{tale.name}")
    me.presses("保存").sees("核对填报信息").picture(f"check-{tale.name}")


def test_a_person_asks(somebody: Callable[..., Hand], office: Office) -> None:
    """I10: a refused person asks with proof; the enterprise objects; two officers decide."""
    tale = Tale("person-09", width=360, script=True, number=9, letter="Z")
    tales.holds(office, tale.person, days=400)
    me = somebody(width=tale.width).comes_as("person", tale.person)
    me.goes("/applications/new").presses("注销注册")
    me.chooses("本人申请注销注册").chooses("本人已阅读并确认以上意见").presses("保存")
    case = tales.sign(me, tale)
    clerk = somebody(width=tale.width)
    clerk.comes_as("enterprise", COMPANY.uscc)
    clerk.goes("/enterprise/inbox").presses(case, exact=False)
    clerk.types(reason="工程尚未交接完毕").presses("退回申请人").sees("已退回申请人")

    me.page.reload()
    me.presses("提请市住建委处理").sees("企业没有确认的原因").presses("提请处理")
    me.sees("请选择企业没有确认的原因").chooses("企业拒绝确认")
    me.types(text="已解除劳动合同，企业拒绝办理")
    me.uploads(proofs=("解除证明.pdf", "application/pdf", pdf()))
    me.picture(f"alone-{tale.name}").presses("提请处理").sees("已提请市住建委处理")
    tales.decide(somebody, tale, case, [tales.ACCEPT])
    clerk.goes("/enterprise/inbox").presses(case, exact=False).sees("提出意见")
    clerk.presses("提出异议").sees("至少5个字").picture(f"answer-{tale.name}")
    clerk.types(text="双方合同尚未解除").presses("提出异议").presses("确认提出").sees("异议已提交")
    tales.decide(somebody, tale, case, [REVIEW, DECIDE])
    me.goes("/applications").sees("办结")
    clerk.goes("/enterprise/people").picture(f"people-{tale.name}")


def test_an_enterprise_asks(somebody: Callable[..., Hand], office: Office) -> None:
    """I10: from the roster over form and seal to the person's answer."""
    tale = Tale("person-06", width=1280, script=True, number=16, letter="Q")
    tales.holds(office, tale.person, days=300)
    clerk = somebody(width=tale.width).comes_as("enterprise", COMPANY.uscc)
    clerk.goes("/enterprise/people").picture(f"people-{tale.name}")
    clerk.presses("申请注销", exact=False).picture(f"ask-{tale.name}")
    clerk.presses("填写申请").presses("保存").sees("请选择注销原因").picture(f"form-{tale.name}")
    clerk.chooses("本人离职后无法联系，未办理注销").types(explanation="三月离职，多次联系未果")
    clerk.uploads(cancel_proof=("通知.pdf", "application/pdf", pdf()))
    clerk.chooses("本人已阅读并确认以上意见").presses("保存").sees("盖章提交")
    clerk.types(pin="0").presses("验证").sees("密码不正确").picture(f"seal-{tale.name}")
    clerk.types(pin=str(COMPANY.pin)).presses("验证").sees("已盖章提交")
    clerk.picture(f"status-{tale.name}")
    officer = somebody(width=tale.width).comes_as("officer", "shouli")
    officer.goes("/agency/inbox").presses("31S2Q", exact=False)
    officer.chooses("予以受理").presses("提交受理意见").presses("确认提交").sees("办理成功")
    me = somebody(width=tale.width).comes_as("person", tale.person)
    me.goes("/applications").presses("查看进度", exact=False).sees("提出意见")
    me.picture(f"answer-{tale.name}").presses("同意注销").sees("只能提交一次")
    me.presses("确认同意").sees("已提交同意注销的意见")
