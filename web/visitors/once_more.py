"""What cannot be taken back is asked once more: what it ends, and the way back.

The form comes again as it was sent, with its files and the answer of the page that asks. An act
is rehearsed first: it comes as far as its transaction, where it is taken back, so that the page is
shown only for what would not be refused. Which acts ask, and how each other one is undone, stands
in one table: tests/web/undoing.py.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import render_template, request, session
from sqlalchemy.orm import Session

from casework.office import Office
from web.extensions import db
from web.visitors import kept_forms

CONFIRMED = "confirmed"  #: field of the page that asks once more
_SENT_ALONE = ("csrf_token", CONFIRMED, kept_forms.FILES)


class _Rehearsed(Exception):
    """The act would be done: its transaction is taken back."""


def is_confirmed() -> bool:
    """Tell whether the page that asks once more was answered with yes."""
    return request.form.get(CONFIRMED) == "yes"


def unanswered(
    act: Callable[[Office], object],
    place: Office,
    title: str,
    lost: str,
    *,
    yes: str,
    back: str,
) -> str | None:
    """Give the page that asks, rehearsed; None when it was answered with yes: the act goes on.

    Raises what refuses the act.
    """
    if is_confirmed():
        return None
    rehearse(act, place)
    return page(title, lost, yes=yes, back=back)


def rehearse(act: Callable[[Office], object], place: Office) -> None:
    """Go as far as the transaction of an act; raises what refuses it, as the act itself would."""

    def check(session: Session) -> None:
        place.check(session)
        raise _Rehearsed

    try:
        act(place.provided(check))
    except _Rehearsed:
        db.session.rollback()


def page(title: str, lost: str, *, yes: str, back: str) -> str:
    """Show the page that asks: `lost` says what cannot be undone, `yes` names the button."""
    sent = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if value and name not in _SENT_ALONE
    ]
    return render_template(
        "ui/once_more.html",
        title=title,
        lost=lost,
        yes=yes,
        back=back,
        sent=sent,
        **kept_forms.keep_files(str(session["visitor"]), most=40 * 2**20),  # of a whole request
    )
