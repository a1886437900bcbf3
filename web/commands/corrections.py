"""Running cases are given a corrected version: asked for, confirmed by another operator, undone.

The same as on the page 注册类型的版本, for whoever works on the machine. Who acts is named by the
login of an operator; the trail says that it came from the command line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from web.commands import answers, offices

if TYPE_CHECKING:
    from casework.office import Office
    from registry.trail.version_corrections import CorrectedCase, VersionCorrection

SHORT = 12  #: characters of a version or correction that are shown
_AS = click.option("--as", "login", required=True, help="Login of the operator who does it.")
_WHY = click.option("--reason", required=True, help="What was wrong, 5 to 500 characters.")


@click.group()
def correct() -> None:
    """Give running cases a corrected version."""


@correct.command("list")
@answers.as_json
def list_corrections(as_json: bool) -> None:
    """List the versions on which cases run, and the corrections that were asked for."""
    from casework import corrections
    from registry.trail import version_corrections

    with offices.opened() as office, office.sessions() as session:
        running = corrections.running(session, office.now())
        asked = [_facts(row) for row in version_corrections.newest(session)]
    if as_json:
        versions = [{**vars(row), "deployed_at": row.deployed_at.isoformat()} for row in running]
        return answers.say_json({"running": versions, "corrections": asked})
    for row in running:
        newer = "已是最新" if row.newest is None else f"最新 {row.newest[:SHORT]}"
        line = f"{row.key} 第 {row.number} 版 {row.version[:SHORT]}  {row.cases} 件  {newer}"
        answers.say(line)
    for facts in asked:
        way = f"{facts['from'][:SHORT]} → {facts['to'][:SHORT]}"
        answers.say(f"更正 {facts['id']}  {facts['state']}  {way}  {facts['reason']}")
    if not running:
        answers.say("没有在办的案件")
    return None


@correct.command("try")
@click.argument("version")
@answers.as_json
def try_(version: str, as_json: bool) -> int:
    """Tell of each case of VERSION whether it could go on with the newest; nothing is written.

    VERSION is the hash of a version on which cases run, or its beginning. The exit status is 1
    when some case would stay.
    """
    from casework import corrections

    with offices.opened() as office:
        before, after = _versions(office, version)
        prospects = corrections.prospects(office, before, after)
    staying = [case for case in prospects if case.stays is not None]
    if as_json:
        cases = [vars(case) for case in prospects]
        told = {"from": before, "to": after, "cases": cases}
        answers.say_json({"ok": not staying, **told})
        return 1 if staying else 0
    for case in staying:
        answers.tell(f"{case.number or case.business_key}：{case.stays}")
    moving = len(prospects) - len(staying)
    answers.say(f"可以改用 {after[:SHORT]} 的 {moving} 件，不能的 {len(staying)} 件")
    return 1 if staying else 0


@correct.command()
@click.argument("version")
@_WHY
@_AS
@answers.as_json
def ask(version: str, reason: str, login: str, as_json: bool) -> None:
    """Ask that the cases of VERSION go on with the newest; another operator must confirm."""
    from casework import corrections
    from casework.keys import by_two

    with offices.opened() as office:
        before, after = _versions(office, version)
        actor = by_two.operator(office, login)
        asked = corrections.ask(office, before, after, reason, actor)
    _asked(asked, as_json)


@correct.command()
@click.argument("correction")
@_AS
@click.option("--no-wait", is_flag=True, help="Leave the moving to the worker.")
@answers.as_json
def confirm(correction: str, login: str, no_wait: bool, as_json: bool) -> int:
    """Agree to CORRECTION, which another operator asked for, and move its cases.

    It may be stopped at any time: the worker goes on where it was. The exit status is 1 when some
    case stayed as it was.
    """
    from casework import corrections
    from casework.keys import by_two

    with offices.opened() as office:
        corrections.confirm(office, correction, by_two.operator(office, login))
        if not no_wait:
            total = corrections.left(office, correction)
            for _ in answers.bar(_moved(office, correction), "改用新版本", length=total):
                pass
        return _told(office, correction, as_json)


@correct.command()
@click.argument("correction")
@_AS
@answers.as_json
def decline(correction: str, login: str, as_json: bool) -> None:
    """Turn CORRECTION down, or take one's own back."""
    from casework import corrections
    from casework.keys import by_two

    with offices.opened() as office:
        corrections.decline(office, correction, by_two.operator(office, login))
    answers.say_json({"ok": True, "id": correction}) if as_json else answers.say("已撤销该项更正")


@correct.command()
@click.argument("correction")
@_WHY
@_AS
@answers.as_json
def undo(correction: str, reason: str, login: str, as_json: bool) -> None:
    """Ask that the cases which CORRECTION moved go back; another operator must confirm."""
    from casework import corrections
    from casework.keys import by_two

    with offices.opened() as office:
        actor = by_two.operator(office, login)
        asked = corrections.undo(office, correction, reason, actor)
    _asked(asked, as_json)


@correct.command()
@click.argument("correction")
@answers.as_json
def show(correction: str, as_json: bool) -> int:
    """Tell what became of each case of CORRECTION; the exit status is 1 when some stayed."""
    with offices.opened() as office:
        return _told(office, correction, as_json)


def _asked(correction: str, as_json: bool) -> None:
    if as_json:
        return answers.say_json({"ok": True, "id": correction, "waiting": True})
    answers.say(f"已提出更正 {correction}，等待另一名运行维护人员确认")
    return None


def _versions(office: Office, version: str) -> tuple[str, str]:
    """Return a version on which cases run, by the beginning of its hash, and the newest one."""
    from casework import corrections

    with office.sessions() as session:
        running = corrections.running(session, office.now())
    named = [row for row in running if version and row.version.startswith(version)]
    if len(named) != 1:
        known = "、".join(row.version[:SHORT] for row in running) or "没有"
        many = "不止一个" if named else "没有"
        raise answers.Misused(f"{many}版本“{version}”有在办的案件。在办案件的版本：{known}")
    newest = named[0].newest
    if newest is None:
        raise answers.Misused(
            f"版本“{version}”已是最新，或者该注册类型已经撤下，没有可以改用的版本"
        )
    return named[0].version, newest


def _moved(office: Office, correction: str) -> Iterator[str]:
    """Do what is due until every case was looked at; yield each case once."""
    told: set[str] = set()
    while True:
        done = office.runner.run_due()
        with office.sessions() as session:
            for case in _cases(session, correction):
                if case.business_key not in told:
                    told.add(case.business_key)
                    yield case.business_key
        if not done:
            return


def _cases(session: Any, correction: str) -> list[CorrectedCase]:
    from registry.trail import version_corrections

    return version_corrections.cases(session, correction)


def _told(office: Office, correction: str, as_json: bool) -> int:
    from casework import corrections
    from refusals.refusal import NotFound
    from registry.trail import version_corrections

    with office.sessions() as session:
        row = version_corrections.get(session, correction)
        if row is None:
            raise NotFound
        cases = _cases(session, correction)
        numbers = corrections.numbers(session, [case.business_key for case in cases])
        facts = _facts(row)
    staying = [case for case in cases if case.stayed]
    left = corrections.left(office, correction)
    if as_json:
        listed = [
            {"case": case.business_key, "number": numbers.get(case.business_key)}
            | {"stayed": case.stayed}
            for case in cases
        ]
        answers.say_json({"ok": not staying, **facts, "cases": listed, "left": left})
        return 1 if staying else 0
    for case in staying:
        answers.tell(f"{numbers.get(case.business_key, case.business_key)}：{case.stayed}")
    moved = len(cases) - len(staying)
    answers.say(f"{facts['state']}  已改用 {moved} 件，未改用 {len(staying)} 件，待办 {left} 件")
    return 1 if staying else 0


def _facts(row: VersionCorrection) -> dict[str, Any]:
    from registry.trail.version_corrections import CorrectionState

    return {
        "id": row.id,
        "type": row.type_key,
        "from": row.from_version,
        "to": row.to_version,
        "undoes": row.undoes,
        "reason": row.reason,
        "state": CorrectionState(row.state).label,
        "asked_by": row.asked_by,
        "settled_by": row.settled_by,
    }
