"""What people read refers to no figure or chapter of the manual: it numbers neither soundly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Where words for people stand, with the comments of each kind, which nobody reads.
SOURCES = (
    ("web/templates", "*.html", r"\{#.*?#\}"),
    ("bpmn", "*.md", r"<!--.*?-->"),
    ("bpmn", "*.typ", r"//[^\n]*"),
    ("bpmn", "*.json", r"(?!)"),
    ("bpmn", "*.toml", r"#[^\n]*"),
)
FIGURE = re.compile(r"[如见]下?图|图\s*\d|图[一二三四五六七八九十]")
CHAPTER = re.compile(r"第\s*[一二三四五六七八九十0-9]+\s*章|本手册|操作手册")


def _texts() -> Iterator[tuple[str, str]]:
    for folder, kind, comment in SOURCES:
        for path in sorted((ROOT / folder).rglob(kind)):
            if "examples" not in path.parts:
                text = re.sub(comment, "", path.read_text("utf-8"), flags=re.DOTALL)
                yield str(path.relative_to(ROOT)), text


@pytest.mark.proves("G1")
def test_no_page_sends_people_to_a_figure() -> None:
    """G1: the manual's figure references disagree with its captions; ours refer to none."""
    texts = dict(_texts())

    assert len(texts) > 100
    assert {name: found[0] for name, text in texts.items() if (found := FIGURE.search(text))} == {}


@pytest.mark.proves("G3")
def test_no_page_sends_people_to_a_chapter() -> None:
    """G3: its chapters have no numbers; the way is a link or the name of a page."""
    told = {name: found[0] for name, text in _texts() if (found := CHAPTER.search(text))}

    assert told == {}
