"""What operators do by hand: the sweeper's round, a day's duties, the list of incidents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import click

from web.commands import answers, offices


@click.command()
@answers.as_json
def sweep(as_json: bool) -> None:
    """Do the sweeper's round once.

    It fires due timers, takes up lost jobs, ends old sessions and seals the audit log.
    """
    from web.process import wiring

    with offices.opened() as office:
        _say(wiring.sweep(office), as_json)


@click.command()
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Today by default.")
@answers.as_json
def upkeep(day: datetime | None, as_json: bool) -> None:
    """Do the duties of a day by hand.

    They are expiry, reminders, questions to other registers, due dates.
    """
    from casework import upkeep as duties

    with offices.opened() as office:
        _say(duties.run(office, day.date() if day else office.today()), as_json)


def _say(counts: Mapping[str, int], as_json: bool) -> None:
    if as_json:
        return answers.say_json(dict(counts))
    for name, count in counts.items():
        answers.say(f"{name:32}{count}")
    return None


@click.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="At most.")
@answers.as_json
def incidents(limit: int, as_json: bool) -> int:
    """List the jobs that an operator has to look at.

    The oldest comes first; the exit status is 1 when there are any.
    """
    from engine.jobs import queue

    with offices.opened() as office, office.sessions() as session:
        listed = [
            {
                "id": job.id,
                "kind": str(job.kind),
                "operation": job.operation,
                "node": job.node,
                "case": job.business_key,
                "attempts": job.attempts,
                "due_at": job.due_at.isoformat(),
                "error": job.error,
            }
            for job in queue.incidents(session, limit)
        ]
    if as_json:
        answers.say_json({"ok": not listed, "incidents": listed})
    elif not listed:
        answers.say("没有待处理的异常")
    else:
        for job in listed:
            what = job["operation"] or job["node"] or job["kind"]
            case = job["case"] or "—"
            answers.say(f"{job['id']}  {job['due_at']}  {case}  {what}：{job['error']}")
    return 1 if listed else 0
