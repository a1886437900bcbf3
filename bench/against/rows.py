"""What is measured of two revisions, and how much of it may be left.

A new row: a line in ROWS, and its figure under that name from one of the MEASURES.
"""

from __future__ import annotations

import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from lxml import html

from bench import stock
from bench.against.houses import House, Service

Figures = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure with what it should come to."""

    name: str
    most: float | None = None  #: of the figure itself
    ratio: float | None = None  #: of now to before


ROWS = [
    Row(name="story_cpu_s", ratio=0.6),
    Row(name="stories_per_s"),
    Row(name="story_post_statements", most=250),
    Row(name="story_post_checkouts", most=50),
    Row(name="story_repeated_statements"),
    Row(name="story_job_statements"),
    Row(name="story_all_statements"),
    Row(name="most_application_reads", most=2),
    Row(name="verify_own_cpu_ms", ratio=0.4),
    Row(name="verify_stranger_cpu_ms", ratio=0.2),
    Row(name="verify_two_cpu_ms", most=15),
    Row(name="archive_two_cpu_ms", most=20),
    Row(name="seal_cpu_ms", most=1),
    Row(name="render_application_cpu_ms", most=6),
    Row(name="check_cpu_s", ratio=0.3),
    Row(name="start_s"),
    Row(name="start_cpu_s"),
    Row(name="run_again_cpu_s", ratio=0.4),
    Row(name="first_page_cpu_ms", ratio=0.3),
    Row(name="task_page_cpu_ms", ratio=0.5),
    Row(name="idle_cpu_s_in_60", ratio=0.1),
    Row(name="idle_statements_in_60", ratio=0.1),
    Row(name="rss_mb"),
    Row(name="files_kb_a_story", most=700),
    Row(name="database_kb_a_story"),
    Row(name="first_view_bytes", most=50_000),
    Row(name="status_page_bytes", most=130_000),
]


@dataclass
class Subject:
    """A revision with its service and what was done with it."""

    house: House
    folder: Path
    stories: int  #: told in one round
    service: Service = field(init=False)
    told: int = 0  #: people of the crowd whose story is told
    form: bytes = b""  #: a form with two signatures that this service made
    has_run: bool = False  #: `make run` once
    task: str = ""  #: address of a review that waits
    waits: int = 0  #: of whom in the crowd

    def __post_init__(self) -> None:
        """Give it a service on data of its own."""
        self.service = Service(self.house, self.folder)

    def tell(self, count: int, hands: int = 3) -> float:
        """Tell so many stories; give the seconds on the wall."""
        first, self.told = self.told + 1, self.told + count
        words = ("stories", self.service.base, str(first), str(self.told), str(hands))
        return float(self.house.hand(*words)["seconds"])


# -- measured in turn, several times ----------------------------------------------------------


def check(subject: Subject) -> Figures:
    """Check every registration type from the command line."""
    return {"check_cpu_s": subject.service.command("check")}


def render(subject: Subject) -> Figures:
    """Render the application form, three pages with a photo."""
    return {"render_application_cpu_ms": subject.house.hand("render", "20")["ms"]}


def signing(subject: Subject) -> Figures:
    """Seal, verify and archive a form with two signatures."""
    taken = subject.house.hand("signing", str(subject.folder / "signing"), "20")
    return {
        "seal_cpu_ms": taken["seal"],
        "verify_two_cpu_ms": taken["verify"],
        "archive_two_cpu_ms": taken["archive"],
    }


def start(subject: Subject) -> Figures:
    """Start the service anew; it stays."""
    subject.service.stop()
    taken = subject.service.start()
    return {"start_s": taken["wall"], "start_cpu_s": taken["cpu"]}


def run_again(subject: Subject) -> Figures:
    """Do what `make run` does, for the second time; then open the first page. It stays."""
    subject.service.stop()
    *before, last = subject.house.run
    if not subject.has_run:
        for words in before:
            subject.service.command(*words)
        subject.service.start(words=last)
        settled_s(subject)  # what the demonstration has left to be done is of the first time
        subject.service.stop()
        subject.has_run = True
    taken = sum(subject.service.command(*words) for words in before)
    taken += subject.service.start(words=last)["cpu"]
    began = subject.service.cpu_s()
    httpx.get(f"{subject.service.base}/", timeout=60).raise_for_status()
    return {
        "run_again_cpu_s": taken,
        "first_page_cpu_ms": (subject.service.cpu_s() - began) * 1000,
    }


def task_page(subject: Subject, times: int = 20) -> Figures:
    """Open the page of a task as its reviewer, signed in, warm."""
    if not subject.task:
        subject.told += 1
        subject.waits = subject.told
        told = subject.house.hand("waiting", subject.service.base, str(subject.waits))
        subject.task = told["task"]
    taken = []
    for opened in (1, times + 1):
        began = subject.service.cpu_s()
        words = (subject.service.base, str(subject.waits), subject.task, str(opened))
        subject.house.hand("opens", *words)
        taken.append(subject.service.cpu_s() - began)
    return {"task_page_cpu_ms": (taken[1] - taken[0]) * 1000 / times}


def stories(subject: Subject) -> Figures:
    """Tell whole stories over HTTP, three at a time; the hands' own CPU does not count."""
    began = subject.service.cpu_s()
    seconds = subject.tell(subject.stories)
    settled_s(subject)
    return {
        "story_cpu_s": (subject.service.cpu_s() - began) / subject.stories,
        "stories_per_s": subject.stories / seconds,
    }


def settled_s(subject: Subject, quiet_s: float = 1.0) -> None:
    """Wait until the jobs that a story leaves behind are done: the service is nearly idle."""
    last = subject.service.cpu_s()
    for _ in range(60):
        time.sleep(quiet_s)
        now = subject.service.cpu_s()
        if now - last <= 0.08 * quiet_s:
            return
        last = now


def verify_own(subject: Subject) -> Figures:
    """Upload a form of this service with two signatures at /verify."""
    return {"verify_own_cpu_ms": _verify(subject, subject.form)}


def verify_stranger(subject: Subject) -> Figures:
    """Upload a file that a stranger signed."""
    return {"verify_stranger_cpu_ms": _verify(subject, stock.strangers_file(subject.folder))}


def _verify(subject: Subject, pdf: bytes, times: int = 10) -> float:
    """Give the CPU milliseconds of one upload, the page and its limits included."""
    with httpx.Client(base_url=subject.service.base, timeout=60) as client:
        page = html.fromstring(client.get("/verify").content)
        tokens = page.xpath('//input[@name="csrf_token"]/@value')  # none where nobody signs in
        fields = {"csrf_token": tokens[0]} if tokens else {}

        def upload() -> None:
            whence = {"X-Forwarded-For": f"198.51.100.{time.time_ns() // 1000 % 250 + 1}"}
            file = {"file": ("file.pdf", pdf, "application/pdf")}
            answer = client.post("/verify", data=fields, files=file, headers=whence)
            answer.raise_for_status()

        upload()  # once, for what is made at the first
        began = subject.service.cpu_s()
        for _ in range(times):
            upload()
        return (subject.service.cpu_s() - began) * 1000 / times


# -- measured once ----------------------------------------------------------------------------


def visit(subject: Subject) -> Figures:
    """Tell one story more, keep its form, weigh two pages with all they load."""
    subject.told += 1
    seen = subject.house.hand("visit", subject.service.base, str(subject.told), str(subject.folder))
    subject.form = Path(seen["form"]).read_bytes()
    return {name: seen[name] for name in ("first_view_bytes", "status_page_bytes")}


def memory(subject: Subject) -> Figures:
    """Look at the largest process after all stories."""
    return {"rss_mb": subject.service.rss_mb()}


def disk(subject: Subject) -> Figures:
    """Tell four stories more and see what they leave on the disk."""
    before = _weights(subject)
    subject.tell(4)
    settled_s(subject)
    after = _weights(subject)
    return {name: (after[name] - before[name]) / 4 / 1000 for name in after}


def _weights(subject: Subject) -> Figures:
    files = [path for path in (subject.folder / "files").rglob("*") if path.is_file()]
    database = [path for path in subject.folder.glob("zhuce.db*") if path.suffix != ".db-shm"]
    return {
        "files_kb_a_story": float(sum(path.stat().st_size for path in files)),
        "database_kb_a_story": float(sum(path.stat().st_size for path in database)),
    }


def idle(subject: Subject) -> Figures:
    """Leave the service alone for twenty seconds."""
    settled_s(subject)
    began = subject.service.cpu_s()
    time.sleep(20)
    return {"idle_cpu_s_in_60": (subject.service.cpu_s() - began) * 3}


def statements(subject: Subject) -> Figures:
    """Count what one story asks of the database, in a service that counts."""
    counts = subject.folder / "counts.jsonl"
    subject.service.stop()
    subject.service.start(counts=counts)
    subject.tell(1)
    settled_s(subject)
    counts.write_text("")
    subject.tell(1)
    settled_s(subject)
    lines = [json.loads(line) for line in counts.read_text().splitlines()]
    requests = [line for line in lines if "method" in line]
    posts = [line for line in requests if line["method"] == "POST" and _is_of_story(line["path"])]
    texts = [text for line in posts for text in line["texts"]]
    counts.write_text("")
    time.sleep(20)
    return {
        "story_post_statements": sum(line["statements"] for line in posts),
        "story_post_checkouts": sum(line["checkouts"] for line in posts),
        "story_repeated_statements": len(texts) - sum(len(set(line["texts"])) for line in posts),
        "story_all_statements": sum(line["statements"] for line in requests),
        "story_job_statements": sum("background" in line for line in lines),
        "most_application_reads": max(line["application_reads"] for line in requests),
        "idle_statements_in_60": 3 * counts.read_text().count("background"),
    }


def _is_of_story(path: str) -> bool:
    """Leave out signing in: the story begins when the people are there."""
    return not path.startswith(("/sign-in", "/portal"))


#: (what, how often); in this order, each in turn for both revisions
MEASURES: list[tuple[Callable[[Subject], Figures], int]] = [
    (check, 3),
    (render, 3),
    (signing, 2),
    (run_again, 2),
    (start, 3),
    (task_page, 3),
    (stories, 5),
    (visit, 1),
    (verify_own, 3),
    (verify_stranger, 3),
    (disk, 1),
    (memory, 1),
    (idle, 1),
    (statements, 1),
]
#: people that the measures need beside those of `stories`
OTHERS = 1 + 1 + 4 + 2


def measure(
    subjects: list[Subject], names: set[str] | None = None
) -> Iterator[tuple[str, list[Figures]]]:
    """Yield each measure's name with the medians of both, measured A B, B A, A B …"""
    for work, times in MEASURES:
        if names is not None and work.__name__ not in names:
            continue
        seen: list[dict[str, list[float]]] = [defaultdict(list) for _ in subjects]
        for number in range(times):
            turns = list(enumerate(subjects))
            for place, subject in turns if number % 2 == 0 else reversed(turns):
                for name, value in work(subject).items():
                    seen[place][name].append(value)
        yield (
            work.__name__,
            [
                {name: statistics.median(values) for name, values in figures.items()}
                for figures in seen
            ],
        )
