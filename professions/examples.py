"""The scenarios of a folder, as they travel with its package: each file at its path, whole.

Who builds on another type also tells over what is usual there. A package stands alone, so that
what is usual is written out in each of its folders.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from professions import folders
from professions.folders import EXAMPLES

TABLES = "tables"  #: where tables are asked on their own, over nothing of another type
USUAL = "usual.json"  #: what the stories of its folder and of the folders below share


def collect(folder: Path) -> dict[str, bytes]:
    """Return the scenarios of a type: path that begins with `examples/` → content."""
    root = folder / EXAMPLES
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix in (".json", ".toml")
    }
    if bases := folders.bases(folder):
        told_in = {path.parent for path in root.rglob("*.json")} - {root / TABLES}
        for below in sorted(told_in):
            usual = _usual([folder.with_name(name) for name in bases] + [folder], folder, below)
            place = (below / USUAL).relative_to(folder).as_posix()
            if usual:
                text = json.dumps(usual, ensure_ascii=False, indent=2) + "\n"
                found[place] = text.encode()
    return found


def _usual(roots: list[Path], folder: Path, below: Path) -> dict[str, Any]:
    """Return all that is usual in a folder of scenarios, that of the base first."""
    inside = below.relative_to(folder / EXAMPLES).parts
    steps = [Path(*inside[:number]) for number in range(len(inside) + 1)]
    usual: dict[str, Any] = {}
    for path in (root / EXAMPLES / step / USUAL for root in roots for step in steps):
        if path.is_file():
            for part, said in json.loads(path.read_text("utf-8-sig")).items():
                both = isinstance(said, dict) and isinstance(usual.get(part), dict)
                usual[part] = usual[part] | said if both else said
    return usual
