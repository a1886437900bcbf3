"""Exchange of a paper certificate, copies and their verification on screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.hands import Hand
from web.demo.portrait import draw

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("person", "width", "script"), [("person-10", 360, True), ("person-11", 1280, False)]
)
def test_exchange_copy_and_verify(
    somebody: Callable[..., Hand], person: str, width: int, script: bool
) -> None:
    """R117–R122: check, photo, 【确定】, download; a copy is asked for and verified."""
    me = somebody(width=width, script=script).comes_as("person", person)
    name = f"{width}"
    me.goes("/certificates").sees("纸质证书，可换领").picture(f"paper-{name}")
    me.presses("纸质证书换领电子证书").sees("核对证书信息").picture(f"exchange-{name}")
    me.presses("确定").sees("请先上传照片").picture(f"exchange-fault-{name}")
    me.uploads(photo=("我.jpg", "image/jpeg", draw(1)))
    if script:
        me.sees("使用此照片").looks()
        me.page.get_by_role("button", name="使用此照片").click()
    me.presses("上传").sees("照片已上传").picture(f"exchange-photo-{name}")
    me.chooses("本人已核对证书信息，信息无误").presses("确定").sees("换领成功")
    me.sees("已换领电子证书").picture(f"exchanged-{name}")

    me.presses("加注使用", exact=False).sees("还没有加注副本")
    me.presses("制作加注副本").sees("请用2至50个字写明用途").picture(f"copy-fault-{name}")
    me.types(purpose="上海示例项目投标").presses("制作加注副本").sees("制作中")
    me.picture(f"copies-{name}")
    me.goes("/certificates").presses("信息有误", exact=False).sees("不同信息由谁更正")
    me.picture(f"report-{name}")
    public = me.goes("/certificates").page.locator("a[href^='/verify/']").first
    me.goes(str(public.get_attribute("href"))).sees("该证书有效")
