"""The catalogues: whole for what is covered, fitting, and nothing in them that nobody says."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from refusals.refusal import Refusal, text_of
from tests.web.english import sources
from web.english import catalogue, pages
from web.english.catalogue import HAN, Catalogue, Message, Part
from web.english.language import OWN

ROOT = Path(__file__).parents[3]
FILES = (OWN, *sorted((ROOT / "bpmn").glob("*/english/*.po")))
#: Folders of templates whose every text is in English.
COVERED = (
    *("home", "sign_in", "applicant", "application_form", "signing", "portal", "verification"),
    *("notices", "hearings", "certificates", "digital_certificate", "change", "ui", "errors"),
    *("guide", "phone", "sessions", "files", "privacy", "own_data"),
    *("enterprise", "roster", "second_factor", "programs", "api"),
)
#: Templates of those folders that only officers are shown.
OFFICERS = ("ui/charts.html", "ui/blocks.html")
#: Where the refusals stand that applicants, enterprises, programs and who has a second factor meet.
MET = (
    *("adapters.webhook_sender", "casework.application", "casework.case", "casework.certificate"),
    *("casework.decision.automatic_checks", "casework.decision.lawfulness"),
    *("casework.decision.officer_tasks", "casework.tasks.officer_results"),
    *("casework.keys.holders", "casework.notice", "casework.privacy", "casework.programs"),
    *("casework.registration", "casework.rename", "casework.retention_table"),
    *("casework.second_factors.enrolment", "casework.second_factors.proofs"),
    *("casework.signature", "casework.terms", "pdfgen.errors", "professions.manifests"),
    *("registry.clients", "registry.errors", "web.applicant", "web.enterprise", "web.errors"),
    *("web.api", "web.lists", "web.programs", "web.public", "web.sign_in", "web.visitors"),
)
#: Of those, what only officers and who runs the service are told.
UNMET = (
    *("AskerGone", "FontsMissing", "IdentityTaken", "NobodyOfThatName", "NumberTaken"),
    *("ParameterInvalid", "RenderedBeforeFork", "TemplateFault"),
    *("TemplateUnknown", "ValueMissing"),
)
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


def test_every_refusal_that_its_reader_meets_is_in_english() -> None:
    """A new text of a refusal, or of whose turn it is, needs its English as pages do."""
    known = Catalogue(messages())
    told = [
        (refusal.__name__, text_of(refusal))
        for refusal in _refusals()
        if refusal.__module__.startswith(MET) and refusal.__name__ not in UNMET
    ]
    told += [("turns", text) for text in sources.of_code(ROOT / "web/ui/turns.py")]

    missing = [
        (name, text)
        for name, text in told
        if HAN.search(text)
        and any(
            part.is_chinese and HAN.search(part.text)
            for part in known.turned(_with_figures(text)) or [Part(text, is_chinese=True)]
        )
    ]

    assert len(told) > 100
    assert missing == []


def _refusals(base: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for refusal in base.__subclasses__():
        yield refusal
        yield from _refusals(refusal)


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


_ENDS = "您的二级注册结构工程师注册（31S2C0001）有效期至2026年12月24日，"
_ENDS_SOON = (
    "Your registration as Class 2 registered structural engineer (31S2C0001) ends on "
    "24 December 2026, in 12 days."
)
_LATE = "已不足法定的30日，可能来不及在到期前作出决定；需要继续执业的，请立即申请延续注册。"
_LATER = (
    "That is less than the 30 days that the law asks for; a decision may come too late. "
    "To go on practising, apply for renewal at once."
)


@pytest.mark.parametrize(
    ("said", "english"),
    [
        (f"{_ENDS}还有12日。{_LATE}", f"{_ENDS_SOON} {_LATER}"),
        (
            f"聘用企业甲提醒您办理延续注册。{_ENDS}还有12日。{_LATE}",
            f"Your employer 甲 reminds you to renew your registration. {_ENDS_SOON} {_LATER}",
        ),
        (
            "企业退回，原因：材料不齐。请补充。",
            "Returned by the enterprise, reason: 材料不齐。请补充.",
        ),
    ],
)
def test_a_message_of_several_sentences_is_turned_one_by_one(said: str, english: str) -> None:
    """No name takes a whole sentence along; what somebody typed stays as it is."""
    parts = Catalogue(messages()).turned(said) or ()

    assert "".join(part.text for part in parts) == english


def _templates() -> Iterator[Path]:
    folder = ROOT / "web" / "templates"
    yield folder / "base.html"
    for name in COVERED:
        for template in sorted((folder / name).glob("*.html")):
            if template.relative_to(folder).as_posix() not in OFFICERS:
                yield template


def _with_figures(text: str) -> str:
    return catalogue.PLACEHOLDER.sub("7", text.replace("{title}", "姓名"))


def _han_only(text: str) -> str:
    return "".join(_HAN.findall(text))


def _is_said(piece: str, said: str, parts: int = 3) -> bool:
    """Tell whether a text is said somewhere, or put together from as many parts that are."""
    if piece in said:
        return True
    longest = bisect_left(range(1, len(piece)), 1, key=lambda end: piece[:end] not in said)
    return longest > 0 and parts > 1 and _is_said(piece[longest:], said, parts - 1)


@cache
def _said() -> str:
    """Give all that templates, modules and types say, without blanks."""
    files = [file for pattern in _SAID_IN for file in ROOT.glob(pattern)]
    files = [file for file in files if file.is_file() and file.suffix != ".po"]
    for folder in _CODE.split():
        modules = (ROOT / folder).rglob("*.py")
        files += [file for file in modules if "node_modules" not in file.parts]
    texts = (file.read_text("utf-8", errors="ignore") for file in sorted(files))
    lines = (line for text in texts for line in text.splitlines() if catalogue.HAN.search(line))
    return re.sub(r"\s+", "", "\n".join(lines)).replace('""', "")
