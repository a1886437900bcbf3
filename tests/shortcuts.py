"""What a test process does once instead of once a test; each is keyed by content, so none can lie.

A version of a definition is named by the hash of its files; a template by its text. What was
parsed, checked or compiled for one test is the same for the next.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType
from typing import Any, BinaryIO

import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from pyhanko.pdf_utils import generic
from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from engine import definitions
from engine.definitions import Definition, Definitions
from engine.lint import linter
from pdfgen import pdf_walk, uploads
from professions.checks import examination
from signing.keeping import guards
from tests import memory
from web import cached
from web.ui import compiled

_LONGEST = 1 << 17  #: bytes of a signature in digits


class _Compiled(BytecodeCache):
    """Compiled templates in memory, by name and text: the code itself, which nobody changes."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._kept[bucket.key, bucket.checksum] = bucket.code


def take(patch: pytest.MonkeyPatch) -> None:
    """Put the short cuts in place."""
    memory.watch(patch)
    _parse_once(patch)
    _check_once(patch)
    _compile_once(patch)
    _derive_once(patch)
    _walk_once(patch)
    _build_once(patch)
    _state_once(patch)
    _read_at_once(patch)


def _read_at_once(patch: pytest.MonkeyPatch) -> None:
    """Let pyHanko read the digits of a signature together, not each by itself: a quarter of it.

    Anything but digits up to the next `>` is left to pyHanko.
    """
    digits, read = re.compile(rb"<((?:[0-9A-Fa-f]{2})*)>"), generic.read_hex_string_from_stream

    @functools.wraps(read)
    def read_at_once(stream: BinaryIO) -> object:
        begin = stream.tell()
        if (found := digits.match(stream.read(_LONGEST))) is None:
            stream.seek(begin)
            return read(stream)
        stream.seek(begin + found.end())
        return generic.pdf_string(bytes.fromhex(found[1].decode()))

    patch.setattr(generic, "read_hex_string_from_stream", read_at_once)


def _build_once(patch: pytest.MonkeyPatch) -> None:
    """Share the builders of addresses between applications: code made of the rule alone."""
    build = Rule._compile_builder
    built: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}

    def build_once(self: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        name = (self.rule, *self._trace, append_unknown)
        if self.defaults:
            return build(self, append_unknown)
        if name not in built:
            built[name] = build(self, append_unknown)
        return built[name]

    patch.setattr(Rule, "_compile_builder", build_once)


def _state_once(patch: pytest.MonkeyPatch) -> None:
    """Share compiled statements between the engines of a kind of database."""
    compile_, shared = ClauseElement._compile_w_cache, LRUCache[Any, Any](5000)
    first: dict[tuple[object, ...], Dialect] = {}

    def compile_once(
        self: ClauseElement, dialect: Dialect, *, compiled_cache: Any, **more: Any
    ) -> Any:
        name = (type(dialect), dialect.dbapi, dialect.paramstyle, dialect.server_version_info)
        if compiled_cache is not None:
            dialect, compiled_cache = first.setdefault(name, dialect), shared
        return compile_(self, dialect, compiled_cache=compiled_cache, **more)

    patch.setattr(ClauseElement, "_compile_w_cache", compile_once)


def _walk_once(patch: pytest.MonkeyPatch) -> None:
    """Do not open a scan again in a process of its own once it was found harmless."""
    walk, harmless = uploads._walk, dict[tuple[str, bytes], dict[str, object]]()

    def walk_once(content: bytes) -> dict[str, object]:
        name = (pdf_walk.__file__, content)
        if (known := harmless.get(name)) is not None:
            return dict(known)
        answer = walk(content)
        if "pages" in answer:
            harmless[name] = answer
        return answer

    patch.setattr(uploads, "_walk", walk_once)


def _parse_once(patch: pytest.MonkeyPatch) -> None:
    """Share diagrams and tables; each office still reads its database, which may lack a version."""
    read, parsed = Definitions._read, dict[str, Definition]()

    def read_once(self: Definitions, hash: str) -> Definition:
        definition = read(self, hash)
        first = parsed.setdefault(hash, definition)
        definition.sources, definition._processes = first.sources, first._processes
        return definition

    patch.setattr(Definitions, "_read", read_once)


def _check_once(patch: pytest.MonkeyPatch) -> None:
    """Do not check again what was found to be in order."""
    insist, check, passed = linter.insist, examination.check, set[tuple[str, str]]()

    def insist_once(files: Mapping[str, bytes], *more: Any) -> None:
        name = ("lint", definitions.hash_of("", files))
        if more or name not in passed:
            insist(files, *more)
            passed.add(name)

    def check_once(files: Mapping[str, bytes], fonts: Path, *by: Any, **more: Any) -> list[Any]:
        name = (str(fonts), definitions.hash_of("", files))
        if name not in passed and not by and (kept := cached.own_folder("checked")):
            # what another process of the run found in order: its commands, the other worker
            more.setdefault("remembered", examination.memory(kept / "found-well"))
        problems = [] if name in passed and not by else check(files, fonts, *by, **more)
        if not problems:
            passed.add(name)
        return list(problems)

    patch.setattr(linter, "insist", insist_once)
    patch.setattr(examination, "check", check_once)


def _compile_once(patch: pytest.MonkeyPatch) -> None:
    """Share compiled templates between applications."""
    shared = _Compiled()

    def share(env: Environment) -> None:
        env.bytecode_cache = shared

    patch.setattr(compiled, "install", share)


def _derive_once(patch: pytest.MonkeyPatch) -> None:
    """Derive the key of a PIN once for each salt and cost: argon2id gives the same each time."""
    patch.setattr(guards, "hash_secret_raw", functools.cache(guards.hash_secret_raw))
