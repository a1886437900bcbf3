"""Examine a stranger's file in a process of its own, which may be killed.

pyHanko can be led astray by a file that is made for it; what runs here has a limit of processor
time and memory and answers in JSON, so that the worst file costs some seconds and tells nothing.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import resource
import subprocess
import sys

from signing.judging import verify
from signing.judging.findings import Code, finding
from signing.judging.reports import FileReport
from signing.judging.verify import Expected
from signing.keys.trust import Trust

SECONDS = 5  #: of processor time; six times that on the clock
_MEMORY_BYTES = 1024 * 1024 * 1024


def examine(
    pdf: bytes, trust: Trust, *, expected: Expected | None = None, seconds: int = SECONDS
) -> FileReport:
    """Examine as `verify.examine` does; E_CHECK_TIMEOUT when the limits were reached."""
    question = pickle.dumps((pdf, trust, expected))
    command = [sys.executable, "-m", "signing.judging.apart", str(seconds)]
    try:
        run = subprocess.run(  # noqa: S603 (our own program, the file arrives as input)
            command, input=question, capture_output=True, timeout=6 * seconds, check=True
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        sha256 = hashlib.sha256(pdf).hexdigest()
        findings = (finding(Code.CHECK_TIMEOUT),)
        return FileReport(sha256=sha256, checked_at=trust.at, findings=findings)
    return FileReport.from_json(json.loads(run.stdout))


def _answer(seconds: int) -> None:
    """Be the child: limit oneself, read the question, write the report."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    pdf, trust, expected = pickle.load(sys.stdin.buffer)  # noqa: S301 (from our own parent)
    report = verify.examine(pdf, trust, expected=expected)
    json.dump(report.to_json(), sys.stdout)


if __name__ == "__main__":
    _answer(int(sys.argv[1]))
