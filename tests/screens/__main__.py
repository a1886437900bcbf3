"""Walk every page that each kind of visitor can reach, and leave sheets in docs/screens.

A page is reached by links from the menu; of pages of one kind the first is taken. Each is taken at
1280 pixels in light, dark and 大字版, and at 360 pixels in light.
"""

from __future__ import annotations

import argparse
import base64
import io
import logging
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask import Flask
from PIL import Image
from playwright.sync_api import Error, Page, Response, sync_playwright
from werkzeug.serving import make_server

from tests.browser.hands import Hand
from tests.screens.visitors import PARTS, TWICE, VISITORS, Walk, kind_of, peopled
from tests.web.browser import Tab
from tests.web.conftest import Clock
from tests.web.sign_in.test_second_factor import enrol
from web import create_app
from web.process import wiring

ROOT = Path(__file__).parents[2]
SHEETS = ROOT / "docs" / "screens"
#: Mode → width of the window, colours, whether letters are large, size of its picture.
MODES = {
    "light": (1280, "light", False, (300, 330)),
    "dark": (1280, "dark", False, (300, 330)),
    "large": (1280, "light", True, (300, 330)),
    "phone": (360, "light", False, (150, 375)),
}


class Now(Clock):
    """The clock of the machine, which nobody turns."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


@contextmanager
def service(folder: Path, fonts: Path) -> Iterator[str]:
    """Serve the demonstration with all its people; give its address."""
    server = make_server("127.0.0.1", 0, Flask("not yet"), threaded=True)
    base = f"http://localhost:{server.server_port}"  # a passkey belongs to a name
    settings, office = peopled(folder, fonts, base)
    server.app = create_app(settings, office)
    tab = Tab(server.app)
    tab.sign_in("officer", TWICE)
    enrol(tab, Now())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield base
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        wiring.close(office)


def reached(page: Page, name: str) -> list[str]:
    """Give the pages that links lead to from here."""
    walk = Walk(*PARTS.get(name, (urlsplit(page.url).path,)))
    while (address := walk.next()) is not None:
        try:
            answer = page.goto(address)
        except Error:  # a file that is downloaded, not shown
            continue
        if answer is None or answer.status != 200 or not is_page(answer):
            continue
        walk.take(
            address,
            page.eval_on_selector_all(
                "a[href]", "links => links.map(link => link.getAttribute('href'))"
            ),
        )
    return walk.taken


def is_page(answer: Response) -> bool:
    """Tell whether HTML came."""
    return "html" in (answer.header_value("content-type") or "")


def picture(page: Page, address: str, mode: str) -> Image.Image:
    """Give the whole picture of a page."""
    page.goto(address)
    return as_it_stands(page, mode)


def as_it_stands(page: Page, mode: str) -> Image.Image:
    """Give the whole picture of the page that is shown, which may not come a second time."""
    width, scheme, is_large, _ = MODES[mode]
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # light or dark
    page.evaluate(
        "large => document.documentElement.classList.toggle('large-text', large)", is_large
    )
    shot = page.screenshot(full_page=True, type="jpeg", quality=80)
    return Image.open(io.BytesIO(shot)).convert("RGB")


def proves_twice(hand: Hand) -> Iterator[str]:
    """Enrol an authenticator and a passkey, and come back with it; name each page that comes."""
    hand.page.goto("/second-factor/authenticator")
    secret = hand.page.locator(".factor-secret").inner_text().replace(" ", "")
    code = TOTP(base64.b32decode(secret), 6, SHA1(), 30).generate(time.time()).decode()
    hand.types(code="12").presses("登记")
    yield "/second-factor/authenticator 验证码不正确"
    hand.types(code=code).presses("登记")
    yield "/second-factor/authenticator 恢复码"
    hand.presses("已保存，继续")
    hand.owns_a_passkey()
    hand.page.get_by_role("link", name="登记通行密钥").or_(
        hand.page.get_by_role("button", name="登记通行密钥")
    ).click()
    hand.types(label="办公室电脑")
    hand.page.get_by_role("button", name="登记", exact=True).click()
    hand.page.wait_for_url("**/second-factor")
    yield "/second-factor 已登记"
    hand.page.locator("form", has_text="恢复码").get_by_role("button").click()
    yield "/second-factor/codes 重新生成"
    hand.presses("退出")
    hand.signs_in("officer", "yunwei")
    yield "/second-factor/proof 通行密钥"


#: What a visitor does after all pages were taken, since its pages come once: they are named.
DEEDS = {"factors": proves_twice}


def small(full: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Give the upper part of a picture, small."""
    height = min(full.height, round(full.width * size[1] / size[0]))
    upper = full.crop((0, 0, full.width, height))
    return upper.resize((size[0], round(size[0] * height / full.width)), Image.Resampling.LANCZOS)


def sheet(pictures: list[Image.Image], size: tuple[int, int]) -> Image.Image:
    """Put pictures side by side, six in a row or twelve on a phone."""
    columns = 1800 // size[0]
    lines = -(-len(pictures) // columns)
    whole = Image.new("RGB", (columns * (size[0] + 10), lines * (size[1] + 10)), "#808080")
    for place, taken in enumerate(pictures):
        across, down = place % columns, place // columns
        whole.paste(taken, (across * (size[0] + 10) + 5, down * (size[1] + 10) + 5))
    return whole


def main() -> int:
    """Take all pictures, or those of some visitors; write the list of pages beside them."""
    parser = argparse.ArgumentParser(prog="python -m tests.screens")
    parser.add_argument("visitors", nargs="*", choices=[*VISITORS, []])
    parser.add_argument("--large-to", type=Path, help="keep whole pictures there too")
    asked = parser.parse_args()
    SHEETS.mkdir(parents=True, exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    fonts = Path(os.environ.get("ZHUCE_FONTS", "var/fonts"))
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with (
        tempfile.TemporaryDirectory() as folder,
        service(Path(folder), fonts) as base,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for name in asked.visitors or VISITORS:
            taken: dict[str, list[Image.Image]] = {mode: [] for mode in MODES}
            pages: list[str] = []
            for mode, (width, scheme, _, _) in MODES.items():
                context = chromium.new_context(
                    base_url=base,
                    locale="zh-CN",
                    timezone_id="Asia/Shanghai",
                    viewport={"width": width, "height": 900},
                    color_scheme=scheme,  # type: ignore[arg-type]  # light or dark
                    reduced_motion="reduce",
                )
                hand = Hand(context.new_page(), script=True)
                if (visitor := VISITORS[name]) is not None:
                    hand.signs_in(visitor[0], visitor[1], pin=visitor[2])
                else:
                    hand.page.goto("/")
                pages = pages or reached(hand.page, name)
                taken[mode] += [picture(hand.page, address, mode) for address in pages]
                sys.stdout.write(f"{name} {mode} {len(pages)}\n")
                if name in DEEDS and mode == list(MODES)[-1]:
                    for came in DEEDS[name](hand):
                        pages.append(came)
                        for other in MODES:
                            taken[other].append(as_it_stands(hand.page, other))
                context.close()
            for mode, (*_, size) in MODES.items():
                small_ones = [small(full, size) for full in taken[mode]]
                sheet(small_ones, size).save(SHEETS / f"{name}-{mode}.webp", quality=40, method=6)
                if asked.large_to is not None:
                    asked.large_to.mkdir(parents=True, exist_ok=True)
                    for address, full in zip(pages, taken[mode], strict=True):
                        file = f"{name}-{mode}{kind_of(address).replace('/', '_')}.jpg"
                        full.save(asked.large_to / file, quality=60)
            listed = "\n".join(kind_of(address) for address in pages)
            (SHEETS / f"{name}.txt").write_text(f"{listed}\n", "utf-8")
        chromium.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
