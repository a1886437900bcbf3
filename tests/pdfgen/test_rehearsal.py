"""Templates are tried before they are deployed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pdfgen import rehearsal
from pdfgen.rehearsal import Fault

HEAD = '#set document(title: "t", date: auto)\n#set text(font: "Gov Song", fallback: false)\n= t\n'
GOOD = "{% if x.y %}{{ x.z|day }}{% endif %}{% for one in items %}{{ one.name }}{% endfor %}"


def faults(fonts: Path, **sources: str) -> list[Fault]:
    """Check templates written in a test."""
    files = {f"documents/{name}.typ.j2": text.encode() for name, text in sources.items()}
    return rehearsal.check(files, fonts=fonts)


def test_the_shipped_templates_can_all_be_set(files: dict[str, bytes], fonts: Path) -> None:
    """R47, R115: no document of the shipped type fails for a mistake in its template."""
    assert rehearsal.check(files | {"initial.bpmn": b"\xff"}, fonts=fonts) == []


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("{% if x %}", "第 4 行"),
        ("{% if x %}#nope{% endif %}", "unknown variable: nope"),
        ("{% if x %}{% else %}#nope{% endif %}", "unknown variable: nope"),
        ("{% if x == 'a' %}{% else %}#nope{% endif %}", "unknown variable: nope"),
        ("{% for one in x %}#[{% endfor %}", "unclosed delimiter"),
        ('{% include "gone.typ" %}', "gone.typ"),
        ("{{ x|safe }}", "safe"),
        ('#image(bytes({{ x|picture }}), format: "svg")', "alt"),
        ('#link("sigfield:a/b", box())\n' * 2, "placed twice"),
    ],
)
def test_a_mistake_is_told_with_its_document(fonts: Path, bad: str, words: str) -> None:
    """I12: in either branch, in loops, in Jinja2 and in Typst: the author hears of it."""
    found = faults(fonts, good=HEAD + GOOD, bad=HEAD + bad)

    assert [fault.template for fault in found] in (["bad"], ["*"])
    assert words in found[0].text


def test_a_child_that_dies_is_told(fonts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends the rehearsal itself is a fault too, with its last words."""
    monkeypatch.setattr("sys.executable", "/bin/false")

    (found,) = faults(fonts, alone=HEAD)

    assert found.template == "*"
    assert "模板无法试排" in found.text


def test_an_endless_template_costs_only_time(fonts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop without end is stopped from outside and told."""
    monkeypatch.setattr(rehearsal, "TIMEOUT_S", 3)
    loop = "#for i in range(99999) { for j in range(99999) { let k = i * j } }"

    found = faults(fonts, endless=HEAD + loop)

    assert found == [Fault("*", "模板在 3 秒内没有生成完毕，请检查其中的循环")]
