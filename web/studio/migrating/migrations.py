"""在办的申请改到新版本: an analyst says which step stands for which, tries it, and asks for it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from casework import corrections, migrations
from casework.corrections import (
    CorrectionNotAsked,
    CorrectionReasonMissing,
    CorrectionWaits,
    NotCorrectable,
)
from casework.migrations import Drawn, NodesRefused, NotTriedYet
from casework.published import contents, drawn
from casework.published.contents import Contents
from casework.published.drawn import Paint
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.people.officers import OfficerRole
from registry.trail import version_corrections as requests
from registry.trail.version_corrections import CorrectionState
from web.extensions import db, office
from web.lists import pages as listed
from web.studio.migrating import tried
from web.visitors import access

bp = Blueprint("studio_migrations", __name__, url_prefix="/studio")
asks = access.officer(OfficerRole.ANALYST)
reads = access.officer(OfficerRole.ANALYST, OfficerRole.PUBLISHER, OfficerRole.OPERATOR)

SAME, OTHER, GONE, NEW = "#6b6762", "#0b5cad", "#b4232c", "#1a7f37"
Said = dict[str, dict[str, str]]


@bp.get("/versions/<version>/migrate")
@asks
def prepare(version: str) -> str:
    """Show what stands for what in the newest version, as it is suggested."""
    return _prepare(version, {})


@bp.post("/versions/<version>/migrate")
@asks
def try_(version: str) -> Response | str | tuple[str, int]:
    """Show what was chosen on the diagrams, or try it upon every running case."""
    said: Said = {}
    for name, node in request.form.items():
        process, slash, old = name.partition("/")
        if slash:
            said.setdefault(process, {})[old] = node
    try:
        if request.form.get("action") != "try":
            return _prepare(version, said)
        newest, actor = _newest(version), access.visitor().actor
        if request.form.get("seen") != newest:
            raise NotCorrectable(why="该版本已经撤下，或者已有更新的版本")
        migration = migrations.try_out(office(), version, newest, said, actor)
    except (NodesRefused, NotCorrectable) as refusal:
        return _prepare(version, said, _told(refusal)), 422
    return redirect(url_for("studio_migrations.migration", migration_id=migration), 303)


@bp.get("/migrations/<migration_id>")
@reads
def migration(migration_id: str) -> Response | str | tuple[str, int]:
    """Show how far the trial is, and of each case yes or no and why."""
    return _migration(migration_id)


@bp.post("/migrations/<migration_id>")
@asks
def ask(migration_id: str) -> Response | str | tuple[str, int]:
    """Ask for what was tried; an operator confirms it."""
    reason = request.form.get("reason", "")
    try:
        migrations.ask(office(), migration_id, reason, access.visitor().actor)
    except (
        CorrectionNotAsked,
        CorrectionReasonMissing,
        CorrectionWaits,
        NotCorrectable,
        NotTriedYet,
    ) as refusal:
        return _migration(migration_id, _told(refusal))
    flash("已提请，由运行维护人员在“注册类型的版本”确认。", "success")
    return redirect(url_for("studio_migrations.migration", migration_id=migration_id), 303)


def _newest(version: str) -> str:
    """Give the version that is offered now instead of this one. Raises: NotFound."""
    for running in corrections.running(db.session(), office().now(), at_most=1):
        if running.version == version and running.newest is not None:
            return running.newest
    raise NotFound


def _prepare(version: str, said: Said, faults: dict[str, Fault] | None = None) -> str:
    session = db.session()
    newest = _newest(version)
    old, new = (contents.of(office(), session, key) for key in (version, newest))
    titles = {diagram.process: diagram.title for diagram in old.diagrams}
    return render_template(
        "studio/migrate.html",
        old=old,
        new=new,
        count=migrations.running(session, version),
        drawings=[
            {
                "process": item.process,
                "title": titles.get(item.process, item.process),
                "pairs": [pair for pair in item.pairs if pair.why or _is_other(pair)],
                "same": [pair for pair in item.pairs if not (pair.why or _is_other(pair))],
                "numbers": {pair.old.id: place for place, pair in enumerate(item.pairs, 1)},
                "new": item.new,
                "pictures": _pictures(item, old, new),
            }
            for item in migrations.drawn(office(), version, newest, said)
            if item.differs
        ],
        faults=faults or {},
    )


def _is_other(pair: migrations.Pair) -> bool:
    return pair.new is None or pair.new.id != pair.old.id


def _pictures(item: Drawn, old: Contents, new: Contents) -> list[tuple[str, Markup]]:
    """Draw both versions, the steps that stand for each other under one number."""
    before, after = dict[str, Paint](), dict[str, Paint]()
    for place, pair in enumerate(item.pairs, 1):
        if pair.new is None:
            before[pair.old.id] = Paint(colour=GONE, word=f"{place} 无", dashed=True)
            continue
        colour = OTHER if _is_other(pair) or pair.why else SAME
        before[pair.old.id] = after[pair.new.id] = Paint(colour=colour, word=str(place))
    after |= {node.id: Paint(colour=NEW, word="新") for node in item.new}
    return [
        (name, _picture(found, item.process, paints, f"{item.process}，{name}"))
        for found, paints, name in (
            (old, before, f"第{old.row.number}版"),
            (new, after, f"第{new.row.number}版"),
        )
    ]


def _picture(found: Contents, process: str, paints: dict[str, Paint], label: str) -> Markup:
    sources = office().definitions.get(found.row.hash).sources
    root = sources.diagrams[sources.processes[process]]
    return Markup(drawn.svg(root, paints, label))  # noqa: S704 - it escapes what people named


def _migration(
    migration_id: str, faults: dict[str, Fault] | None = None
) -> Response | str | tuple[str, int]:
    session = db.session()
    row = migrations.of(session, migration_id)
    moves, stays = requests.counts_tried(session, migration_id)
    count = max(migrations.running(session, row.from_version), moves + stays)
    numbered = corrections.version_numbers(session, (row.from_version, row.to_version))
    return listed.show(
        tried.cases(migration_id),
        "studio/migration.html",
        status=422 if faults else 200,
        row=row,
        title=office().type_of(row.from_version).title,
        versions=f"第{numbered[row.from_version]}版 → 第{numbered[row.to_version]}版",
        state=CorrectionState(row.state).label,
        may_ask=row.state == CorrectionState.TRIED
        and OfficerRole.ANALYST in access.visitor().roles,
        moves=moves,
        stays=stays,
        count=count,
        faults=faults or {},
        typed=request.form.get("reason", ""),
    )


def _told(refusal: Refusal) -> dict[str, Fault]:
    return {refusal.field or "": Fault(str(refusal), refusal.code)}
