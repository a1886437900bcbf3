"""The command line: `zhuce serve | worker | migrate | check | deploy | seed | sweep | …`."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

from engine.errors import EngineError
from registry.errors import Refusal
from registry.trail.audit import Checkpoint
from signing.errors import SigningError
from web.process.logs import configure
from web.settings import Settings, SettingsError


def serve(settings: Settings, _: argparse.Namespace) -> int:
    """Serve the pages and do the jobs until told to stop."""
    from granian.constants import Interfaces
    from granian.server import Server

    from web.process import wiring

    wiring.require_schema(settings.database_url)
    wiring.require_built(settings)
    wiring.require_port(settings)
    _greet(settings)
    Server(
        "web.serving:app",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.processes,
        blocking_threads=settings.threads,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        websockets=False,
        log_access=False,
    ).serve()
    return 0


def worker(settings: Settings, _: argparse.Namespace) -> int:
    """Do jobs without serving pages, until told to stop."""
    from web.process import heap, twins, wiring

    heap.be_thrifty()
    crew = wiring.Crew(wiring.open_office_of(settings), max(settings.worker_threads, 1))
    crew.start()
    twins.wait_for_the_end()
    crew.stop()
    return 0


def migrate(settings: Settings, _: argparse.Namespace) -> int:
    """Bring the database to the present schema."""
    from web.process import wiring

    began = time.monotonic()
    wiring.migrate_database(settings)
    _say(f"数据库已是最新结构（{time.monotonic() - began:.1f} 秒）")
    return 0


def deploy(settings: Settings, arguments: argparse.Namespace) -> int:
    """Put the registration types into the database; the status is 1 when one was refused."""
    from web.process import wiring

    refused = 0
    office = wiring.open_office_of(settings)
    for one in wiring.deploy_types(office, arguments.folder or wiring.TYPES):
        _say(f"{one.key} {one.version[:12]} {one.state.label}")
        for problem in one.problems:
            print(f"  {problem}", file=sys.stderr)
        refused += bool(one.problems)
    return 1 if refused else 0


def check(settings: Settings, arguments: argparse.Namespace) -> int:
    """Check the registration types of a folder without deploying; needs no database."""
    from casework import deployment
    from web.process import wiring

    refused = 0
    for key, problems in deployment.examine(arguments.folder or wiring.TYPES, settings.fonts):
        _say(f"{key} {f'有 {len(problems)} 处错误' if problems else '没有错误'}")
        for problem in problems:
            print(f"  {problem}", file=sys.stderr)
        refused += bool(problems)
    return 1 if refused else 0


def seed(settings: Settings, arguments: argparse.Namespace) -> int:
    """Add the demonstration people where demonstration is on."""
    if not settings.demo:
        _say("演示方式未开启，不添加演示人员")
        return 0
    from web.demo.people.seed import seed as add
    from web.process import wiring

    office = wiring.open_office_of(settings)
    _say(f"演示人员 {add(office, crowd=arguments.crowd)} 名")
    if arguments.population is not None:
        from web.demo.people.population import populate

        done = populate(office, lambda text: _say(f"  {text}"), arguments.population)
        _say(f"演示业务 {done} 件（已有的不动）")
    return 0


def import_registrations(settings: Settings, arguments: argparse.Namespace) -> int:
    """Take over registrations of an earlier register from a CSV file; bad rows are listed."""
    from casework.case import offered_professions
    from casework.registration import register_import
    from web.process import wiring

    try:
        rows = _rows(arguments.file, register_import.COLUMNS)
    except (OSError, ValueError) as error:
        print(f"文件无法读取：{error}", file=sys.stderr)
        return 2
    office = wiring.open_office_of(settings)
    kind = offered_professions.find(office, arguments.type).key
    report = register_import.take_over(office, rows, kind, dry=arguments.dry_run)
    for one in report.bad:
        print(f"第{one.line}行 {one.column}：{one.text}", file=sys.stderr)
    lines = len({one.line for one in report.bad})
    done = "可以录入" if arguments.dry_run else "已录入"
    _say(f"{done} {report.entered} 条，已在登记簿中 {report.known} 条，有误 {lines} 条")
    return 1 if report.bad else 0


def _rows(path: Path, columns: Iterable[str]) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV in UTF-8 (with or without mark): line and values; ValueError tells what lacks."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        missing = [one for one in columns if one not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"缺少列：{'、'.join(missing)}")
        try:
            return [(reader.line_num, row) for row in reader]
        except csv.Error as error:
            raise ValueError(f"第{reader.line_num}行不是CSV格式（{error}）") from error


def sweep(settings: Settings, _: argparse.Namespace) -> int:
    """Do once what the sweeper does all the time: due timers, lost jobs, old sessions, audit."""
    from web.process import wiring

    print(json.dumps(wiring.sweep(wiring.open_office_of(settings)), ensure_ascii=False))
    return 0


def upkeep(settings: Settings, arguments: argparse.Namespace) -> int:
    """Do by hand what a day brings by itself: expiry, reminders, registers, due dates."""
    from casework import upkeep as duties
    from web.process import wiring

    office = wiring.open_office_of(settings)
    counts = duties.run(office, arguments.day or office.today())
    print(json.dumps(counts, ensure_ascii=False))
    return 0


def calendar(settings: Settings, arguments: argparse.Namespace) -> int:
    """Enter the official holidays of a year from a TOML file; due dates are counted anew."""
    from casework.terms import due_dates
    from engine.actors import SYSTEM
    from web.process import wiring

    try:
        notice = tomllib.loads(arguments.notice.read_text("utf-8"))
        holidays, workdays = (_days(notice[name]) for name in ("holidays", "workdays"))
        year, source = int(notice["year"]), str(notice["source"])
        office = wiring.open_office_of(settings)
        due_dates.load_year(
            office, year, holidays=holidays, workdays=workdays, source=source, actor=SYSTEM
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        said = "请写明 year、source、holidays、workdays，日期形如 2027-01-01，且都在该年内"
        print(f"放假安排无法读取（{error}）。{said}", file=sys.stderr)
        return 2
    _say(f"{year} 年放假安排已录入，办理期限将重新计算")
    office.runner.run_due()
    return 0


def _days(listed: Sequence[object]) -> list[date]:
    """Read days as TOML dates or ISO text."""
    return [one if isinstance(one, date) else date.fromisoformat(str(one)) for one in listed]


def verify(settings: Settings, arguments: argparse.Namespace) -> int:
    """Check PDFs, or — without any — the audit log and every stored file."""
    from web.process import wiring
    from web.public.verification import examine

    try:
        pdfs = {str(path): path.read_bytes() for path in arguments.files}
        lines = arguments.log.read_text("utf-8").splitlines() if arguments.log else ()
    except (OSError, ValueError) as error:
        print(f"文件无法读取：{error}", file=sys.stderr)
        return 2
    office = wiring.open_office_of(settings)
    if not pdfs:
        faults = wiring.verify_store(office, filter(None, map(Checkpoint.from_line, lines)))
        print(json.dumps({"ok": not faults, "faults": faults}, ensure_ascii=False))
        return 1 if faults else 0
    reports = {name: examine(office, pdf) for name, pdf in pdfs.items()}
    shown = {name: report.to_json() for name, report in reports.items()}
    print(json.dumps(shown, ensure_ascii=False, indent=1))
    return 0 if all(report.ok for report in reports.values()) else 1


def demo(settings: Settings, arguments: argparse.Namespace) -> int:
    """Walk every matter over HTTP against a freshly started server."""
    from web.demo import run

    return int(run(Path(arguments.folder or "build/demo"), fonts=settings.fonts))


def serve_twins(settings: Settings, arguments: argparse.Namespace) -> int:
    """Serve the twins of the outside systems over HTTP, for those who integrate or test."""
    from web.process import twins

    twins.serve(settings, arguments.port, _say)
    return 0


def fault(settings: Settings, arguments: argparse.Namespace) -> int:
    """Tell the twin of an outside system to fail, or tell which fail now."""
    from web.process import twins

    seconds = arguments.seconds
    for line in twins.switch(settings, arguments.system, arguments.fault, seconds):
        _say(line)
    return 0


_COMMANDS: dict[str, Callable[[Settings, argparse.Namespace], int]] = {
    "serve": serve,
    "worker": worker,
    "migrate": migrate,
    "check": check,
    "deploy": deploy,
    "seed": seed,
    "import-registrations": import_registrations,
    "sweep": sweep,
    "upkeep": upkeep,
    "calendar": calendar,
    "verify": verify,
    "demo": demo,
    "twins": serve_twins,
    "fault": fault,
}


#: What ends a command with a sentence instead of a trace.
_TOLD = (SettingsError, Refusal, EngineError, SigningError)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 when it succeeded."""
    arguments = _parser().parse_args(words)
    configure()
    from web.process.twins import NoSuchFault
    from web.process.wiring import CannotServe, NotBuilt, SchemaBehind

    refusals = (CannotServe, NoSuchFault, NotBuilt, SchemaBehind)
    try:
        return _COMMANDS[arguments.command](Settings.from_environment(), arguments)
    except (*_TOLD, *refusals) as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zhuce", description="执业资格注册")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, command in _COMMANDS.items():
        added = commands.add_parser(name, help=(command.__doc__ or "").splitlines()[0])
        if name == "verify":
            added.add_argument("files", nargs="*", type=Path, help="PDF files")
            added.add_argument("--log", type=Path, help="kept log with audit checkpoints")
        if name == "import-registrations":
            added.add_argument("file", type=Path, help="CSV in UTF-8 with Chinese headings")
            added.add_argument("--dry-run", action="store_true", help="judge the rows only")
            added.add_argument("--type", help="key of the profession; the first one offered")
        if name == "seed":
            added.add_argument("--crowd", type=int, default=0, help="so many more people")
            added.add_argument(
                "--population",
                nargs="*",
                metavar="KEY",
                help="engineers in all states of all matters, or those with these keys",
            )
        if name == "upkeep":
            added.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD; today")
        if name == "calendar":
            added.add_argument("notice", type=Path, help="year, source, holidays, workdays")
        if name == "twins":
            added.add_argument("--port", type=int, default=8100, help="0 takes a free one")
        if name == "fault":
            added.add_argument("system", nargs="?", help="as sms; none: tell the present faults")
            added.add_argument("fault", nargs="?", help="none, down, error, garbage, slow, wrong")
            added.add_argument("--seconds", type=float, default=10.0, help="of a slow answer")
        if name in {"check", "deploy", "demo"}:
            added.add_argument("folder", nargs="?", type=Path)
    return parser


def _greet(settings: Settings) -> None:
    """Tell the address and who can sign in."""
    from adapters import world

    _say(f"地址  {settings.base_url}")
    if settings.demo and settings.is_embedded:
        people = "、".join(one.name for one in world.CITIZENS)
        officers = "、".join(one.name for one in world.OFFICIALS)
        _say(f"个人  {settings.base_url}/sign-in/person  {people}")
        for company in world.COMPANIES:
            if company.pin:
                _say(
                    f"企业  {settings.base_url}/sign-in/enterprise  "
                    f"{company.name}，证书密码 {company.pin}"
                )
        _say(f"机关  {settings.base_url}/sign-in/officer  {officers}")
        _say(f"短信  {settings.base_url}/phone")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
