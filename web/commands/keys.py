"""The keys: when they end, stamping anew by hand."""

from __future__ import annotations

import click

from web.commands import answers, offices


@click.group()
def keys() -> None:
    """Look after keys and certificates."""


@keys.command()
@answers.as_json
def status(as_json: bool) -> int:
    """Tell when each certificate of the service ends.

    The exit status is 1 when one should have been replaced already.
    """
    from casework.keys import restamping, stock
    from refusals.refusal import Refusal

    with offices.opened() as office:
        present = stock.of(office, office.now())
        try:
            left = restamping.left(office)
        except Refusal:  # `late` says why
            left = 0
    if as_json:
        answers.say_json(
            {
                "ok": not present.late,
                "certificates": [
                    {
                        "name": line.label,
                        "not_after": line.not_after.isoformat(),
                        "days": line.days,
                        "late": line.is_late,
                    }
                    for line in present.lines
                ],
                "to_stamp": left,
                "late": [trouble.words for trouble in present.late],
            }
        )
        return 1 if present.late else 0
    for line in present.lines:
        answers.say(f"{line.not_after:%Y-%m-%d}  {line.days:>6}天  {line.label}")
    answers.say(f"等待补盖时间戳的文件 {left} 份")
    for trouble in present.late:
        answers.tell(trouble.words)
    return 1 if present.late else 0


@keys.command()
@answers.as_json
def restamp(as_json: bool) -> int:
    """Stamp anew what is due now, without waiting for the daily duty.

    It may be stopped at any time and goes on where it was; the exit status is 1 when files are left
    that do not hold any more.
    """
    from casework.keys import restamping

    with offices.opened(alone="restamp") as office:
        total = restamping.left(office)
        shown = answers.bar(restamping.all_due(office), "补盖时间戳", length=total)
        stamped = sum(shown)
    if as_json:
        answers.say_json({"ok": stamped == total, "stamped": stamped, "left": total - stamped})
    else:
        answers.say(f"已补盖时间戳 {stamped} 份，未能补盖 {total - stamped} 份")
    return 0 if stamped == total else 1
