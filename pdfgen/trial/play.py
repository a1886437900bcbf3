"""The program of the process that `pdfgen.trial.stage` keeps warm: it rehearses what is asked.

python -m pdfgen.trial.play FONTS   < questions, a line each   > answers, a line each
"""

from __future__ import annotations

import base64
import json
import resource
import select
import sys
from dataclasses import asdict
from pathlib import Path

from pdfgen.trial.rehearsal import rehearse, sample
from pdfgen.trial.versions import beside

IDLE_S = 60  #: how long it waits for another question
MOST_MEMORY = 4 << 30  #: bytes of address space; whoever asks for more ends


def _confine() -> None:
    """Let a template that piles up values or files end this process, not the machine."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def play(fonts: Path) -> None:
    """Answer questions, a line each, until nobody asks any more."""
    lines = sys.stdin.buffer
    while select.select([lines], [], [], IDLE_S)[0] and (line := lines.readline()):
        question = json.loads(line)
        files = {name: base64.b64decode(text) for name, text in question["files"].items()}
        kinds = [(document, kind) for document, kind in question["kinds"]]
        if question.get("pages"):
            former = {name: base64.b64decode(text) for name, text in question["pages"].items()}
            told: object = [
                [base64.b64encode(page).decode() for page in side]
                for side in beside(former, files, kinds[0], fonts)
            ]
        elif question.get("show"):
            told = base64.b64encode(sample(files, kinds[0], fonts)).decode()
        else:
            told = [[asdict(fault) for fault in faults] for faults in rehearse(files, kinds, fonts)]
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _confine()
    play(Path(sys.argv[1]))
