"""The demonstration: its people, its walk through every matter, the twins of outside systems."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from web.commands import answers, offices


@click.command()
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--crowd", default=0, type=click.IntRange(0), help="So many more people.")
@click.option(
    "--population",
    is_flag=True,
    help="Engineers in all states of all matters, or those with the KEYs.",
)
@answers.as_json
def seed(keys: tuple[str, ...], crowd: int, population: bool, as_json: bool) -> None:
    """Add the people of the demonstration, where it is on."""
    if keys and not population:
        raise click.UsageError("KEYs name engineers of --population.")
    settings = offices.settings()
    if not settings.demo:
        answers.tell("演示方式未开启，不添加演示人员")
        if as_json:
            answers.say_json({"people": 0, "cases": 0})
        return
    from web.demo.people import seed as people

    stories: list[str] = []
    cases = 0
    with offices.opened(settings, alone="seed") as office:
        count = people.seed(
            office, crowd=crowd, watch=lambda line: answers.bar(line, "添加演示人员")
        )
        if population:
            from web.demo.people.population import populate

            cases = populate(
                office, stories.append, keys, watch=lambda line: answers.bar(line, "演示业务")
            )
    if as_json:
        answers.say_json({"people": count, "cases": cases})
        return
    answers.say(f"演示人员 {count} 名")
    for story in stories:
        answers.say(f"  {story}")
    if population:
        answers.say(f"演示业务 {cases} 件（已有的不动）")


@click.command("seed-load")
@click.option("--open", "opened", default=1_000, show_default=True, type=click.IntRange(0))
@click.option("--closed", default=1_000, show_default=True, type=click.IntRange(0))
@click.option("--events", type=click.IntRange(0), help="At most so many of the trail; all.")
@click.option("--yes", is_flag=True, help="This database is there to be filled.")
@answers.as_json
def seed_load(opened: int, closed: int, events: int | None, yes: bool, as_json: bool) -> None:
    """Fill a database with copies of the demonstration.

    The people of `seed --population` are added first; their cases are copied under other names
    and numbers until so many are OPEN and CLOSED, each with its rows, timers and trail. Nothing
    takes them out again.
    """
    from web.demo.load import filling
    from web.demo.people import seed as people
    from web.demo.people.population import populate

    settings = offices.settings()
    filling.refuse_here(settings.demo, settings.profile)
    if not yes:
        raise answers.Misused("将向数据库写入大量演示案件，且不能撤销；确认时请加上--yes")
    with offices.opened(settings, alone="seed") as office:
        with office.sessions() as session:
            filling.refuse_second(session)
        people.seed(office, watch=lambda line: answers.bar(line, "添加演示人员"))
        populate(office, watch=lambda line: answers.bar(line, "演示业务"))
        wanted = filling.Wanted(opened=opened, closed=closed, events=events)
        filled = filling.fill(office, wanted, lambda line: answers.bar(line, "载入案件"))
    if as_json:
        answers.say_json(asdict(filled))
        return
    answers.say(
        f"载入 {filled.copies} 份：在办 {filled.opened} 件，办结 {filled.closed} 件，"
        f"审计记录 {filled.events} 条"
    )


@click.command()
@click.argument("folder", default="build/demo", type=click.Path(path_type=Path))
def demo(folder: Path) -> int:
    """Walk every matter over HTTP.

    A fresh server is started; papers and report are left in FOLDER (build/demo), which is
    emptied before.
    """
    from web.demo.walk.report import run

    return int(run(folder, fonts=offices.settings().fonts))


@click.command()
@click.option("--port", default=8100, show_default=True, help="0 takes a free one.")
@answers.as_json
def twins(port: int, as_json: bool) -> None:
    """Serve the twins of the outside systems over HTTP.

    For those who build a client or a gateway, until told to stop.
    """
    from web.process import twins as served

    served.serve(offices.settings(), port, answers.say_json if as_json else _say_address)


def _say_address(served: dict[str, Any]) -> None:
    answers.say(f"外部系统的替身在 {served['address']} 提供服务；供本系统使用时设置：")
    for name, value in served["settings"].items():
        answers.say(f"  {name}={value}")


@click.command("twin-authority")
@click.option(
    "--folder", default="var/twin-authority", show_default=True, type=click.Path(path_type=Path)
)
@click.option("--port", default=8200, show_default=True, help="0 takes a free one.")
@click.option("--url", default="", help="How others reach it, as https://ca.example.")
@answers.as_json
def twin_authority(folder: Path, port: int, url: str, as_json: bool) -> None:
    """Serve the twin of a certification authority outside.

    What it issues has no legal force and says so. It lives alone in a FOLDER: no other setting is
    read but the password, ZHUCE_AUTHORITY_SECRET.
    """
    from web.process import twins as served

    say = answers.say_json if as_json else _say_authority
    served.serve_authority(offices.settings(), folder, port, url, say)


def _say_authority(served: dict[str, Any]) -> None:
    answers.say(
        f"电子认证服务机构的替身在 {served['address']} 提供服务（{served['name']}）；使用时设置："
    )
    for name, value in served["settings"].items():
        answers.say(f"  {name}={value}")


@click.command()
@click.argument("system", required=False)
@click.argument("fault", required=False)
@click.option("--seconds", default=10.0, show_default=True, help="Of a slow answer.")
@answers.as_json
def fault(system: str | None, fault: str | None, seconds: float, as_json: bool) -> None:
    """Tell a twin to fail, or tell which fail now.

    SYSTEM is one of those listed without it, as sms; FAULT one of none, down, error, garbage,
    slow, wrong.
    """
    from web.process import twins as served

    present = served.switch(offices.settings(), system, fault, seconds)
    if as_json:
        return answers.say_json({"systems": [twin.to_json() for twin in present]})
    for twin in present:
        answers.say(str(twin))
    return None
