"""Templates are compiled once a machine, not once a process: compiling is most of a first page."""

from __future__ import annotations

import hashlib

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
    """Keep the templates of this environment, apart from those of other builds of it."""
    build = (jinja2.__version__, env.trim_blocks, env.lstrip_blocks, sorted(env.extensions))
    name = hashlib.sha256(repr(build).encode()).hexdigest()[:12]
    if folder := cached.own_folder(f"templates-{name}"):
        env.bytecode_cache = Compiled(str(folder), "%s.cache")
