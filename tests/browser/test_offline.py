"""A page saved from the site checks certificates from a folder: no network, nothing of ours."""

from __future__ import annotations

import json
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from casework.certificate import offline
from casework.office import Office
from tests.browser.conftest import now

DATA = {
    "certificate_no": "3126990000012",
    "registration_no": "S226990001",
    "person": {"name": "张𬭎喆"},
    "title": "二级注册结构工程师注册执业证书",
    "issued_on": "2026-11-29",
    "valid_to": "2099-11-28",
    "copy": None,
}
#: Every single bit of a message changed; gives how many were taken for signed
FLIPS = """
async ([data, step]) => {
  let taken = 0;
  for (let bit = 0; bit < 8 * data.length; bit += step) {
    const changed = Uint8Array.from(data);
    changed[bit >> 3] ^= 1 << (bit & 7);
    try { await offline.opened(changed); taken += 1; } catch { }
  }
  return taken;
}
"""


def code(office: Office, **other: object) -> str:
    """Give the text of a code."""
    return str(offline.code_of(office, {**DATA, **other}))


def a_list(office: Office, *, is_national: bool, **other: object) -> bytes:
    """Sign a list of ended certificates."""
    at, moment = now(), "%Y-%m-%dT%H:%M:%SZ"
    said = {
        "authority": "示例机关",
        "made": at.strftime(moment),
        "until": (at + timedelta(days=1)).strftime(moment),
        "ended": {},
    }
    payload = json.dumps({**said, **other}, ensure_ascii=False, separators=(",", ":")).encode()
    return office.signatures.sign_message(payload, is_national=is_national)


def asked(page: Page, text: str, *lists: bytes) -> str:
    """Type a code, choose lists, press the button; give what the page says."""
    files = [
        {"name": f"{number}.cose", "mimeType": "application/cose", "buffer": data}
        for number, data in enumerate(lists)
    ]
    page.get_by_label("核验码的文字").fill(text)
    page.get_by_label("已终止证书名单").set_input_files(files)  # type: ignore[arg-type]
    page.evaluate("document.getElementById('answer').replaceChildren()")
    page.get_by_role("button", name="核验").click()
    page.locator("#answer p").first.wait_for()
    return page.locator("#answer").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_a_saved_page_checks_without_a_network(
    width: int, service: str, office: Office, browser: Browser, tmp_path: Path
) -> None:
    """docs/verification.md, part five: what is good, ended, over, old, forged, and of strangers."""
    good, empty = code(office), a_list(office, is_national=False)
    national = a_list(office, is_national=True)
    number = DATA["certificate_no"]
    gone = {number: ["CANCELLED", "2026-11-29"]}
    saved = tmp_path / "page.html"
    with urllib.request.urlopen(f"{service}/pki/offline.html") as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
        saved.write_bytes(answer.read())
    context = browser.new_context(offline=True, viewport={"width": width, "height": 900})
    page = context.new_page()
    asks, errors = [], []
    page.on("request", lambda request: asks.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(saved.as_uri())

    assert "没有选择名单，不能判断" in asked(page, good)
    whole = asked(page, f"  {good}\n", empty, national)
    assert "不在已终止证书名单中" in whole
    for said in ("张𬭎喆", number, "2099年11月28日", "2026年11月29日"):
        assert str(said) in whole
    for is_national in (False, True):
        ended = a_list(office, is_national=is_national, ended=gone)
        assert "证书已终止：已注销（2026-11-29）" in asked(page, good, empty, ended)
    over = code(office, valid_to="2026-11-01")
    assert "证书的有效期已过" in asked(page, over, empty)
    copied = code(office, copy={"valid_from": "2026-01-01", "valid_to": "2026-02-01"})
    assert "不在副本的使用期内" in asked(page, copied, empty)
    late = a_list(office, is_national=False, until="2026-11-01T00:00:00Z")
    assert "名单已过期" in asked(page, good, late)
    early = a_list(
        office, is_national=True, made="2099-01-01T00:00:00Z", until="2099-01-02T00:00:00Z"
    )
    assert "晚于现在" in asked(page, good, early)
    assert "以ZC1:开头" in asked(page, "DZ31S22099000001")
    for bad in ("ZC1:", "ZC1:AB", "ZC1:::::::", good[:-1], good + "A", good.lower(), "ZC1:中文"):
        assert "证书由发证机关签发" not in asked(page, bad, empty), bad
    assert "不是已终止证书名单" in asked(page, good, a_list(office, is_national=False, ended="x"))
    assert "不是核验码或者名单" in asked(page, good, b"")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    if width == 1280:  # once is enough: every bit of the code and of a list, some of the SM2 list
        message = page.evaluate("text => Array.from(offline.fromBase45(text.slice(4)))", good)
        assert page.evaluate(FLIPS, [message, 1]) == 0
        assert page.evaluate(FLIPS, [list(empty), 1]) == 0
        assert page.evaluate(FLIPS, [list(national), 37]) == 0
        digest = page.evaluate("offline.hex(offline.sm3(Uint8Array.from([97, 98, 99])))")
        assert digest.startswith("66c7f0f462eeedd9d1f2d46bdc10e4e2")
    context.close()
    assert errors == []
    assert all(url.startswith("file:") for url in asks)
