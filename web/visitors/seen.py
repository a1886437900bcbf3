"""The page that acts on a thing posts which version it showed; only that version is acted upon.

A page shows `kit.seen("case", case.id)` in each form that acts, and its view hands the office of
`acting(...)` to casework: the version is compared inside the transaction of the act. The order of
a view is law:

1. whose it is (404), 2. what is already so is answered as done, 3. the version.
"""

from __future__ import annotations

import hmac

from flask import Flask, g, request
from sqlalchemy.orm import Session

from casework.office import Office
from refusals.refusal import Refusal
from registry import versions
from registry.versions import Seen
from web.extensions import db, office
from web.visitors import access

FIELD = "seen"


class ChangedMeanwhile(Refusal):
    """您打开本页以后，内容已经发生变化，本次操作没有生效。请核对本页现在显示的内容，再次提交。"""

    code = "E_CHANGED_MEANWHILE"


def install(app: Flask) -> None:
    """Let templates say which version they show."""
    app.jinja_env.globals["seen_version"] = version


def version(kind: str, key: str) -> str:
    """Give the version that a form of this page acts upon: as it was before the page was read."""
    noted: dict[tuple[str, str], str] = g.setdefault("versions_shown", {})
    if (kind, key) not in noted:
        noted[kind, key] = versions.of(db.session(), Seen(kind), key)
    return noted[kind, key]


def look(kind: Seen, key: str) -> None:
    """Fix which version the page is going to show: what it reads from now on is at least as new.

    Called before the page is read, and again before it is shown after a refusal. What a page has
    fixed first of all stays fixed as long as nobody has posted to it.
    """
    noted: dict[tuple[str, str], str] = g.setdefault("versions_shown", {})
    if request.method == "GET" and (kind.value, key) in noted:
        return
    db.session.rollback()
    noted.pop((kind.value, key), None)
    version(kind.value, key)


def show_again(kind: Seen, key: str) -> None:
    """Show on the page that asks once more which version the posted page showed.

    A rehearsal has compared it a moment ago, in the transaction that was taken back. What this
    page reads from now on is at least as new.
    """
    noted: dict[tuple[str, str], str] = g.setdefault("versions_shown", {})
    db.session.rollback()
    noted[kind.value, key] = _shown()


def _shown() -> str:
    """Give the version that the form says, or the If-Match of a program."""
    if access.visitor().client is not None:
        return request.headers.get("If-Match", "").strip().strip('"')
    return request.form.get(FIELD, "")


def acting(kind: Seen, key: str, *, own: bool = False) -> Office:
    """Give the office for an act upon the version that the posted page showed.

    With `own` what this request itself has changed since, such as a file that it kept, is seen.
    Raises `ChangedMeanwhile` in the transaction of the act for any other version, and at once
    for a page that does not say which.
    """
    shown = _shown().encode("utf-8", "replace")
    if own:
        look(kind, key)
        shown = version(kind.value, key).encode()

    def check(session: Session) -> None:
        if not hmac.compare_digest(shown, versions.of(session, kind, key).encode()):
            raise ChangedMeanwhile

    if not shown:
        raise ChangedMeanwhile
    return office().about(None if own else access.at_hand(key)).provided(check)
