"""Each row of `docs/pipl.md` names a control that is there and a test that is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "pipl.md"


def rows() -> Iterator[tuple[str, list[str], list[str]]]:
    """Give article, modules and tests of each row."""
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 4 and cells[0][0].isdigit():
            named = [re.findall(r"`([^`]+)`", cell) for cell in cells[2:]]
            yield cells[0], [name for name in named[0] if "/" not in name], named[1]


def test_every_control_is_a_module_and_every_test_is_there() -> None:
    """A row without either would promise what nobody built or nobody proves."""
    read = list(rows())

    assert len(read) >= 15
    for article, modules, tests in read:
        assert modules, article
        assert tests, article
        assert [name for name in modules if find_spec(name) is None] == []
        for test in tests:
            path, _, name = test.partition("::")
            assert re.search(rf"^def {name}\(", (ROOT / path).read_text("utf-8"), re.M), test
