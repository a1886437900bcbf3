"""第二重验证 on screen: an authenticator, a passkey of the machine, codes for paper."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from tests.browser.hands import Hand

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def host() -> str:
    return "localhost"


def test_an_analyst_comes_in_with_a_passkey(somebody: Callable[..., Hand]) -> None:
    """Enrolled from 我的登录; at the next sign-in the passkey signs, and nothing is typed."""
    hand = somebody(width=360, also=1280)
    credentials = hand.owns_a_passkey()
    hand.signs_in("officer", "fenxi").goes("/sessions")
    hand.page.get_by_role("link", name="第二重验证").click()
    hand.sees("登记身份验证器").picture("second-factor-empty").looks()

    hand.page.get_by_role("button", name="登记身份验证器").click()
    hand.sees("扫描下图").picture("second-factor-authenticator").looks()
    secret = hand.page.locator(".factor-secret").inner_text().replace(" ", "")
    totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30)
    hand.types(code="123").presses("登记").sees("E_SECOND_FACTOR")
    hand.types(code=totp.generate(time.time()).decode()).presses("登记")
    hand.sees("恢复码只显示这一次").picture("second-factor-codes").looks()

    hand.page.get_by_role("button", name="已保存，继续").click()
    hand.page.get_by_role("button", name="登记通行密钥").click()
    hand.sees("只保存公钥").picture("second-factor-passkey").looks()
    hand.types(label="办公室电脑")
    hand.page.get_by_role("button", name="登记", exact=True).click()  # the browser asks first
    hand.page.wait_for_url("**/second-factor")
    hand.sees("办公室电脑")
    hand.picture("second-factor-held").looks()
    assert credentials() == 1

    hand.presses("退出")
    hand.signs_in("officer", "fenxi").sees("请再用本人登记的方式验证一次")
    hand.picture("second-factor-proof").looks()
    hand.page.get_by_role("button", name="使用通行密钥").click()
    hand.page.wait_for_url("**/studio")
    hand.sees("注册类型")
