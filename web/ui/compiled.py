"""Templates are compiled once a machine, not once a process: compiling is most of a first page."""

from __future__ import annotations

import hashlib
from pathlib import Path

import jinja2
import structlog
from jinja2 import Environment, FileSystemBytecodeCache
from jinja2.bccache import Bucket

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
