"""`make bench`: everything in one run, a table on the screen, build/bench.json; or some parts."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import inside, national, pages, renaming, sealing, service, studio, upkeep
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
    "studio_play_step_ms": 300,
    "studio_check_ms": 150,
    "studio_editor_opens_s": 2,
    "studio_dry_run_10000_s": 60,
    "studio_heat_map_90_days_ms": 300,
    "studio_heat_map_3_years_ms": 300,
    "studio_heat_map_csv_ms": 300,
    "studio_heat_map_uncounted_ms": 300,
}
OUTPUT = Path("build/bench.json")


def main() -> int:
    """Measure; the exit status is 1 when a budget is exceeded."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--stories", type=int, default=500, help="for the memory figures")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    said = parser.parse_args()
    if unknown := set(said.parts) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    fonts = Path(os.environ.get("ZHUCE_FONTS", "var/fonts"))
    figures: dict[str, float] = {}
    for name, (title, measure) in PARTS.items():
        if said.parts and name not in said.parts:
            continue
        print(f"== {title}", flush=True)
        with tempfile.TemporaryDirectory(prefix="zhuce-bench-") as folder:
            figures |= measure(Path(folder), fonts, said.stories)
    if {"story_cpu_s", "story_inside_cpu_s"} <= figures.keys():
        # What a story costs over HTTP and not inside: pages, sessions, the server.
        share = 1 - figures["story_inside_cpu_s"] / figures["story_cpu_s"]
        figures["story_share_web"] = max(0, share)
    _tell(figures)
    over = [name for name, budget in BUDGETS.items() if figures.get(name, budget) > budget]
    return 1 if over else 0


def _pages(folder: Path, fonts: Path, _stories: int) -> dict[str, float]:
    (folder / "pages").mkdir()
    return pages.costs(folder / "pages", fonts)


def _task_on_sqlite(folder: Path, fonts: Path, _stories: int) -> dict[str, float]:
    url = f"sqlite:///{folder / 'floor.db'}"
    ratio = service.task_over_floor(folder / "sqlite", fonts, {}, url)
    return {"task_http_over_floor.sqlite": ratio}


def _task_on_postgresql(folder: Path, fonts: Path, _stories: int) -> dict[str, float]:
    with _cluster() as (first, second, third):
        extra = {"ZHUCE_DATABASE_URL": first, "ZHUCE_KEYS_URL": second}
        ratio = service.task_over_floor(folder / "postgresql", fonts, extra, third)
    return {"task_http_over_floor.postgresql": ratio}


def _statements(folder: Path, fonts: Path, _stories: int) -> dict[str, float]:
    return {"task_sql_statements": task_sql_statements(folder, fonts)}


Measure = Callable[[Path, Path, int], dict[str, float]]


def _alone(measure: Callable[[Path, Path], dict[str, float]]) -> Measure:
    return lambda folder, fonts, _stories: measure(folder, fonts)


#: Each part with its title and what measures it: folder, fonts, number of stories → figures.
PARTS: dict[str, tuple[str, Measure]] = {
    "signing": ("signing and rendering", _alone(inside.signing_and_rendering)),
    "story": ("where a story's time goes", _alone(inside.story)),
    "rounds": ("fifty rounds", _alone(inside.rounds)),
    "night": ("one night of 100,000 registrations", _alone(upkeep.expiry_sweep)),
    "pages": ("every page", _pages),
    "seals": ("a list of seals with one PIN", _alone(sealing.seal)),
    "national": ("certificates as OFD under national seals", _alone(national.measure)),
    "studio": ("what analysts wait for", _alone(studio.measure)),
    "statements": ("statements of one task", _statements),
    "task-sqlite": ("one task over HTTP on SQLite", _task_on_sqlite),
    "task-postgresql": ("one task over HTTP on PostgreSQL", _task_on_postgresql),
    "memory": ("whole registrations over HTTP", service.memory),
    "rename": ("an enterprise with 2,000 engineers changes its name", _alone(renaming.rename)),
}


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
    before = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
    OUTPUT.write_text(json.dumps(dict(sorted((before | figures).items())), indent=1) + "\n")
    print(f"written to {OUTPUT}")


if __name__ == "__main__":
    raise SystemExit(main())
