"""`make plan`: figures of the house, from sources alone."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys
from pathlib import Path

from tools import plan

SCRIPT = Path(plan.__file__)

SOURCES = {
    "setup.cfg": "[importlinter]\nroot_packages =\n    shop\n    till\n",
    "shop/__init__.py": "",
    "shop/counter.py": (
        "from shop import shelf\n"
        "from till.money import Coin\n\n\n"
        "class Kind:\n    # C.7 and C.8 of the paper\n    coin = Coin\n"
    ),
    "shop/shelf.py": "from shop import counter as one\n\n\nclass Kind:\n    found = one\n",
    "till/__init__.py": "",
    "till/money.py": (
        "class Refused(Exception):\n"
        "    def __init__(self) -> None:\n        '''Say why.'''\n        super().__init__()\n\n\n"
        "class Short(Refused): ...\n\n\nclass Late(Refused): ...\n\n\n"
        "class Torn(Refused): ...\n\n\n"
        "class Coin: ...\n\n\n"
        "def pay() -> None:\n"
        "    try:\n        return\n"
        "    except (Refused, ValueError):\n        return\n"
    ),
    "docs/domain.md": "# Domain\n## C.7 System processes\nSee also C.8.\n",
    "tests/till/test_money.py": "",
    "tests/shop/test_other.py": "",
}


def _lay(folder: Path) -> Path:
    for name, text in SOURCES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def test_the_figures_of_a_small_house(tmp_path: Path) -> None:
    """Each figure counts what its name says: shape, arrows, words, proofs."""
    house = _lay(tmp_path)

    figures = plan.measure(house)

    assert figures["most modules in one flat folder"] == "3 (shop), 2 (till)"
    assert figures["largest package, share of product lines"].endswith("(till)")
    assert figures["modules in import circles"] == "2"
    assert figures["longest function, lines"] == "5 (till.money.pay)"
    assert figures["error bases"] == "1 (Refused)"
    assert figures["tuples of errors caught together"] == "1 in 1 places"
    assert figures["class names that exist twice or more"] == "1 (Kind 2x)"
    assert figures["words `one` / `found` as names"] == "2 / 1"
    assert figures["references to chapters that the repository does not hold"] == "1"
    assert figures["modules with a test of their name"] == (
        "1 of 3; 3 have their folder under tests/"
    )


def test_two_revisions_side_by_side() -> None:
    """A column each, and a dash where a revision does not know the figure."""
    table = plan.table({"before": {"circles": "2"}, "now": {"circles": "0", "arrows": "5"}})

    assert table.splitlines() == [
        "| measured | before | now |",
        "|---|---|---|",
        "| circles | 2 | 0 |",
        "| arrows | – | 5 |",
    ]


def test_the_figures_for_programs() -> None:
    """--json gives what the table says, under the same names."""
    command = [sys.executable, str(SCRIPT), "--json"]

    done = subprocess.run(command, capture_output=True, check=True)

    figures = json.loads(done.stdout)
    assert figures["modules in import circles"] == "0"
    assert "most modules in one flat folder" in figures


def test_the_examples_are_true() -> None:
    """What the docstrings of the tool show is what it does."""
    result = doctest.testmod(plan)

    assert (result.failed, result.attempted) == (0, 2)
