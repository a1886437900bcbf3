"""Renewal on screen: applicant, enterprise and officers, with and without script."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from casework.office import Office
from tests.browser import tales
from tests.browser.hands import Hand
from tests.browser.tales import Tale

pytestmark = pytest.mark.browser


def test_renewal_from_the_window_to_the_new_certificate(
    somebody: Callable[..., Hand], office: Office
) -> None:
    """R64–R87: the whole matter works on screen."""
    tale = Tale("person-04", width=1280, script=True, number=4, letter="Y")
    tales.holds(office, tale.person, days=60)
    me = tale.enters(tale.sits(somebody), "person", tale.person)

    _fill(me, tale)
    number = tales.sign(me, tale)
    tales.seal(tale.sits(somebody), tale, number)
    tales.watched(me)
    tales.decide(somebody, tale, number, [tales.REVIEW, tales.DECIDE])
    me.goes("/certificates").sees("已更新").picture(f"certificates-{tale.name}")
    tales.claim(me, tale)


def test_its_form_late_and_without_a_script(somebody: Callable[..., Hand], office: Office) -> None:
    """R65–R73: what follows is signed, sealed and decided on the pages that `test_story` walks."""
    tale = Tale("person-05", width=360, script=False, number=5, letter="Y", late=True)
    tales.holds(office, tale.person, days=20)

    _fill(tale.enters(tale.sits(somebody), "person", tale.person), tale)


def _fill(me: Hand, tale: Tale) -> None:
    me.goes("/applications").presses("新增注册申请").picture(f"new-{tale.name}")
    me.presses("延续注册").sees("注册有效期止")
    if tale.late:
        me.sees("可能来不及在到期前作出决定")
    me.presses("保存").sees("请勾选“申请人员意见”")
    me.types(enterprise_phone="021-00000001")
    me.types(ce_compulsory_hours="60", ce_elective_hours="59").chooses("本人已阅读并确认以上意见")
    me.presses("保存").sees("选修学时不足：59/60").types(ce_elective_hours="60")
    me.picture(f"form-{tale.name}")
    me.presses("保存").sees("核对填报信息").picture(f"check-{tale.name}")
