"""One user task over HTTP against its floor, and the memory of a serving process."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx
from sqlalchemy import select

from bench.measure import paired_ms, process_cpu_s, rss_mb
from engine.tables import InstanceStatus, ProcessInstance, TaskStatus, UserTask
from storage.database import open_database, sessions_of
from web.demo.walk.casts import crowd_cast
from web.demo.walk.server import Server, free_port
from web.demo.walk.story import Story
from web.demo.walk.visitor import BrowserSession

CASES = 24  #: cases whose review is timed
REVIEW = {"outcome": "approve"}


def task_over_floor(folder: Path, fonts: Path, extra: dict[str, str], floor_url: str) -> float:
    """Return how many times the floor one review costs over HTTP.

    `extra` are settings of the service (its database), `floor_url` the floor's database of the
    same kind.
    """
    server = Server(folder / "service", fonts=fonts, extra=extra)
    for words in (("migrate",), ("deploy",), ("seed", "--crowd", str(CASES))):
        server.command(*words)
    server.start()
    try:
        for number in range(1, CASES + 1):
            _until_review(server, number)
        cases = _open_reviews(server.environment["ZHUCE_DATABASE_URL"])
        order = {"database": floor_url, "service": server.environment["ZHUCE_DATABASE_URL"]}
        with _floor(folder, {**order, **cases}) as floor:
            ours = [partial(call) for call in _reviews(server, cases["cases"])]
            bare = [partial(floor.post, f"/complete/{key}") for key, _, _ in cases["cases"]]
            return _ratio(ours, bare)
    finally:
        server.stop()


def _ratio(ours: list[partial[object]], bare: list[partial[object]]) -> float:
    first, floor = paired_ms(ours[3:], bare[3:])
    print(f"   one review {first:.1f} ms, the floor {floor:.1f} ms")
    return first / floor


def _until_review(server: Server, number: int) -> None:
    story = Story(server.base, crowd_cast(number))
    for name, step in story.steps():
        if name == "审查":
            break
        step()
    story.close()


def _open_reviews(url: str) -> dict[str, object]:
    """Read the cases that wait for review, as the floor wants them."""
    database = open_database(url)
    with sessions_of(database)() as session:
        rows = session.execute(
            select(ProcessInstance, UserTask)
            .join(UserTask, UserTask.instance_id == ProcessInstance.id)
            .where(
                ProcessInstance.status == InstanceStatus.ACTIVE,
                UserTask.status == TaskStatus.OPEN,
                UserTask.node == "review",
            )
        ).all()
    database.dispose()
    return {
        "definition": rows[0][0].definition,
        "process": rows[0][0].process_id,
        "cases": [
            (task.id, task.task_id, base64.b64encode(bytes(instance.state)).decode())
            for instance, task in rows
        ],
    }


def _reviews(server: Server, cases: object) -> Iterator[partial[object]]:
    """Prepare the posts of a signed-in reviewer: only the post is timed."""
    hand = BrowserSession(server.base)
    page = hand.open("/sign-in/officer")
    button = page.tree.xpath('//form[.//input[@name="subject"]]//button')[0]
    hand.submit(page, button.text_content().strip(), {"subject": "shencha"})
    for task, _, _ in cases:  # type: ignore[attr-defined]  # a list of triples
        form = hand.open(f"/agency/tasks/{task}").form(button="提交审查意见")
        values = {**dict(form.form_values()), **REVIEW, "action": "review"}
        yield partial(_post, hand.client, f"/agency/tasks/{task}", values)


def _post(client: httpx.Client, address: str, values: dict[str, str]) -> None:
    answer = client.post(address, data=values, follow_redirects=False)
    if answer.status_code != 303:
        raise RuntimeError(f"{address}: {answer.status_code} {answer.text[:500]}")


@contextmanager
def _floor(folder: Path, order: dict[str, object]) -> Iterator[httpx.Client]:
    """Serve the floor."""
    path, port = folder / "floor.json", free_port()
    path.write_text(json.dumps(order))
    command = [sys.executable, "-m", "bench.floor", str(port), str(path)]
    process = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL)
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
    try:
        _await(client)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait()


def _await(client: httpx.Client) -> None:
    for _ in range(600):
        with suppress(httpx.TransportError):
            if client.get("/healthz", timeout=1).is_success:
                return
        time.sleep(0.1)
    raise RuntimeError("the floor did not start")


def memory(folder: Path, fonts: Path, stories: int = 500) -> dict[str, float]:
    """Tell `stories` whole stories to one server, three at a time; return what they cost it."""
    server = Server(folder / "memory", fonts=fonts)
    for words in (("migrate",), ("deploy",), ("seed", "--crowd", str(stories))):
        server.command(*words)
    server.start()
    try:
        pids = server.pids()
        _tell(server, range(1, 4))
        cpu, began = process_cpu_s(pids), time.perf_counter()
        early = stories * 2 // 5
        _tell(server, range(4, early + 1))
        at_200 = max(rss_mb(pid) for pid in pids)
        _tell(server, range(early + 1, stories + 1))
        at_500 = max(rss_mb(pid) for pid in pids)
        told = stories - 3
        return {
            "story_cpu_s": (process_cpu_s(pids) - cpu) / told,
            "stories_per_s": told / (time.perf_counter() - began),
            "rss_mb_after_500": at_500,
            "rss_growth_200_500_mb": at_500 - at_200,
            "stories": float(stories),
        }
    finally:
        server.stop()


def _tell(server: Server, numbers: range) -> None:
    """Tell whole stories to the server, three at a time; only the applicants sign in each time."""
    here = threading.local()

    def tell(number: int) -> None:
        if not hasattr(here, "lent"):
            here.lent = {}
        story = Story(server.base, crowd_cast(number), lent=here.lent)
        story.tell()
        story.lend()
        story.close()

    with ThreadPoolExecutor(3) as hands:
        list(hands.map(tell, numbers))
