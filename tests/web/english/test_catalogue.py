"""The catalogues: whole for what is covered, fitting, and nothing in them that nobody says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.web.english import sources
from web.english import catalogue, pages
from web.english.catalogue import HAN, Catalogue, Message
from web.visitors.language import OWN

ROOT = Path(__file__).parents[3]
FILES = (OWN, *sorted((ROOT / "bpmn").glob("*/english/*.po")))
#: Folders of templates whose every text is in English.
COVERED = (
    *("home", "sign_in", "applicant", "application_form", "signing", "portal", "verification"),
    *("notices", "hearings", "certificates", "digital_certificate", "change", "ui", "errors"),
    *("guide", "phone", "sessions", "files", "privacy", "own_data"),
    *("enterprise", "roster", "second_factor", "programs"),
)
#: Templates of those folders that only officers are shown.
OFFICERS = ("ui/charts.html", "ui/blocks.html")
OWN_NAME = "中文"  #: of the language itself
_TAG = re.compile(r"</?\d+/?>")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_SAID_IN = (
    "web/templates/**/*.html",
    "web/templates/**/*.js",
    "bpmn/**/*.*",
    "refusals/*.toml",
    "casework/**/*.toml",
)
_CODE = "adapters casework engine ofd pdfgen professions refusals registry signing storage web"


@cache
def messages() -> list[Message]:
    return [message for file in FILES for message in catalogue.read(file.read_bytes())]


def test_every_text_of_covered_templates_is_in_english() -> None:
    """A new text of a page that foreigners see needs its English in `web/locale`."""
    known = Catalogue(messages())
    said = {OWN_NAME, *(_han_only(message.chinese) for message in messages())}
    missing = [
        (str(template.relative_to(ROOT)), part)
        for template in _templates()
        for text in sources.of_template(template.read_text("utf-8"))
        for part in _TAG.split(text)
        if known.turned(_with_figures(part)) is None
        and known.whole(text) is None
        and not any(_han_only(part) in whole for whole in said)
    ]

    assert missing == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_catalogue_has_the_placeholders_and_tags_of_the_chinese(file: Path) -> None:
    """What is filled in is filled in in both languages; tags open and close."""
    odd = [
        message.chinese
        for message in catalogue.read(file.read_bytes())
        for english in message.english
        if not set(catalogue.PLACEHOLDER.findall(english))
        <= set(catalogue.PLACEHOLDER.findall(message.chinese))
        or sorted(_TAG.findall(english)) != sorted(_TAG.findall(message.chinese))
        or HAN.search(english)
    ]

    assert odd == []


def test_no_two_placeholders_touch() -> None:
    """Nothing would say where one ends."""
    assert [m.chinese for m in messages() if re.search(r"\}\{", m.chinese)] == []


def test_no_message_is_there_for_nothing() -> None:
    """What a catalogue says in Chinese stands in a template, a module or a folder of types."""
    said = _said()
    unused = [
        message.chinese
        for message in messages()
        for piece in _HAN.findall(catalogue.PLACEHOLDER.sub("|", _TAG.sub("|", message.chinese)))
        if not _is_said(piece, said)
    ]

    assert unused == []


def test_a_text_is_the_same_in_every_catalogue() -> None:
    """Pages and types may say the same thing; then it is the same in English."""
    said: dict[str, set[tuple[str, ...]]] = {}
    for message in messages():
        said.setdefault(message.chinese, set()).add(message.english)

    assert {chinese: english for chinese, english in said.items() if len(english) > 1} == {}


@pytest.mark.parametrize(
    ("page", "english"),
    [
        ("<p>姓名</p>", "<p>Name</p>"),
        ("<p>姓名：陶示例</p>", '<p>Name: <span lang="zh-CN">陶示例</span></p>'),
        ("<title>陶示例</title>", "<title>陶示例</title>"),
        ('<p translate="no">姓名</p>', '<p translate="no">姓名</p>'),
        ('<input value="姓名" title="姓名">', '<input value="姓名" title="Name">'),
        ("<textarea>姓名</textarea>", "<textarea>姓名</textarea>"),
        ("<script>'姓名'</script>", "<script>'姓名'</script>"),
        ("<svg><text>陶</text></svg>", '<svg><text><tspan lang="zh-CN">陶</tspan></text></svg>'),
        ("<p>姓名：<b>7</b></p>", "<p>Name: <b>7</b></p>"),
        ("<p>7<b>件</b></p>", "<p>7 <b>records</b></p>"),
        ("<p>&lt;姓名&gt;</p>", '<p><span lang="zh-CN">&lt;姓名&gt;</span></p>'),
        ("<p>剩余 1 天</p><p>剩余 2 天</p>", "<p>1 day left</p><p>2 days left</p>"),
        ("<p>2026年11月4日 09:05</p>", "<p>4 November 2026, 09:05</p>"),
        (
            '<p>验证码已发送至 <b class="x">199****0001</b>。</p>',
            '<p>A code has been sent to <b class="x">199****0001</b>.</p>',
        ),
        ("<p>姓名<b>陶</p>", '<p>Name <b><span lang="zh-CN">陶</span></p>'),
    ],
)
def test_a_page_is_turned(page: str, english: str) -> None:
    """Texts are turned; what is typed, sent or run is not."""
    assert pages.turned(page, Catalogue(messages())) == english


def _templates() -> Iterator[Path]:
    folder = ROOT / "web" / "templates"
    yield folder / "base.html"
    for name in COVERED:
        for template in sorted((folder / name).glob("*.html")):
            if template.relative_to(folder).as_posix() not in OFFICERS:
                yield template


def _with_figures(text: str) -> str:
    return catalogue.PLACEHOLDER.sub("7", text)


def _han_only(text: str) -> str:
    return "".join(_HAN.findall(text))


def _is_said(piece: str, said: str, parts: int = 3) -> bool:
    """Tell whether a text is said somewhere, or put together from as many parts that are."""
    ends = [end for end in range(1, len(piece) + 1) if piece[:end] in said]
    if not ends or parts == 0:
        return False
    longest = max(ends)
    return longest == len(piece) or _is_said(piece[longest:], said, parts - 1)


@cache
def _said() -> str:
    """Give all that templates, modules and types say, without blanks."""
    files = [file for pattern in _SAID_IN for file in ROOT.glob(pattern)]
    files = [file for file in files if file.is_file() and file.suffix != ".po"]
    for folder in _CODE.split():
        modules = (ROOT / folder).rglob("*.py")
        files += [file for file in modules if "node_modules" not in file.parts]
    texts = (file.read_text("utf-8", errors="ignore") for file in sorted(files))
    return re.sub(r"\s+", "", "\n".join(texts)).replace('""', "")
