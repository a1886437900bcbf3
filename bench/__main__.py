"""`make bench`: everything in one run, a table on the screen, build/bench.json."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import inside, national, pages, renaming, sealing, service, upkeep
from bench.statements import task_sql_statements
from tests.postgresql import Cluster

#: At most so much; `None` is only shown.
BUDGETS: dict[str, float] = {
    "task_http_over_floor.sqlite": 4,
    "task_http_over_floor.postgresql": 4,
    "task_sql_statements": 15,
    "round50_over_round1": 1.3,
    "state_bytes": 4096,
    "sign_bb_p256_cpu_ms": 3,
    "render_application_ms": 40,
    "rss_mb_after_500": 350,
    "rss_growth_200_500_mb": 15,
    "expiry_rss_growth_mb": 60,
    "rename_2000_s": 180,
    "rename_rss_growth_mb": 30,
    "seal_100_cpu_s": 6,
    "page_p95_cpu_ms": 60,
    "ofd_draw_cpu_ms": 40,
    "ofd_seal_cpu_ms": 5,
    "ofd_judge_cpu_ms": 8,
    "ofd_bytes_over_pdf": 1.2,
    "ofd_rss_growth_mb": 5,
    "claim_both_over_pdf": 1.3,
}
OUTPUT = Path("build/bench.json")


def main() -> int:
    """Measure; the exit status is 1 when a budget is exceeded."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--stories", type=int, default=500, help="for the memory figures")
    stories = parser.parse_args().stories
    fonts = Path(os.environ.get("ZHUCE_FONTS", "var/fonts"))
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="zhuce-bench-") as name:
        folder = Path(name)
        _say("signing and rendering")
        figures |= inside.signing_and_rendering(folder, fonts)
        _say("where a story's time goes")
        figures |= inside.story(folder, fonts)
        _say("fifty rounds")
        figures |= inside.rounds(folder, fonts)
        _say("one night of 100,000 registrations")
        figures |= upkeep.expiry_sweep(folder, fonts)
        _say("every page")
        (folder / "pages").mkdir()
        figures |= pages.costs(folder / "pages", fonts)
        _say("a list of seals with one PIN")
        figures |= sealing.seal(folder, fonts)
        _say("certificates as OFD under national seals")
        figures |= national.measure(folder, fonts)
        _say("statements of one task")
        figures["task_sql_statements"] = task_sql_statements(folder, fonts)
        _say("one task over HTTP on SQLite")
        url = f"sqlite:///{folder / 'floor.db'}"
        key = "task_http_over_floor"
        figures[f"{key}.sqlite"] = service.task_over_floor(folder / "sqlite", fonts, {}, url)
        _say("one task over HTTP on PostgreSQL")
        with _cluster() as (first, second, third):
            extra = {"ZHUCE_DATABASE_URL": first, "ZHUCE_KEYS_URL": second}
            figures[f"{key}.postgresql"] = service.task_over_floor(
                folder / "postgresql", fonts, extra, third
            )
        _say(f"{stories} stories over HTTP")
        figures |= service.memory(folder, fonts, stories)
        # What a story costs over HTTP and not inside: pages, sessions, the server.
        figures["story_share_web"] = max(
            0, 1 - figures["story_inside_cpu_s"] / figures["story_cpu_s"]
        )
        _say("an enterprise with 2,000 engineers changes its name")
        figures |= renaming.rename(folder, fonts)
    _tell(figures)
    return 1 if any(figures[name] > budget for name, budget in BUDGETS.items()) else 0


@contextmanager
def _cluster() -> Iterator[tuple[str, str, str]]:
    """Start PostgreSQL; give three databases of it."""
    import psycopg

    cluster = Cluster()
    url = cluster.start()
    try:
        plain = url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(plain, autocommit=True) as connection:
            for name in ("service", "keys", "floor"):
                connection.execute(f"CREATE DATABASE {name}")
        yield tuple(url.replace("/postgres?", f"/{name}?") for name in ("service", "keys", "floor"))
    finally:
        cluster.stop()


def _tell(figures: dict[str, float]) -> None:
    """Print the table and write the file."""
    for name, value in sorted(figures.items()):
        budget = BUDGETS.get(name)
        verdict = "" if budget is None else f"≤ {budget:g} {'ok' if value <= budget else 'OVER'}"
        print(f"{name:<36}{value:>14.3f}  {verdict}")
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(dict(sorted(figures.items())), indent=1) + "\n")
    print(f"written to {OUTPUT}")


def _say(text: str) -> None:
    print(f"== {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
