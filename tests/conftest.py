"""One PostgreSQL cluster for the run; every database test runs on SQLite and on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import once, shortcuts
from tests.postgresql import Cluster
from web.process import heap

pytest_plugins = ["tests.databases", "tests.sharing", "tests.proofs"]
URL = "ZHUCE_TEST_POSTGRESQL"
_MEMORY = Path("/dev/shm")
_ENOUGH = 4 * 2**30  #: bytes that a run may need in passing
#: No test is timed: a busy machine is no fault of the strategies.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
_cluster = pytest.StashKey[Cluster]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the cluster in the process that leads the run; the others inherit its address."""
    if hasattr(config, "workerinput") or URL in os.environ:
        return
    _write_to_memory()
    cluster = Cluster()
    os.environ[URL] = cluster.start()
    config.stash[_cluster] = cluster


def _write_to_memory() -> None:
    """Keep what tests write in memory where there is room: SQLite waits for the disk otherwise."""
    is_ours = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    if is_ours and shutil.disk_usage(_MEMORY).free >= _ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_finish() -> None:
    """Leave what was collected out of every search for garbage, as the service does."""
    heap.settle()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the cluster that this process started."""
    cluster = config.stash.get(_cluster, None)
    if cluster is not None:
        cluster.stop()
        del os.environ[URL]


@pytest.fixture(scope="session", autouse=True)
def _short_cuts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(once.shared(tmp_path_factory) / "cache"))
        shortcuts.take(patch)
        yield
