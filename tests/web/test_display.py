"""How screens write times, deadlines and words; the built assets; the menus."""

from __future__ import annotations

import doctest
import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, render_template_string
from jinja2 import UndefinedError

from engine.queries import Pause
from registry.applications.statuses import Status
from web import display
from web.forms import typed
from web.lists import asked, exports
from web.ui import assets, navigation, turns, wording

DIST = Path(assets.__file__).parents[1] / "static" / "dist"


@dataclass(frozen=True)
class Seen:
    kind: str
    roles: tuple[str, ...] = ()


@pytest.mark.parametrize("module", [display, wording, asked, exports, typed])
def test_examples_in_docstrings_hold(module) -> None:
    """STYLE: an example in a docstring is run."""
    assert doctest.testmod(module).failed == 0


def test_a_dot_asks_for_an_attribute_then_for_a_value(app: Flask) -> None:
    """As Jinja says: methods of a dict stay methods, whatever keys it has."""
    given = {"text": "甲", "items": "乙", "none": None}
    line = "{{ d.text }} {{ d.items()|length }} {{ d.none is none }} {{ d.missing is defined }}"

    with app.test_request_context():
        assert render_template_string(line, d=given) == "甲 3 True False"


def test_deadline_is_told_in_words_and_tone() -> None:
    """I1: colour is never the only sign of a deadline."""
    today = date(2026, 11, 24)

    shown = [display.due(today + timedelta(days=n), today) for n in (-3, 0, 2, 9)]

    assert [due.tone for due in shown] == ["late", "soon", "soon", "calm"]
    assert "已超期 3 天" in shown[0].words
    assert "今日到期" in shown[1].words


def test_a_day_of_law_is_a_day_in_shanghai() -> None:
    """R17: times are stored in UTC and shown in Shanghai."""
    late = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)

    assert display.day(late) == "2027年1月1日"
    assert display.clock_time(late) == "2027年1月1日 01:00"


@pytest.mark.proves("R15")
@pytest.mark.proves("R64")
@pytest.mark.proves("R88")
@pytest.mark.proves("R117")
@pytest.mark.proves("G2")
def test_menus_speak_as_the_manual() -> None:
    """R15, R49, R61, R117, G2: each entry, and where it leads; one list for every profession."""
    menus = {
        kind: [(item["text"], item["href"]) for item in navigation.items(Seen(kind), "/")]
        for kind in ("person", "enterprise")
    }

    wanted = {
        "person": [("我的申请", "/applications"), ("电子注册证书管理", "/certificates")],
        "enterprise": [
            ("待企业确认", "/enterprise/inbox"),
            ("企业已确认查询", "/enterprise/confirmed"),
            ("企业名称变更", "/enterprise/rename"),
        ],
    }
    for kind, manual in wanted.items():
        assert [entry for entry in menus[kind] if entry in manual] == manual
        assert menus[kind][0] in (manual[0], ("办事概览", "/overview")), kind


def test_menu_marks_where_one_is() -> None:
    """R15: the page's own entry is marked."""
    menu = navigation.items(Seen("person"), "/applications/new")

    assert [item["text"] for item in menu if item["active"]] == ["我的申请"]


def test_operator_sees_operations() -> None:
    """R8: only an operator is led to the operations page."""
    plain = {item["href"] for item in navigation.items(Seen("officer", ("reviewer",)), "/")}
    operator = {item["href"] for item in navigation.items(Seen("officer", ("operator",)), "/")}

    assert "/operations" not in plain
    assert "/operations" in operator
    assert {"/agency/inbox", "/agency/people"} <= plain - operator  # no link leads to a 404


def test_built_names_carry_their_content_and_exist() -> None:
    """R9: style sheets and scripts are served from here under names that change with content."""
    for name, built in assets.manifest().items():
        assert (DIST / built).is_file(), name
        assert built != name


def test_a_script_is_named_with_all_that_it_needs(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a page names at once is fetched at once, not when the script before it was read."""
    built = {"a.js": "a-1.js", "a.js/chunk-2.js": "chunk-2.js", "b.js": "b-3.js"}
    monkeypatch.setattr(assets, "manifest", lambda: built)

    with app.test_request_context():
        named = assets.with_parts("a.js")

    assert [address.rpartition("/")[2] for address in named] == ["a-1.js", "chunk-2.js"]


def test_missing_asset_says_how_to_build(tmp_path: Path) -> None:
    """A machine without built assets is told what to run."""
    with pytest.raises(assets.AssetsMissing, match="make assets"):
        assets.manifest(tmp_path)


def test_style_sheets_fetch_nothing_and_use_only_defined_tokens() -> None:
    """No external request, and no colour token that nobody defined (a trap of the prototypes)."""
    sheets = {n: (DIST / b).read_text("utf-8") for n, b in assets.manifest().items() if ".css" in b}
    for name, css in sheets.items():
        assert not re.search(r"url\(['\"]?(?!data:)[a-z]*:?//", css)
        if name.startswith("studio-"):  # the editors bring signs and tokens of their own along
            continue
        assert "@font-face" not in css
        used = set(re.findall(r"var\((--[\w-]+)\)", css))
        assert used <= set(re.findall(r"(--[\w-]+):", css))


def test_lock_file_names_no_host() -> None:
    """The build works with any package mirror."""
    lock = json.loads((DIST.parents[1] / "assets" / "package-lock.json").read_text("utf-8"))

    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


def test_a_page_with_a_hole_is_noticed(app: Flask) -> None:
    """A name that nothing gives fails the tests; people get the rest of the page."""
    page = "{% if nobody %}here{% endif %}名称：{{ nobody }}"
    with app.test_request_context(), pytest.raises(UndefinedError, match="nobody"):
        render_template_string(page)

    app.testing = False
    with app.test_request_context():
        assert render_template_string(page) == "名称："


def test_a_case_that_waits_for_nobody_says_why() -> None:
    """I1: at work, waiting for a moment, or stuck: three different things to read."""
    case = SimpleNamespace(state=Status.READY_TO_SIGN)
    until = datetime(2026, 11, 24, 2, 15, tzinfo=UTC)

    works = turns.waiting(case, [])
    locked = turns.waiting(case, [], Pause(node="wait_after_failures", until=until))
    stuck = turns.waiting(case, [], Pause(node="sign_application", until=None))

    assert "系统正在处理" in works.what
    assert "2026年11月24日 10:15" in locked.detail
    assert "工作人员会尽快处理" in stuck.what
    assert "联系市住建委" in stuck.detail


def test_no_template_writes_a_date_of_its_own() -> None:
    """One way of writing days and times: every template leaves it to the filters."""
    folder = Path(__file__).parents[2] / "web" / "templates"
    own = re.compile(r"strftime|isoformat\(\)(?!\s*}}\")")

    strays = [str(page) for page in folder.rglob("*.html") if own.search(page.read_text("utf-8"))]

    assert strays == []
