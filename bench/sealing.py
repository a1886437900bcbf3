"""A list of files sealed with one PIN: seconds for a hundred, besides the PIN.

`python -m bench.sealing --files 30` runs it alone.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import date
from pathlib import Path

from bench.inside import town
from casework.signature import seal_batches
from registry.enterprises import seal_batches as lists
from tests import people
from tests.offices import PIN, Town

FILES = 100  #: the longest list


def seal(folder: Path, fonts: Path, count: int = FILES) -> dict[str, float]:
    """Seal `count` signed applications with one PIN, as one worker does; scaled to a hundred.

    What follows later (evidence, short messages) is not waited for.
    """
    with town(folder / "sealing", fonts) as place:
        clerk = place.enterprise()
        cases = [_signed(place, number) for number in range(1, count + 1)]
        place.works()
        began = time.process_time()
        batch = seal_batches.compose(place.office, people.uscc(1), cases, clerk)
        looked_s = time.process_time() - began
        with place.office.sessions() as session:
            chosen = [item.id for item in lists.items(session, batch)]
        seal_batches.confirm(
            place.office, batch, chosen=chosen, opinions_ticked=True, pin=PIN, actor=clerk
        )
        began, began_wall = time.process_time(), time.perf_counter()
        while _left(place, batch):
            place.office.runner.run_due(limit=1)
        sealed_s, took_s = time.process_time() - began, time.perf_counter() - began_wall
        with place.office.sessions() as session:
            sealed = lists.counts(session, batch)[lists.SealItemState.SEALED]
    if sealed != count:
        raise AssertionError(f"{sealed} of {count} files are sealed")
    scale = FILES / count
    return {
        "seal_100_cpu_s": sealed_s * scale,
        "seal_100_s": took_s * scale,
        "seal_100_shown_cpu_s": looked_s * scale,
    }


def _signed(place: Town, number: int) -> str:
    person = place.person(number, issued=date(2025, 6, 2))
    case = place.starts(person)
    place.saves(case, person, place.values(case, person))
    place.clock.forward(minutes=2)
    place.signs(case, person)
    return case


def _left(place: Town, batch: str) -> int:
    with place.office.sessions() as session:
        counted = lists.counts(session, batch)
    return sum(counted[state] for state in lists.OPEN_STATES)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=FILES)
    fonts = Path(os.environ.get("ZHUCE_FONTS", "var/fonts"))
    with tempfile.TemporaryDirectory(prefix="zhuce-bench-") as name:
        for key, value in seal(Path(name), fonts, parser.parse_args().files).items():
            print(f"{key:24} {value:8.2f}")
