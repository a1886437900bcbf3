"""One PostgreSQL cluster for the run; every database test runs on SQLite and on it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests import shortcuts
from tests.postgresql import Cluster

pytest_plugins = ["tests.databases", "tests.proofs"]
URL = "ZHUCE_TEST_POSTGRESQL"
_cluster = pytest.StashKey[Cluster]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the cluster in the process that leads the run; the others inherit its address."""
    if hasattr(config, "workerinput") or URL in os.environ:
        return
    cluster = Cluster()
    os.environ[URL] = cluster.start()
    config.stash[_cluster] = cluster


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the cluster that this process started."""
    cluster = config.stash.get(_cluster, None)
    if cluster is not None:
        cluster.stop()
        del os.environ[URL]


@pytest.fixture(scope="session", autouse=True)
def _short_cuts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        shortcuts.take(patch)
        yield
