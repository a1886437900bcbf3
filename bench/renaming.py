"""A change of the enterprise's name with many engineers: items a second, memory flat.

`python -m bench.renaming --engineers 200` runs it alone.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from adapters.file_store import open_store
from bench.inside import town
from bench.measure import rss_mb
from casework.rename import batches
from engine.running.worker import Workers
from registry.certificates.certificates import Cause, Certificate
from registry.enterprises import enterprises, renames
from registry.enterprises.renames import BatchState
from storage.database import writing
from tests import engineers, people
from tests.offices import PIN, START, TYPE, Town

ENGINEERS = 2000  #: of the largest enterprise that the requirement names
WARM = 0.1  #: part of the batch after which memory is looked at first
THREADS = 2


def rename(folder: Path, fonts: Path, count: int = ENGINEERS) -> dict[str, float]:
    """Change the name of an enterprise with `count` engineers, until each new version is issued.

    The workers are those of one process of the embedded default. What follows later (evidence,
    short messages, the certificate store) is not waited for.
    """
    with town(folder / "renaming", fonts) as place:
        place.office.files = open_store(str(folder / "renaming" / "files"))
        clerk = place.enterprise()
        _hire(place, count)
        batch = batches.compute(place.office, people.uscc(1), TYPE, clerk)
        began, began_cpu = time.perf_counter(), time.process_time()
        batches.confirm(place.office, batch, PIN, clerk)
        workers = Workers(place.office.runner, THREADS)
        workers.start()
        _until(place, batch, int(count * WARM))
        warm = rss_mb(os.getpid())
        _until(place, batch, count)
        rest = rss_mb(os.getpid())
        took_s, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
        workers.stop(60)
    per_s = count / took_s
    return {
        "rename_items_per_s": per_s,
        "rename_2000_s": ENGINEERS / per_s,
        "rename_cpu_ms_per_item": cpu_s * 1000 / count,
        "rename_rss_growth_mb": rest - warm,
    }


def _hire(place: Town, count: int) -> None:
    """Register the engineers, each with a claimed certificate; then the name changes outside."""
    uscc = people.uscc(1)
    known = place.world.companies[uscc]
    with writing(place.office.sessions) as session:
        enterprises.record(session, known, at=START)
        engineers.register(
            session,
            place.office.files,
            range(1, count + 1),
            uscc=uscc,
            enterprise_name=known.name,
            at=START,
            valid_to=date(2029, 6, 1),
        )
    place.world.companies[uscc] = replace(known, name="上海示例结构设计集团有限公司")


def _until(place: Town, batch: str, count: int) -> None:
    """Wait until so many new versions are issued; at the end the batch must be done too."""
    issued = (
        select(func.count())
        .select_from(Certificate)
        .where(Certificate.cause == Cause.RENAME, Certificate.issued_at.is_not(None))
    )
    while True:
        with place.office.sessions() as session:
            number = session.scalar(issued) or 0
            state = renames.get(session, batch).state
        if state == BatchState.PARTIAL:
            raise RuntimeError("some items of the batch failed")
        if number >= count:
            gc.collect()
            return
        time.sleep(0.2)


def main() -> None:
    """Measure alone and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.renaming")
    parser.add_argument("--engineers", type=int, default=ENGINEERS)
    count = parser.parse_args().engineers
    fonts = Path(os.environ.get("ZHUCE_FONTS", "var/fonts"))
    with tempfile.TemporaryDirectory(prefix="zhuce-bench-") as name:
        for key, value in rename(Path(name), fonts, count).items():
            print(f"{key:<36}{value:>14.3f}")


if __name__ == "__main__":
    main()
