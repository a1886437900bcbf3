"""Try all templates of a type before it is deployed: its author finds a mistake, not a case.

Each document is set twice with sample values: once every condition holds and every list has an
entry, once the other way round. It happens in a process of its own, so that an endless loop in a
template costs only time, and the process that asks may still fork.
"""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from refusals.refusal import Refusal

TIMEOUT_S = 60
_AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a template, in words for its author."""

    template: str
    text: str


class Sample:
    """Stands for any value: text, list, record; true, or false and empty."""

    def __init__(self, truth: bool) -> None:
        self._truth = truth

    def __getattr__(self, name: str) -> Sample:
        """Have every part but Python's own."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> Sample:
        return self

    def __iter__(self) -> Iterator[Sample]:
        return iter([self] if self._truth else [])

    def __len__(self) -> int:
        return int(self._truth)

    def __bool__(self) -> bool:
        return self._truth

    def __eq__(self, other: object) -> bool:
        return self._truth

    def __hash__(self) -> int:
        return 0

    def __bytes__(self) -> bytes:
        out = io.BytesIO()
        Image.new("L", (5, 7)).save(out, "PNG")
        return out.getvalue()

    def __str__(self) -> str:
        return "样例"


def check(files: Mapping[str, bytes], *, fonts: Path) -> list[Fault]:
    """Return what is wrong with the templates among `files`; none means that all can be set."""
    wanted = {path: text for path, text in files.items() if path.endswith((".typ", ".typ.j2"))}
    return list(_checked(tuple(sorted(wanted.items())), fonts.resolve()))


@lru_cache(maxsize=8)
def _checked(files: tuple[tuple[str, bytes], ...], fonts: Path) -> tuple[Fault, ...]:
    question = {path: base64.b64encode(content).decode() for path, content in files}
    program = [sys.executable, "-m", "pdfgen.rehearsal", str(fonts)]
    try:
        done = subprocess.run(  # noqa: S603 (our own program)
            program,
            input=json.dumps(question).encode(),
            capture_output=True,
            timeout=TIMEOUT_S,
            cwd=Path(__file__).parents[1],
        )
        if done.returncode:
            return (Fault("*", f"模板无法试排：{done.stderr.decode(errors='replace')[-400:]}"),)
        return tuple(Fault(**fault) for fault in json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        return (Fault("*", f"模板在 {TIMEOUT_S} 秒内没有生成完毕，请检查其中的循环"),)


def rehearse(files: Mapping[str, bytes], fonts: Path) -> Iterator[Fault]:
    """Yield the faults of each document; layouts are tried through the documents that use them."""
    from pdfgen.templates import open_templates

    try:
        templates = open_templates(files, fonts=fonts)
        names = templates.names()
    except Refusal as error:
        yield Fault("*", str(error))
        return
    for document, keys in names.items():
        for truth in (True, False):
            try:
                data: dict[str, Any] = dict.fromkeys(keys, Sample(truth))
                templates.render(document, data, at=_AT)
            except Refusal as error:
                yield Fault(document, str(error))
                break


if __name__ == "__main__":
    given = {path: base64.b64decode(text) for path, text in json.load(sys.stdin).items()}
    found = rehearse(given, Path(sys.argv[1]))
    json.dump([{"template": fault.template, "text": fault.text} for fault in found], sys.stdout)
