"""Whatever comes in gets a verdict with its reason, soon, and in little room."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import pytest

from ofd import judging, sealing
from ofd.findings import Problem
from tests.ofd.authority import NOW, Authority
from tests.ofd.conftest import ROOT, Paper
from tests.ofd.hostile import Case, Catalogue

MOST_CPU_S, MOST_MB = 1, 200
#: Judges each file of a pickled dict in a process of its own; tells the worst, and what was found
JUDGE = """
import json, pickle, resource, sys, time
from ofd import judging
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
files, trust = pickle.load(sys.stdin.buffer)
judging.judge(b"", trust)
before, slowest, found = peak(), (0, ""), {}
for name, data in files.items():
    began = time.process_time()
    report = judging.judge(data, trust)
    slowest = max(slowest, (time.process_time() - began, name))
    head, seals = report.head, report.seals
    every = [*report.findings, *(item for seal in seals for item in seal.findings)]
    found[name] = {
        "ok": report.ok,
        "problems": sorted(report.problems),
        "reasons": [finding.text for finding in every],
        "said": [head.title, head.creator, *head.facts.values()]
        + [text for seal in seals for text in (seal.seal, seal.number, seal.signer)],
    }
print(json.dumps({"slowest": slowest, "grown": peak() - before, "found": found}))
"""


@pytest.fixture(scope="module")
def cases(
    papers: dict[str, Paper],
    authority: Authority,
    stranger: Authority,
) -> dict[str, Case]:
    """Make every case from a letter that was sealed and stamped."""
    paper = papers["decision"]
    sealed = sealing.seal(paper.parts, authority.stamping_sealer(), paper.stamp(), at=NOW)
    return dict(Catalogue(sealed, paper.parts, paper.stamp(), authority, stranger).cases())


def test_each_is_told_as_what_it_is_soon_and_in_little_room(
    cases: dict[str, Case], authority: Authority
) -> None:
    """Within a second of CPU time and 200 MB, in a process that reads nothing else."""
    files = {name: data for name, (data, _) in cases.items()}

    done = subprocess.run(
        [sys.executable, "-c", JUDGE],
        input=pickle.dumps((files, authority.trust())),
        capture_output=True,
        check=True,
        cwd=ROOT,
    )

    told = json.loads(done.stdout)
    assert len(cases) >= 250
    for name, (_, problem) in cases.items():
        verdict = told["found"][name]
        assert not verdict["ok"], name
        assert problem in verdict["problems"] if problem else verdict["problems"], (name, verdict)
        # In Chinese, without what a screen would obey, and never a list that nobody reads.
        assert 1 <= len(verdict["reasons"]) <= 60, name
        assert all(reason.isprintable() for reason in verdict["reasons"]), name
        assert all(text.isprintable() and len(text) <= 120 for text in verdict["said"]), name
    assert told["slowest"][0] <= MOST_CPU_S, told["slowest"]
    assert told["grown"] <= MOST_MB


def test_files_of_others_are_told_as_theirs(cases: dict[str, Case], authority: Authority) -> None:
    """Other name spaces, IDs, encodings and ways to pack: what it is, and whose seal it is."""
    trust = authority.trust()

    read = {
        name: judging.judge(data, trust)
        for name, (data, _) in cases.items()
        if name.startswith("of others")
    }

    for name, report in read.items():
        assert report.head.title == "注册执业证书", name
        assert report.head.pages == 1, name
        assert report.is_intact is not True, name
    assert sum(bool(report.seals) for report in read.values()) >= 24
    told = {name: report.problems for name, report in read.items()}
    assert told["of others: two seals"] == {Problem.FOREIGN, Problem.LEFT_OUT}
    odd = [problems for name, problems in told.items() if "more data" in name or "P-256" in name]
    assert len(odd) == 3
    assert all(problems > {Problem.FOREIGN} and Problem.METHOD in problems for problems in odd)
