"""Every statement, commit, kept file and outside call of an act fails once: nothing is half-done.

A plain run lets some places of each act fall, `make faults` each of them (ZHUCE_FAULTS=all). Which
ones a plain run takes follows from the seed it prints (ZHUCE_FAULTS_SEED).
"""

from __future__ import annotations

import os
import random
from collections.abc import Collection
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from refusals.refusal import Refusal
from tests.faults import account
from tests.faults.acts import ACTS, Act, Take
from tests.faults.falls import Fall, watch
from tests.memory import Memory
from tests.offices import Town
from tests.walks import Killed, another_worker_takes_over

pytestmark = pytest.mark.both_databases

ALL = os.environ.get("ZHUCE_FAULTS") == "all"
SEED = int(os.environ.get("ZHUCE_FAULTS_SEED", "7"))
VISITS = 3  #: a minute apart: a job that failed is tried again after one
SOME = 3  #: places of an act that a plain run lets fall


@pytest.mark.parametrize("act", ACTS, ids=str)
def test_an_act_is_done_once_wherever_it_fell(
    town: Town, monkeypatch: pytest.MonkeyPatch, act: Act
) -> None:
    """When anything under an act fails or the process dies, then it is done once, later."""
    take = act.prepare(town)
    town.memory = None
    before = Memory(town.office, town.world)
    scene = before.scene()
    falls = watch(town, monkeypatch)
    with falls.under(None):
        take()
    places, expected = list(falls.places), account.of(town)
    assert account.broken(town, with_papers=True) == []

    faults = []
    points = [(number, how) for how in Fall for number in range(len(places))]
    chosen = points if ALL else random.Random(f"{SEED} {act}").sample(points, SOME)
    for number, how in chosen:
        before.bring_back(scene)
        town.office.runner.job_runs.own.queue.clear()
        with falls.under(number, how), suppress(Killed, OperationalError, OSError, Refusal):
            take()
        seen = _come_back(town, take, expected, act.again)
        for fault in seen + account.broken(town):
            faults.append(f"{how} at {places[number]} {number} of {len(places)}: {fault}")
    assert not faults, "\n".join(
        [f"{act}: {len(chosen)} of {len(points)} places, seed {SEED}", *faults]
    )


def _come_back(
    town: Town, take: Take, expected: account.Account, again: Collection[Any]
) -> list[str]:
    """Let another process take over and somebody try again; say what is not as it should be."""
    for _ in range(VISITS):
        town.clock.forward(minutes=1)
        another_worker_takes_over(town)
        take()
        seen = account.differences(expected, account.of(town), again)
        if not seen:
            break
    return seen
