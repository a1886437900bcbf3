"""`make crossed`: two web processes, two workers and PostgreSQL, impatient people, and falls.

`python -m tests.crossed --seed 4711 --people 24` prints its seed and what was found; the exit
status is 1 when something happened that must not. What is chosen follows from the seed; which of
two threads comes first does not.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import NullPool, create_engine

from engine.jobs.queue import LEASE_S
from tests import installed
from tests.crossed import invariants
from tests.crossed.falls import Falls, Workers, tail
from tests.crossed.hands import Impatient, at_once
from tests.crossed.ledger import Ledger
from tests.crossed.tales import Tale, persist
from tests.postgresql import Cluster
from web.demo.walk.casts import crowd_cast
from web.demo.walk.server import Server
from web.process.wiring import TYPES

HANDS = 4  #: tales told at the same time


@contextmanager
def databases() -> Iterator[tuple[Cluster, dict[str, str]]]:
    """Start a PostgreSQL of our own; give it with the settings that name its databases."""
    cluster = Cluster()
    url = cluster.start()
    try:
        engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        named = {}
        for name in ("service", "keys"):
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            named[name] = url.replace("/postgres?", f"/{name}?")
        yield cluster, named
    finally:
        cluster.stop()


class City:
    """Everything that runs, and everybody who acts."""

    def __init__(self, server: Server, ledger: Ledger, seed: int, people: int) -> None:
        self.server, self.ledger = server, ledger
        self.chance = random.Random(seed)
        self.tales = [self._tale(number) for number in range(1, people + 1)]
        self.pairs = [
            tuple(
                self._tale(number, f"JS-2026-{pair:04d}")
                for number in (people + 2 * pair + 1, people + 2 * pair + 2)
            )
            for pair in range(people // 6)
        ]

    def _tale(self, number: int, claimed: str = "") -> Tale:
        chance = random.Random(self.chance.random())
        return Tale(
            self.server.base,
            crowd_cast(number),
            browser=lambda base: Impatient(base, self.ledger, chance),
            ledger=self.ledger,
            chance=chance,
            number=claimed,
        )

    def wait(self) -> None:
        """Wait a moment, as people do who met an error."""
        time.sleep(1.5)

    def live(self) -> None:
        """Tell every tale; the pairs then are decided at once."""
        paired = [tale for pair in self.pairs for tale in pair]
        everybody = [*self.tales, *paired]
        self.chance.shuffle(everybody)
        with ThreadPoolExecutor(HANDS) as pool:
            try:
                list(pool.map(lambda tale: persist(tale, self.wait), everybody))
            except BaseException:  # told to stop, or a tale that is wrong: nobody goes on
                self.ledger.stopped.set()
                raise
        for first, second in self.pairs:
            self._decide(first, second)

    def _decide(self, first: Tale, second: Tale) -> None:
        """Two approvers decide on two persons with one number; the loser is then refused."""
        if first.beaten or second.beaten:
            self.ledger.odd("of a pair one was told at the form that the number is taken")
        for _ in range(20):
            try:
                acts = [
                    tale.decide(login)
                    for tale, login in ((first, "jueding"), (second, "shenjue"))
                    if not tale.beaten
                ]
            except Exception:  # whoever reviewed is kept out: the other approver takes both
                try:
                    acts = [tale.decide("jueding") for tale in (first, second) if not tale.beaten]
                except Exception as error:
                    self.ledger.odd(f"decide: {type(error).__name__}")
                    self.wait()
                    continue
            at_once(acts)
            break
        for tale in (first, second):
            if tale.beaten:
                continue
            for _ in range(20):
                try:
                    if tale.status() in ("准予许可", "不予许可", "办结"):
                        break
                    tale.decide("jueding", "reject")()
                except Exception:
                    self.wait()
            else:
                self.ledger.wrong(f"{tale.application} is not decided")

    def close(self) -> None:
        for tale in (*self.tales, *(tale for pair in self.pairs for tale in pair)):
            tale.close()


def deployments(server: Server, ledger: Ledger, over: threading.Event) -> None:
    """Deploy a new version of the types twice at once, now and then."""
    for turn in range(3):
        if over.wait(20):
            return
        folder = server.folder / f"types-{turn}"
        shutil.copytree(TYPES, folder)
        for manifest in folder.glob("*/type.toml"):
            with manifest.open("a") as file:
                file.write(f"\n# turn {turn}\n")
        began = time.monotonic()

        def deploy(root: Path = folder) -> subprocess.CompletedProcess[bytes]:
            command = [sys.executable, "-m", "web.cli", "deploy", str(root)]
            return subprocess.run(command, env=server.environment, capture_output=True, check=False)

        for done in at_once([deploy, deploy]):
            if done.returncode != 0 or b"Traceback" in done.stderr:
                said = done.stderr.decode(errors="replace")[-300:]
                if ledger.is_calm(began):
                    ledger.wrong(f"zhuce deploy: {done.returncode} {said}")
                else:
                    ledger.odd(f"zhuce deploy beside a fall: {said[-80:]}")


def run(seed: int, people: int, pause_s: float, folder: Path) -> Ledger:
    """Let the city live until every case has gone on or ended; give what was seen."""
    ledger = Ledger()
    with databases() as (cluster, urls):
        server = Server(
            folder,
            fonts=Path(os.environ.get("ZHUCE_FONTS", "var/fonts")),
            extra={
                "ZHUCE_DATABASE_URL": urls["service"],
                "ZHUCE_KEYS_URL": urls["keys"],
                "ZHUCE_PROCESSES": "2",
                "ZHUCE_WORKER_THREADS": "0",
            },
        )
        installed.prepare(server, crowd=2 * people)
        server.start()
        workers = Workers(server, 2)
        over = threading.Event()
        city = City(server, ledger, seed, people)
        deploying = threading.Thread(target=deployments, args=(server, ledger, over))
        try:
            with Falls(server, workers, cluster, ledger, random.Random(seed + 1), pause_s):
                deploying.start()
                city.live()
            engine = create_engine(urls["service"], pool_pre_ping=True)
            ledger.drained = invariants.quiet(engine)
            if ledger.drained > LEASE_S + 10:
                ledger.wrong(f"I9 drained after {ledger.drained:.0f} s")
            ledger.ended.update(tale.application for tale in city.tales if tale.has_ended)
            invariants.judge(engine, ledger)
            engine.dispose()
            server.command("checkpoint")
            if '"ok": true' not in (said := server.command("verify", "--json", accept=(0, 1))):
                ledger.wrong(f"I5 I7 zhuce verify: {said[:500]}")
        finally:
            over.set()
            deploying.join()
            city.close()
            workers.stop()
            server.stop()
            log = server.log.read_text(errors="replace")
            for line in log.splitlines():
                if '"event": "unexpected"' in line or "Traceback" in line:
                    ledger.odd(f"log: {line[-400:]}")
            if ledger.violations:
                print(tail(server.log, 30))
    return ledger


def table(ledger: Ledger, seed: int) -> None:
    """Print what was promised beside what was found."""
    falls = ", ".join(f"{count} {what}" for what, count in sorted(ledger.falls.items()))
    print(f"\nseed {seed}: {len(ledger.ended)} registrations seen to their end, ", end="")
    print(f"{sum(ledger.answers.values())} answers; falls: {falls}")
    print(f"the job of a dead process waited {ledger.waited:.1f} s at most; ", end="")
    print(f"drained {ledger.drained:.1f} s after the last\n")
    print("| promise | contradicted |\n|---|---|")
    left = Counter(ledger.violations)
    for number, promise in invariants.PROMISES.items():
        found = [text for text in left if number in text.split()[:2]]
        found += [text for text in left if number == "I9" and not text.startswith("I")]
        print(f"| {number} {promise} | {sum(left[text] for text in found)} |")
    print()


def main() -> int:
    """Read the command line, let it run, and tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.crossed")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--pause", type=float, default=8.0, help="seconds between two falls")
    parser.add_argument("--keep", type=Path, help="folder that keeps the logs")
    options = parser.parse_args()
    print(f"seed {options.seed}: make crossed SEED={options.seed}", flush=True)
    for number in (signal.SIGTERM, signal.SIGINT):  # whoever stops us stops all of it
        signal.signal(number, signal.default_int_handler)
    folder = options.keep or Path(tempfile.mkdtemp(prefix="zhuce-crossed-"))
    ledger = run(options.seed, options.people, options.pause, folder)
    if options.keep is None:
        shutil.rmtree(folder, ignore_errors=True)
    for title, counted in (
        ("answers", ledger.answers),
        ("falls", ledger.falls),
        ("to look at", ledger.oddities),
        ("WRONG", ledger.violations),
    ):
        print(f"== {title}: {sum(counted.values())}")
        for what, count in counted.most_common():
            print(f"   {count:5} {what}")
    table(ledger, options.seed)
    print(f"seed {options.seed}: {'something is wrong' if ledger.violations else 'all held'}")
    return 1 if ledger.violations else 0


if __name__ == "__main__":
    sys.exit(main())
