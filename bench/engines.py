"""Our job rows beside Procrastinate, on one PostgreSQL in one run: what decision 5 rests on.

    python -m bench.engines            measures both, in turn, and writes build/bench-engines.json
    python -m bench.engines ours URL   a worker process of ours, as the measure starts them
    python -m bench.engines theirs URL one of Procrastinate's

Both do the same: a transaction leaves a job, a worker of another process notes when it started and
writes one row. Ours does so in the transaction that ends the job, Procrastinate's task in its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from engine.definitions import Definitions
from engine.jobs import queue
from engine.operations import Call, Operations, Outcome
from engine.running.runner import open_runner
from engine.running.worker import Workers
from storage.database import Base, new_id, open_database, sessions_of, writing
from tests.postgresql import Cluster

OUTPUT = Path("build/bench-engines.json")
WORK = "bench/work"
SINGLE, MANY, KILLED = 60, 500, 40  #: jobs of each measure
WORKERS, RUNS = (1, 2, 4), 3
SLEEP_S = 0.2  #: of a job that is killed at
IDLE_S = 30.0
#: Procrastinate notices the dead by their heartbeat; its defaults are 10 and 30 seconds.
BEAT_S, STALLED_S = 2.0, 8.0
_NOTED = """CREATE TABLE noted (id text, started timestamptz, ended timestamptz)"""
_SENT = re.compile(r"LOG: +(?:statement|execute [^:]+): *(\w*|;)")
_FRAMES = {"", ";", "BEGIN", "COMMIT", "ROLLBACK"}


class Ours:
    """The rows of `engine.jobs`, and `engine.running.worker` over them."""

    name = "ours"
    at_work = "SELECT key FROM job WHERE state = 'RUNNING'"

    def __init__(self, url: str) -> None:
        self.url = url

    def prepare(self) -> None:
        """Make the tables."""
        engine = open_database(self.url)
        Base.metadata.create_all(engine)
        engine.dispose()

    @contextmanager
    def leaving(self) -> Iterator[Any]:
        """Give what leaves jobs, each list in one transaction."""
        engine = open_database(self.url)
        sessions = sessions_of(engine)

        def leave(keys: list[str], sleep_s: float) -> None:
            with writing(sessions) as session:
                for key in keys:
                    queue.ask(session, WORK, {"sleep_s": sleep_s}, key, datetime.now(UTC))

        yield leave
        engine.dispose()

    def work(self) -> None:
        """Be a worker process, until killed."""
        sessions = sessions_of(open_database(self.url))
        operations = Operations()

        @operations.add(WORK, schema={"sleep_s": float})
        def work(_office: object, call: Call, sleep_s: float) -> Outcome:
            began = time.time()
            time.sleep(sleep_s)

            def commit(session: Session) -> None:
                values = {"id": call.key, "began": began}
                session.execute(
                    text("INSERT INTO noted VALUES (:id, to_timestamp(:began), clock_timestamp())"),
                    values,
                )

            return Outcome(commit=commit)

        runner = open_runner(
            sessions, Definitions(sessions), operations, None, lambda: datetime.now(UTC)
        )
        Workers(runner, threads=1).start()
        signal.pause()


class Theirs:
    """Procrastinate with its own connector; jobs are left by its function in our transaction."""

    name = "theirs"
    at_work = "SELECT args->>'key' FROM procrastinate_jobs WHERE status = 'doing'"

    def __init__(self, url: str) -> None:
        self.url = url.replace("postgresql+psycopg", "postgresql")

    def app(self) -> Any:
        """Give the application, with the task that a killed worker's jobs need to be found."""
        import procrastinate

        app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(conninfo=self.url, min_size=1, max_size=4)
        )

        @app.task(name=WORK, retry=3)
        async def work(key: str, sleep_s: float) -> None:
            began = time.time()
            await asyncio.sleep(sleep_s)
            await app.connector.execute_query_async(
                "INSERT INTO noted VALUES (%(id)s, to_timestamp(%(began)s), clock_timestamp())",
                id=key,
                began=began,
            )

        @app.periodic(cron="* * * * * */5")
        @app.task(name="bench/stalled", queueing_lock="stalled", pass_context=True)
        async def stalled(context: Any, timestamp: int) -> None:
            del context, timestamp
            manager = app.job_manager
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
                await manager.retry_job(job)

        return app

    def prepare(self) -> None:
        """Make its tables."""

        async def apply() -> None:
            async with self.app().open_async() as app:
                await app.schema_manager.apply_schema_async()

        asyncio.run(apply())

    @contextmanager
    def leaving(self) -> Iterator[Any]:
        """Give what leaves jobs, each list in one transaction."""
        with psycopg.connect(self.url) as connection:

            def leave(keys: list[str], sleep_s: float) -> None:
                rows = [
                    f"ROW('default', '{WORK}', 0, NULL, NULL,"
                    f" '{json.dumps({'key': key, 'sleep_s': sleep_s})}'::jsonb,"
                    " NULL)::procrastinate_job_to_defer_v1"
                    for key in keys
                ]
                for start in range(0, len(rows), 200):
                    some = ", ".join(rows[start : start + 200])
                    connection.execute(f"SELECT procrastinate_defer_jobs_v1(ARRAY[{some}])")
                connection.commit()

            yield leave

    def work(self) -> None:
        """Be a worker process, until killed."""

        async def run() -> None:
            async with self.app().open_async() as app:
                await app.run_worker_async(
                    concurrency=1,
                    update_heartbeat_interval=BEAT_S,
                    stalled_worker_timeout=STALLED_S,
                    install_signal_handlers=False,
                )

        asyncio.run(run())


ENGINES = {engine.name: engine for engine in (Ours, Theirs)}


class Bench:
    """One engine on its own database, with what looks at it."""

    def __init__(self, engine: Ours | Theirs, log: Path) -> None:
        self.engine, self._log = engine, log
        engine.prepare()
        plain = engine.url.replace("postgresql+psycopg", "postgresql")
        self.looking = psycopg.connect(plain, autocommit=True)
        self.looking.execute(_NOTED)

    def calm(self) -> dict[str, float]:
        """Measure one worker that has nothing to do, and what it takes until it starts a job."""
        with _workers(self.engine, 1), self.engine.leaving() as leave:
            _wait(self.looking, leave, 1)
            waits = sorted(_single(self.looking, leave) for _ in range(SINGLE))
            return {
                "start_p50_s": statistics.median(waits),
                "start_p95_s": waits[int(len(waits) * 0.95)],
                "idle_statements_a_minute": _idle(self.looking, self._log),
            }

    def speed(self, count: int) -> float:
        """Return the jobs a second of so many worker processes."""
        with _workers(self.engine, count), self.engine.leaving() as leave:
            _wait(self.looking, leave, count)
            return MANY / _wait(self.looking, leave, MANY)

    def killed(self) -> dict[str, float]:
        """See `_killed`."""
        with self.engine.leaving() as leave:
            return _killed(self.engine, self.looking, leave)


def measure(benches: dict[str, Bench]) -> dict[str, dict[str, float]]:
    """Measure in turn: what else the machine does hits both. Of speeds the median counts."""
    figures = {name: bench.calm() for name, bench in benches.items()}
    for count in WORKERS:
        runs = [{name: bench.speed(count) for name, bench in benches.items()} for _ in range(RUNS)]
        for name in benches:
            speed = statistics.median(run[name] for run in runs)
            figures[name][f"jobs_a_second_{count}"] = speed
    for name, bench in benches.items():
        figures[name] |= bench.killed()
    return figures


def _single(looking: Any, leave: Any) -> float:
    """Leave one job; return the seconds from the commit to its start."""
    key = new_id()
    leave([key], 0.0)
    committed = time.time()
    while True:
        row = looking.execute("SELECT extract(epoch FROM started) FROM noted WHERE id = %s", [key])
        if started := row.fetchone():
            return max(0.0, float(started[0]) - committed)
        time.sleep(0.005)


def _wait(looking: Any, leave: Any, count: int) -> float:
    """Leave jobs; return the seconds until all of them are done."""
    keys, began = [new_id() for _ in range(count)], time.monotonic()
    leave(keys, 0.0)
    _until_done(looking, keys)
    return time.monotonic() - began


def _until_done(looking: Any, keys: list[str], patience_s: float = 180.0) -> int:
    """Wait until all are noted or patience ends; return how many are missing."""
    enough = time.monotonic() + patience_s
    while time.monotonic() < enough:
        query = "SELECT count(DISTINCT id) FROM noted WHERE id = ANY(%s)"
        done = looking.execute(query, [keys]).fetchone()[0]
        if done == len(keys):
            return 0
        time.sleep(0.02)
    return len(keys) - int(done)


def _idle(looking: Any, log: Path) -> float:
    """Return how many statements an idle worker sends in a minute, without transactions' frames."""
    looking.execute("ALTER SYSTEM SET log_statement = 'all'")
    looking.execute("SELECT pg_reload_conf()")
    time.sleep(2)
    seen = len(log.read_text("utf-8"))
    time.sleep(IDLE_S)
    lines = _SENT.findall(log.read_text("utf-8")[seen:])
    looking.execute("ALTER SYSTEM RESET log_statement")
    looking.execute("SELECT pg_reload_conf()")
    return sum(word not in _FRAMES for word in lines) * 60 / IDLE_S


def _killed(engine: Ours | Theirs, looking: Any, leave: Any) -> dict[str, float]:
    """Kill one of two workers at its work: what is lost, done twice, and when it is taken up."""
    keys = [new_id() for _ in range(KILLED)]
    with _workers(engine, 2) as processes:
        _wait(looking, leave, 2)
        leave(keys, SLEEP_S)
        time.sleep(KILLED * SLEEP_S / 8 + SLEEP_S / 2)
        os.kill(processes[0].pid, signal.SIGKILL)
        killed = time.time()
        at_work = [key for (key,) in looking.execute(engine.at_work).fetchall()]
        missing = _until_done(looking, keys)
        query = "SELECT id, extract(epoch FROM started) FROM noted WHERE id = ANY(%s)"
        rows = looking.execute(query, [keys]).fetchall()
    started = [float(began) for key, began in rows if key in at_work]
    return {
        "killed_missing": missing,
        "killed_twice": len(rows) - len({key for key, _ in rows}),
        "killed_taken_up_s": max(started) - killed if started else 0.0,
    }


@contextmanager
def _workers(engine: Ours | Theirs, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    command = [sys.executable, "-m", "bench.engines", engine.name, engine.url]
    processes = [subprocess.Popen(command) for _ in range(count)]
    time.sleep(3)
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main() -> None:
    """Measure both, or be a worker of one."""
    parser = argparse.ArgumentParser(prog="python -m bench.engines")
    parser.add_argument("engine", nargs="?", choices=list(ENGINES))
    parser.add_argument("url", nargs="?")
    said = parser.parse_args()
    if said.engine:
        ENGINES[said.engine](said.url).work()
        return
    os.environ["PYTHONWARNINGS"] = "ignore"
    cluster = Cluster()
    url = cluster.start()
    try:
        plain = url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(plain, autocommit=True) as connection:
            for name in ENGINES:
                connection.execute(f"CREATE DATABASE {name}")
        log = cluster.folder / "log"
        figures = measure(
            {
                name: Bench(engine(url.replace("/postgres?", f"/{name}?")), log)
                for name, engine in ENGINES.items()
            }
        )
    finally:
        cluster.stop()
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    print(f"{'':<28}{'job rows':>12}{'Procrastinate':>15}")
    for name, value in figures[Ours.name].items():
        print(f"{name:<28}{value:>12.3f}{figures[Theirs.name][name]:>15.3f}")


if __name__ == "__main__":
    main()
