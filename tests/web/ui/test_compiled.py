"""Templates are compiled once a machine; what cannot be kept or trusted is compiled again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, Environment
from markupsafe import Markup

from web import cached
from web.ui import compiled

TEXTS = {"a.html": "{{ 1 + 1 }}", "b.html": "{% include 'a.html' %}!"}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder for what may be lost; the short cut of the suite is not taken."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def environment(texts: dict[str, str] = TEXTS) -> Environment:
    env = Environment(loader=DictLoader(texts), autoescape=True)
    install(env)
    return env


def page(texts: dict[str, str] = TEXTS) -> tuple[str, int]:
    """Render a page in an environment of its own; say how many templates it compiled."""
    count = 0

    class Counting(Environment):
        def compile(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]
            nonlocal count
            count += 1
            return super().compile(*args, **kwargs)  # type: ignore[call-overload]

    env = Counting(loader=DictLoader(texts), autoescape=True)
    install(env)
    return env.get_template("b.html").render(), count


#: The suite shares compiled templates in memory (`tests.shortcuts`); this is the product's way.
install = compiled.install


def test_a_second_process_compiles_nothing(kept: Path) -> None:
    assert page() == ("2!", 2)
    assert page() == ("2!", 0)


def test_the_first_page_is_opened_where_nothing_is_kept(kept: Path) -> None:
    assert compiled.is_empty(environment())
    page()
    assert not compiled.is_empty(environment())
    assert not compiled.is_empty(Environment())  # nothing can be kept: opening it would not help


def test_a_changed_template_is_compiled_again(kept: Path) -> None:
    page()
    assert page(TEXTS | {"a.html": "{{ 1 + 2 }}"}) == ("3!", 1)


def test_a_damaged_file_is_compiled_again(kept: Path) -> None:
    page()
    for file in kept.rglob("*.cache"):
        file.write_bytes(file.read_bytes()[:-9])
    assert page() == ("2!", 2)


def test_another_build_has_another_folder(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page()
    monkeypatch.setattr("jinja2.__version__", "0.0")
    assert page() == ("2!", 2)


def test_code_in_a_folder_that_others_may_write_is_not_run(kept: Path) -> None:
    page()
    (folder,) = (kept / "zhuce").iterdir()
    folder.chmod(0o777)
    assert cached.own_folder(folder.name) is None
    assert page() == ("2!", 2)


def test_pages_come_where_nothing_can_be_kept(kept: Path) -> None:
    (kept / "zhuce").write_text("a file where the folder should be")
    assert page() == ("2!", 2)


def test_pages_come_where_a_disk_is_full(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)
    assert page() == ("2!", 2)


class _Button:
    """A macro that counts how often it writes."""

    name = "button"

    def __init__(self) -> None:
        self.written: list[str] = []

    def __call__(self, params: Mapping[str, Any]) -> Markup:
        self.written.append(params["text"])
        return Markup("<b>{}</b>").format(params["text"])


def test_the_same_words_are_written_once() -> None:
    """Markup and text that read alike stay two: one of them is escaped."""
    button, page = _Button(), compiled.Parts()

    first = page.kept(button, {"text": "保存"})

    assert page.kept(button, {"text": "保存"}) is first
    assert page.kept(button, {"text": "<i>"}) == "<b>&lt;i&gt;</b>"
    assert page.kept(button, {"text": Markup("<i>")}) == "<b><i></b>"
    assert button.written == ["保存", "<i>", "<i>"]


def test_what_was_typed_is_written_each_time() -> None:
    """Nobody's words stay in the process, however often a page comes back with them."""
    button, page = _Button(), compiled.Parts()

    for _ in range(2):
        page.kept(button, {"text": "张三"}, typed="张三")

    assert button.written == ["张三", "张三"]
    assert page.kept(button, {"text": "张三"}) == "<b>张三</b>"
    assert len(button.written) == 3


def test_a_process_keeps_no_more_than_it_should() -> None:
    """Links with ids would fill it otherwise."""
    button, page = _Button(), compiled.Parts()

    for number in range(compiled.MOST + 1):
        page.kept(button, {"text": str(number)})
    page.kept(button, {"text": str(compiled.MOST)})
    page.kept(button, {"text": "0"})

    assert len(button.written) == compiled.MOST + 2
