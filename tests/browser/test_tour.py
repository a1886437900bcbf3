"""The guided walk on the first page, followed to the letter by somebody who knows nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.hands import Hand

pytestmark = pytest.mark.browser

#: What a line of the guide may ask for, in the words of `web.tour`.
ACTION = re.compile(
    r"在“(?P<row>[^”]+)”一行按【办理】"
    r"|按【(?P<press>[^】]+)】"
    r"|在“(?P<into>[^”]+)”中填入“(?P<text>[^”]+)”"
    r"|在“(?P<code>[^”]+)”中填入演示手机收到的验证码"
    r"|在“(?P<file>[^”]+)”中选择(?P<which>示例照片|刚才下载的证书)"
    r"|(?:勾选|选择)“(?P<tick>[^”]+)”"
)


@dataclass
class Newcomer:
    """Somebody who does what the page says."""

    hand: Hand
    files: dict[str, bytes] = field(default_factory=dict)  #: by what the guide calls them
    phone: str = ""  #: where the guide says that the code arrives

    def current(self, walker: str | None = None) -> Locator:
        """Open the first page, or that of somebody, and find the step that is marked as next."""
        self.hand.goes(f"/?walker={walker}" if walker else "/")
        return self.hand.page.locator("[aria-current=step]")

    def takes_the_step(self, walker: str | None = None) -> str:
        """Do what the marked step says; give its name."""
        step = self.current(walker)
        title = step.locator("span").first.inner_text()
        lines = step.locator("li").all_inner_texts()
        self._looks_around(step)
        step.locator("a[role=button]").click()
        self.hand.page.wait_for_load_state("load")
        for line in lines:
            for action in ACTION.finditer(line):
                self._does(action)
        return title

    def _looks_around(self, step: Locator) -> None:
        """Fetch what the step offers beside its words: the sample photo, the telephone."""
        if (sample := step.get_by_role("link", name="下载示例照片")).count():
            with self.hand.page.expect_download() as held:
                sample.click()
            self.files["示例照片"] = held.value.path().read_bytes()
        if (phone := step.get_by_role("link", name="演示手机")).count():
            self.phone = str(phone.get_attribute("href"))

    def _does(self, action: re.Match[str]) -> None:
        page = self.hand.page
        if number := action["row"]:
            self.hand.presses(number, exact=False)
        elif name := action["press"]:
            if name == "下载":
                with page.expect_download() as held:
                    page.get_by_role("button", name=name, exact=True).first.click()
                self.files["刚才下载的证书"] = held.value.path().read_bytes()
            else:
                self.hand.presses(name)
        elif label := action["into"]:
            self._field(label).fill(action["text"])
        elif label := action["code"]:
            self._field(label).fill(self._reads_the_phone())
        elif label := action["file"]:
            self._chooses(label, action["which"])
        else:
            self.hand.chooses(action["tick"])

    def _field(self, label: str) -> Locator:
        fields = self.hand.page.get_by_label(label)
        return fields.and_(self.hand.page.locator("input:visible")).first

    def _reads_the_phone(self) -> str:
        screen = self.hand.page.context.new_page()
        screen.goto(self.phone)
        [code] = re.findall(r"验证码(\d{6})", screen.locator("main").inner_text())[:1]
        screen.close()
        return str(code)

    def _chooses(self, label: str, which: str) -> None:
        kind = "image/jpeg" if which == "示例照片" else "application/pdf"
        name = "示例照片.jpg" if which == "示例照片" else "证书.pdf"
        group = self.hand.page.locator(".govuk-form-group", has_text=label)
        group.locator("input[type=file]").first.set_input_files(
            {"name": name, "mimeType": kind, "buffer": self.files[which]}
        )


def test_a_newcomer_follows_the_guide_to_the_verified_certificate(
    somebody: Callable[..., Hand],
) -> None:
    """R8, J8: each step leads to the next by the words of the page alone; the last one verifies."""
    walker = "person-06"  # whom `?walker=` names; others are offered first
    newcomer = Newcomer(somebody(width=360, also=1280))
    newcomer.current(walker)
    newcomer.hand.picture("tour")

    done = [newcomer.takes_the_step(walker)]
    while len(done) < 7:
        done.append(newcomer.takes_the_step())

    newcomer.hand.sees("文件真实有效").picture("tour-end")
    assert [title[:2] for title in done] == [f"{number}." for number in range(1, 8)]
    expect(newcomer.current()).to_contain_text("查验证书")
