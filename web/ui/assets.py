"""Which built file stands behind a name: reads the manifest that `make assets` writes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from flask import url_for

_DIST = Path(__file__).parents[1] / "static" / "dist"


class AssetsMissing(RuntimeError):
    """浏览器资源尚未生成，请先运行 make assets。"""

    def __init__(self, name: str) -> None:
        super().__init__(f"{self.__doc__}（缺少 {name}）")


@cache
def manifest(folder: Path = _DIST) -> dict[str, str]:
    """Return {name in the sources: hashed file name} of the last build."""
    path = folder / "manifest.json"
    if not path.is_file():
        raise AssetsMissing(path.name)
    names: dict[str, str] = json.loads(path.read_text("utf-8"))
    return names


def asset(name: str) -> str:
    """Return the address of a built file; its name changes with its content.

    `name` is e.g. "site.css". Raises `AssetsMissing` when it was not built.
    """
    built = manifest().get(name)
    if built is None:
        raise AssetsMissing(name)
    return url_for("static", filename=f"dist/{built}")


def with_parts(name: str) -> list[str]:
    """Return the addresses of a built script and of all that it needs before it runs.

    A page that names them all fetches them at once, not one after the other.
    """
    parts = sorted(part for part in manifest() if part.startswith(f"{name}/"))
    return [asset(name), *map(asset, parts)]
