#!/usr/bin/env bash
# One would guess  An array of tomlkit is a list that knows its place in the file: what a list can do to itself is
#                  what the file says afterwards. What it cannot do it refuses (slices are: "not supported").
# What happens     `sort()` sorts what the program sees and leaves what is written as it was: the document answers
#                  [1, 2, 3] and its text says [3, 1, 2], without an error. So does `*=`. `reverse()`, `insert`,
#                  `remove`, `pop`, `+=` and `del` write what they show. On an array of tables (`[[task]]`) `sort()`
#                  changes neither. After a sort the two disagree about places: `del array[0]` shows the smallest
#                  gone and writes the file without its first.
# Versions         tomlkit 0.15.2
# Source           tomlkit/items.py, Array: a `list` with its own groups of values and comments beside it; the methods of
#                  `list` that are written in C and not overridden reach only the first
# Why it matters   Analysts change a type's file by a form that keeps their notes. A list that the page shows in
#                  order is saved in another one, and the test that looks at the object sees nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check tomlkit==0.15.2
"$work/venv/bin/python" - <<'PYTHON'
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import tomlkit

TEXT = "days = [3, 1, 2] # of notice\n"


def changed(change: Callable[[Any], object]) -> tuple[list[int], list[int]]:
    """Give what the document shows after a change, and what is read back from its text."""
    document = tomlkit.parse(TEXT)
    change(document["days"])
    return list(document["days"]), tomlkit.parse(tomlkit.dumps(document)).unwrap()["days"]


def sorted_then_deleted(days: Any) -> None:
    days.sort()
    del days[0]


CHANGES: dict[str, tuple[Callable[[Any], object], list[int], list[int]]] = {
    "reverse": (lambda days: days.reverse(), [2, 1, 3], [2, 1, 3]),
    "remove": (lambda days: days.remove(1), [3, 2], [3, 2]),
    "insert": (lambda days: days.insert(0, 9), [9, 3, 1, 2], [9, 3, 1, 2]),
    "sort": (lambda days: days.sort(), [1, 2, 3], [3, 1, 2]),
    "*= 2": (lambda days: days.__imul__(2), [3, 1, 2, 3, 1, 2], [3, 1, 2]),
    "sort, del [0]": (sorted_then_deleted, [2, 3], [1, 2]),
}

print("tomlkit", version("tomlkit"))
for name, (change, shown, written) in CHANGES.items():
    answer = changed(change)
    print(f"{name:14} shown {answer[0]}, written {answer[1]}")
    assert answer == (shown, written), name

document = tomlkit.parse("[[task]]\norder = 2\n[[task]]\norder = 1\n")
document["task"].sort(key=lambda task: task["order"])
shown = [task["order"] for task in document["task"]]
print("array of tables, sorted: shown", shown)
assert shown == [2, 1] and tomlkit.dumps(document).index("order = 2") < tomlkit.dumps(document).index("order = 1")
PYTHON
