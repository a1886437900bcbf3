"""`make bench-against REV=9f70c38`: a table on the screen, build/bench-against.json."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from bench.against import houses
from bench.against.rows import MEASURES, OTHERS, ROWS, Row, Subject, measure

OUTPUT = houses.ROOT / "build" / "bench-against.json"


def main() -> int:
    """Measure both; the exit status is 1 when a row misses its target."""
    parser = argparse.ArgumentParser(prog="python -m bench.against", description=__doc__)
    parser.add_argument("revision", help="what to compare the working tree with")
    parser.add_argument("--stories", type=int, default=4, help="in one round (default 4)")
    parser.add_argument(
        "--only",
        nargs="*",
        metavar="MEASURE",
        help=", ".join(work.__name__ for work, _ in MEASURES),
    )
    chosen = parser.parse_args()
    only = set(chosen.only) | {"start"} if chosen.only else None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the services end with us
    pair = [houses.other(chosen.revision), houses.ours()]
    seen: list[dict[str, float]] = [{}, {}]
    with tempfile.TemporaryDirectory(prefix="zhuce-against-") as name:
        subjects = [Subject(house, Path(name) / house.name, chosen.stories) for house in pair]
        rounds = {work.__name__: times for work, times in MEASURES}
        for subject in subjects:
            subject.service.prepare(rounds["stories"] * chosen.stories + OTHERS)
        try:
            for measured, figures in measure(subjects, only):
                print(f"== {measured}", flush=True)
                for whole, part in zip(seen, figures, strict=True):
                    whole |= part
        finally:
            for subject in subjects:
                subject.service.stop()
    rows = [
        tell(row, *(figures[row.name] for figures in seen)) for row in ROWS if row.name in seen[0]
    ]
    answer = {"against": chosen.revision, "rows": {row.pop("name"): row for row in rows}}
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(answer, indent=1) + "\n")
    print(f"written to {OUTPUT}")
    return 1 if any(row["ok"] is False for row in rows) else 0


def tell(row: Row, before: float, now: float) -> dict[str, object]:
    """Print a row; give it as plain data. `ok` is None where nothing is demanded."""
    ratio = now / before if before else None
    wanted = [now <= row.most] if row.most is not None else []
    if row.ratio is not None:
        wanted.append(ratio is not None and ratio <= row.ratio)
    is_ok = all(wanted) if wanted else None
    goal = f"≤ {row.most:g}" if row.most is not None else ""
    goal = f"≤ {row.ratio:g} of it" if row.ratio is not None else goal
    verdict = {True: "ok", False: "MISSED", None: ""}[is_ok]
    shown = "–" if ratio is None else f"{ratio:.2f}"
    print(f"{row.name:<28}{before:>14,.2f}{now:>14,.2f}{shown:>8}  {goal} {verdict}".rstrip())
    return {"name": row.name, "before": before, "now": now, "ratio": ratio, "ok": is_ok}


if __name__ == "__main__":
    raise SystemExit(main())
