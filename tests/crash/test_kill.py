"""Kill -9 of the server at random moments: nothing lost, nothing doubled, every signature valid.

`make crash` tells a hundred stories; a plain run tells a few.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from adapters import world
from tests.installed import installed
from web.demo.walk.casts import crowd_cast
from web.demo.walk.server import Server, ServerDidNotStart
from web.demo.walk.story import Story, persist

ON_PAPER = len(world.papers())  #: registrations that the demonstration brings along
STORIES = int(os.environ.get("ZHUCE_CRASH_STORIES", "3"))
HANDS = 6  #: stories told at the same time


class PowerCuts:
    """Kills the whole service at random moments and starts it again.

    The moments stretch with the time that a start takes, so that a slow machine gets on too.
    """

    def __init__(self, server: Server, seed: int) -> None:
        self.server, self.count = server, 0
        self.failure: ServerDidNotStart | None = None
        self._chance = random.Random(seed)
        self._over, self._up = threading.Event(), threading.Event()
        self._up.set()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        start = 2.0
        while not self._over.wait(self._chance.uniform(0.2, 1.5) * start):
            self._up.clear()
            self.server.kill()
            began = time.monotonic()
            try:
                self.server.start()
            except ServerDidNotStart as failure:
                self.failure = failure
                self._up.set()
                return
            start = time.monotonic() - began
            self.count += 1
            self._up.set()

    def wait(self) -> None:
        """Wait until the service is there again."""
        self._over.wait(0.1)
        self._up.wait(120)
        if self.failure is not None:
            raise self.failure

    def __enter__(self) -> PowerCuts:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.fixture
def server(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a crowd."""
    service = installed(tmp_path_factory, tmp_path / "service", crowd=STORIES)
    service.start()
    yield service
    service.stop()


@pytest.mark.proves("J11")
@pytest.mark.timeout(600 + 30 * STORIES)
def test_power_cuts_lose_nothing_and_double_nothing(server: Server, tmp_path: Path) -> None:
    """I17: the service is killed while stories are told; each ends as if nothing had happened."""
    stories = [Story(server.base, crowd_cast(number)) for number in range(1, STORIES + 1)]
    try:
        _tell_all(server, stories, tmp_path)
    finally:
        for story in stories:
            story.close()


def _tell_all(server: Server, stories: list[Story], folder: Path) -> None:
    with PowerCuts(server, seed=STORIES) as cuts, ThreadPoolExecutor(HANDS) as hands:
        list(hands.map(lambda story: persist(story, cuts.wait), stories))

    assert cuts.count > 0
    assert [story.status() for story in stories] == ["办结"] * STORIES
    paths = []
    for number, story in enumerate(stories, 1):
        documents = story.documents()
        assert sorted(documents) == [
            "注册申请表",
            "电子注册证书",
            "行政审批受理通知书",
            "行政许可决定书",
        ]
        for title, content in documents.items():
            path = folder / f"{number}-{title}.pdf"
            path.write_bytes(content)
            paths.append(str(path))
    verdicts = json.loads(server.command("verify", "--json", *paths, accept=(0, 1)))
    assert [name for name, verdict in verdicts.items() if not verdict["ok"]] == []
    server.command("checkpoint")
    assert json.loads(server.command("verify", "--json", accept=(0, 1))) == {
        "ok": True,
        "proven": True,
        "faults": [],
    }
    assert _counts(server.folder / "zhuce.db") == {
        "application": STORIES,
        "registration": STORIES + ON_PAPER,
        "certificate": STORIES + ON_PAPER,
        "certificate numbers": STORIES + ON_PAPER,
        "decisions": 2 * STORIES,
        "jobs that failed": 0,
    }


def _counts(path: Path) -> dict[str, int]:
    """Count what may be neither lost nor doubled."""
    questions = {
        "application": "select count(*) from application where status = 'COMPLETED'",
        "registration": "select count(*) from registration",
        "certificate": "select count(*) from certificate where claim_state = 'CLAIMED'",
        "certificate numbers": "select count(distinct no) from certificate",
        "decisions": "select count(*) from decision",
        "jobs that failed": "select count(*) from job where state = 'DEAD'",
    }
    database = sqlite.connect(str(path))
    try:
        return {name: database.execute(sql).fetchone()[0] for name, sql in questions.items()}
    finally:
        database.close()
