"""Templates are compiled once a machine, not once a process: compiling is most of a first page.

Parts of pages that are the same whoever asks are written once a process: a component of GOV.UK's
costs up to half a millisecond, and a button with the same words is the same markup on every page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import jinja2
import structlog
from jinja2 import Environment, FileSystemBytecodeCache
from jinja2.bccache import Bucket
from markupsafe import Markup

from web import cached

_LOG = structlog.get_logger(__name__)


class Compiled(FileSystemBytecodeCache):
    """Jinja's cache in files, each bound to the text of its template; without it pages come too."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, where there is room."""
        try:
            super().dump_bytecode(bucket)
        except OSError as error:
            _LOG.info("template_not_kept", why=str(error))


def install(env: Environment) -> None:
    """Keep the templates of this environment, apart from those of other builds and places."""
    options = (env.trim_blocks, env.lstrip_blocks, sorted(env.extensions))
    build = (jinja2.__version__, options, str(Path(__file__).parent))
    name = hashlib.sha256(repr(build).encode()).hexdigest()[:12]
    if folder := cached.own_folder(f"templates-{name}"):
        env.bytecode_cache = Compiled(str(folder), "%s.cache")


def is_empty(env: Environment) -> bool:
    """Tell whether templates can be kept and none has been: the first page would wait."""
    kept = env.bytecode_cache
    return isinstance(kept, Compiled) and not any(Path(kept.directory).iterdir())


MOST = 2_000  #: parts of a process; a page has some thirty, most of them those of others


class Component(Protocol):
    """A macro of a template."""

    name: str

    def __call__(self, params: Mapping[str, Any]) -> Markup:
        """Write it."""


class Parts:
    """What was written already, by component and its words (texts, truths, lists and dicts).

    What somebody typed is never kept.
    """

    def __init__(self) -> None:
        self._written: dict[tuple[str, str], Markup] = {}

    def kept(self, component: Component, params: Mapping[str, Any], typed: object = "") -> Markup:
        """Write a component, or give it as it was written before; anew where anything is typed."""
        if typed:
            return component(params)
        key = (component.name, repr(params))
        if (part := self._written.get(key)) is None:
            if len(self._written) >= MOST:
                self._written.clear()
            part = self._written[key] = component(params)
        return part
