#!/usr/bin/env bash
# One would guess  Jobs with the same lock do not run at the same time. One that is scheduled for tomorrow does not run, so
#                  it holds nobody up; the documentation says that a lock passes over what is not available yet.
# What happens     Whatever is older and waits, blocks: a job of the same lock with `schedule_at` tomorrow stops all that
#                  is deferred after it until tomorrow, and so does a job that failed and is tried again in an hour. The
#                  worker is idle, no line of the log says that anything waits. Without the lock, or with a higher
#                  priority, the younger job runs at once.
# Versions         procrastinate 3.10.0, psycopg 3.3.6, PostgreSQL 16 (pgserver 0.1.4)
# Source           procrastinate/sql/schema.sql, procrastinate_fetch_job_v2: `other_jobs.status = 'todo'` without a look at
#                  `scheduled_at`; procrastinate.readthedocs.io, "Discussions", on locks; issue 1599 of the project
# Why it matters   One lock a case keeps its jobs in order: tell, sign, archive. A reminder for next month with the lock of
#                  its case holds up everything that the case does this month. Timers must carry no lock, or be no job.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check procrastinate==3.10.0 psycopg==3.3.6 psycopg-binary==3.3.6 psycopg-pool==3.3.1 pgserver==0.1.4
chmod 755 "$work"
cat > run.py <<'PYTHON'
import asyncio
import logging
from importlib.metadata import version
from pathlib import Path

import pgserver  # a PostgreSQL in a wheel; started by root it makes a user of its own name to run as
from procrastinate import App, PsycopgConnector


logging.disable(logging.CRITICAL)


async def ran(uri: str, name: str, first: dict, second: dict) -> list[str]:
    """Defer a job for tomorrow and one for now in a schema of its own; return what a worker runs until nothing is left to do."""
    app, seen = App(connector=PsycopgConnector(conninfo=f"{uri}&options=-csearch_path%3D{name}")), []

    @app.task(name="tell")
    def tell(what: str) -> None:
        seen.append(what)

    async with app.open_async():
        await app.connector.execute_query_async(f"CREATE SCHEMA {name}")
        await app.schema_manager.apply_schema_async()
        await tell.configure(schedule_in={"days": 1}, **first).defer_async(what="remind tomorrow")
        await tell.configure(**second).defer_async(what="archive now")
        await app.run_worker_async(wait=False, install_signal_handlers=False)
    return seen


async def main(uri: str) -> None:
    case = {"lock": "case 1"}
    alone = await ran(uri, "without", {}, {})
    locked = await ran(uri, "with_lock", case, case)
    heavier = await ran(uri, "with_priority", case, {**case, "priority": 1})
    print("without a lock:              ", alone)
    print("with the lock of their case: ", locked)
    print("and the second one of more weight:", heavier)
    assert alone == heavier == ["archive now"]
    assert locked == [], "passes over what is not due now"


with pgserver.get_server(Path("data").absolute()) as server:
    print("procrastinate", version("procrastinate"), "· psycopg", version("psycopg"), "· PostgreSQL", server.psql("SHOW server_version").split()[2])
    asyncio.run(main(server.get_uri()))
PYTHON
venv/bin/python run.py
