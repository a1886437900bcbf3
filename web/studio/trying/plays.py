"""试办: a draft played step by step, as each actor in turn, and kept as a scenario."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework import why
from casework.scenarios import playing
from casework.scenarios.contrasts import letter, notice, status
from casework.studio import drafts, plays
from casework.studio.comparing.words import ROLES
from casework.studio.confined import DraftTooMuch
from casework.studio.refusals import (
    DraftFileTooLarge,
    DraftPublished,
    DraftTooLarge,
    NoSuchPlay,
    PlayNotEnded,
    PlayStepRefused,
    PlayTooLong,
    PlayWentOn,
    ScenarioNameRefused,
    TitleMissing,
)
from engine import actors
from professions import vocabulary
from professions.messages import SENT
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry import readings
from registry.applications.statuses import APPLICATIONS
from registry.people.officers import OfficerRole
from web.extensions import office
from web.studio.drafts import names_of
from web.studio.trying import play_fields
from web.visitors import access, once_more

bp = Blueprint("studio_plays", __name__, url_prefix="/studio/drafts/<draft_id>/plays")
works = access.officer(OfficerRole.ANALYST)

#: What is said beside the form, with everything that was typed.
_SAID = (
    DraftFileTooLarge,
    DraftPublished,
    DraftTooLarge,
    DraftTooMuch,
    PlayNotEnded,
    PlayTooLong,
    PlayWentOn,
    ScenarioNameRefused,
    PlayStepRefused,
    TitleMissing,
)


@bp.get("")
@works
def front(draft_id: str) -> str:
    """List the plays of a draft; begin another one, from the start or within a scenario."""
    return _front(draft_id)


@bp.post("")
@works
def begin(draft_id: str) -> Response | tuple[str, int]:
    """Begin to play."""
    start = request.form.get("start", "")
    is_matter = start in {matter.value for matter in APPLICATIONS}
    steps = request.form.get("steps", "").strip()
    try:
        play_id = plays.begin(
            office(),
            draft_id,
            access.visitor().actor,
            title=request.form.get("title", ""),
            scenario="" if is_matter else start,
            matter=start if is_matter else "INITIAL",
            steps=int(steps) if steps.isdecimal() else 0,
            node=request.form.get("node", ""),
        )
    except (TitleMissing, DraftTooMuch) as refusal:
        return _front(draft_id, _told(refusal)), 422
    return redirect(url_for("studio_plays.play", draft_id=draft_id, play_id=play_id), 303)


@bp.get("/<play_id>")
@works
def play(draft_id: str, play_id: str) -> str:
    """Show where a play stands, and every step that may come next."""
    return _page(draft_id, play_id)


@bp.post("/<play_id>")
@works
def act(draft_id: str, play_id: str) -> Response | str | tuple[str, int]:
    """Go a step, turn the clock, let a twin answer, go back, or keep it as a scenario."""
    action = request.form.get("do", "")
    if action not in _ACTS:
        raise NotFound
    if action == "delete" and not once_more.is_confirmed():
        return once_more.page(
            "删除这次试办",
            "走过的步骤将被删除，不能恢复。需要保留的，请先保存为情景。",
            yes="确认删除",
            back=url_for("studio_plays.play", draft_id=draft_id, play_id=play_id),
        )
    try:
        faults = _ACTS[action](draft_id, play_id)
    except _SAID as refusal:
        faults = _told(refusal)
    if faults:
        return _page(draft_id, play_id, faults), 422
    if action == "delete":
        return redirect(url_for("studio_plays.front", draft_id=draft_id), 303)
    place = None if action == "record" else "now"
    return redirect(
        url_for("studio_plays.play", draft_id=draft_id, play_id=play_id, _anchor=place), 303
    )


# What may be done ---------------------------------------------------------------------------------

Faults = dict[str, Fault]


def _take(draft_id: str, play_id: str) -> Faults:
    node = request.form.get("node", "")
    stands = _stands(draft_id, play_id)
    task = next((known for known in stands["tasks"] if known["node"] == node), None)
    if task is None:
        raise PlayStepRefused(why="该事项已经不在待办中")
    values, faults = play_fields.read(node, task["gives"], task["usual"], request.form)
    if faults:
        return faults
    step: dict[str, Any] = {"task": node}
    who = request.form.get("by", "")
    if who in task["people"] and who != task["people"][0]:
        step["by"] = who
    if values:
        step["with"] = {key: _whole(task["usual"].get(key), values[key]) for key in values}
    plays.take(office(), draft_id, play_id, step, seen=_seen())
    return {}


def _whole(usual: Any, value: Any) -> Any:
    return {**usual, **value} if isinstance(usual, dict) and isinstance(value, dict) else value


def _send(draft_id: str, play_id: str) -> Faults:
    name = request.form.get("message", "")
    if name not in SENT:
        raise NotFound
    plays.take(office(), draft_id, play_id, {"message": name}, seen=_seen())
    return {}


def _wait(draft_id: str, play_id: str) -> Faults:
    step = {"until": request.form.get("node", "")}
    plays.take(office(), draft_id, play_id, step, seen=_seen())
    return {}


def _turn(draft_id: str, play_id: str) -> Faults:
    day = readings.as_day(request.form.get("day", "").strip())
    if day is None:
        raise PlayStepRefused("day", why="日期应写作 2026-03-31")
    plays.turn(office(), draft_id, play_id, day, seen=_seen())
    return {}


def _answer(draft_id: str, play_id: str) -> Faults:
    operation = request.form.get("operation", "")
    kinds = playing.answers().get(operation)
    if kinds is None:
        raise NotFound
    usual = dict(_stands(draft_id, play_id)["twins"].get(operation, {}))
    values, faults = play_fields.read(operation, kinds, usual, request.form)
    if not faults:
        plays.answer(office(), draft_id, play_id, operation, {**usual, **values}, seen=_seen())
    return faults


def _give(draft_id: str, play_id: str) -> Faults:
    stands = _stands(draft_id, play_id)
    values, faults = play_fields.read("given", stands["given"], stands["started"], request.form)
    if not faults:
        plays.give(office(), draft_id, play_id, values, _seen())
    return faults


def _back(draft_id: str, play_id: str) -> Faults:
    plays.back(office(), draft_id, play_id, seen=_seen())
    return {}


def _record(draft_id: str, play_id: str) -> Faults:
    name, title = request.form.get("name", ""), request.form.get("title", "")
    path = plays.record(office(), draft_id, play_id, name, title, access.visitor().actor)
    flash(f"已保存为情景 {path}，请重新试运行。", "success")
    return {}


def _delete(draft_id: str, play_id: str) -> Faults:
    with suppress(NoSuchPlay):  # deleted already is done
        plays.delete(office(), draft_id, play_id)
    flash("已删除这次试办。", "success")
    return {}


_ACTS = {
    "take": _take,
    "send": _send,
    "wait": _wait,
    "turn": _turn,
    "answer": _answer,
    "give": _give,
    "back": _back,
    "record": _record,
    "delete": _delete,
}


def _seen() -> int:
    text = request.form.get("seen", "")
    return int(text) if text.isdecimal() else -1


def _stands(draft_id: str, play_id: str) -> Mapping[str, Any]:
    draft = drafts.open_(office(), draft_id)
    return plays.stands(draft, plays.open_(office(), draft_id, play_id))


# Pages --------------------------------------------------------------------------------------------


def _front(draft_id: str, faults: Faults | None = None) -> str:
    draft = drafts.open_(office(), draft_id)
    rows = plays.all_of(office(), draft_id)
    known = plays.scenarios(draft)
    starts = [
        (scenario.name, f"{_matter(scenario.matter)}：{scenario.title}（{scenario.steps}步）")
        for scenario in known
    ]
    bare = {matter.value: matter.label for matter in APPLICATIONS}
    told = {scenario.matter for scenario in known}
    starts += [(value, f"{label}：没有情景") for value, label in bare.items() if value not in told]
    return render_template(
        "studio/plays.html",
        draft=draft.row,
        rows=rows,
        names=names_of([row.begun_by for row in rows]),
        starts=starts,
        faults=faults or {},
        typed=request.values,
    )


def _matter(value: str) -> str:
    return {matter.value: matter.label for matter in APPLICATIONS}.get(value, value)


def _page(draft_id: str, play_id: str, faults: Faults | None = None) -> str:
    draft = drafts.open_(office(), draft_id)
    row = plays.open_(office(), draft_id, play_id)
    try:
        stands, too_much = plays.stands(draft, row), ""
    except DraftTooMuch as refusal:
        stands, too_much = None, str(refusal)
    typed = request.form if faults else {}
    return render_template(
        "studio/play.html",
        draft=draft.row,
        row=row,
        steps=[_words(step) for step in row.said["steps"]],
        stands=stands,
        too_much=too_much,
        matter=_matter(row.said["matter"]),
        **(_shown(stands, typed) if stands else {}),
        faults=faults or {},
        typed=typed,
    )


def _shown(stands: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
    came = stands["came"]
    now = stands["now"]
    return {
        "now": now.replace("T", " ")[:16],
        "tomorrow": playing.next_day(now).isoformat(),
        "tasks": [
            {
                **task,
                "inbox": _inbox(task["inbox"]),
                "fields": play_fields.fields(task["node"], task["gives"], task["usual"], typed),
            }
            for task in stands["tasks"]
        ],
        "timers": [
            {**timer, "due": timer["due"].replace("T", " ")[:16]} for timer in stands["timers"]
        ],
        "messages": [(name, SENT[name]) for name in stands["messages"]],
        "drawings": [_drawing(drawing) for drawing in stands["diagrams"]],
        "given": play_fields.fields("given", stands["given"], stands["started"], typed),
        "variables": [
            (vocabulary.TITLES.get(name, name), name, why.words(value))
            for name, value in stands["variables"].items()
        ],
        "services": [_service(call) for call in stands["services"]],
        "twins": [
            (name, play_fields.fields(name, kinds, stands["twins"][name], typed))
            for name, kinds in playing.answers().items()
            if name in stands["twins"]
        ],
        "came": [
            ("经过的状态", [*map(status, came.get("statuses", []))]),
            ("出具的文书", [*map(letter, came["letters"])]),
            ("发出的通知", [*map(notice, came["told"])]),
            ("文件失效的原因", came["voided"]),
            ("适用的规则", stands["rows"]),
            ("结束时的状态", [status(came["status"])] if came["status"] else []),
        ]
        if came
        else [],
    }


def _drawing(drawing: Mapping[str, Any]) -> dict[str, Any]:
    marks = {node: {"state": "done"} for node in drawing["done"]}
    marks |= {
        node: {"state": "active", "text": "●", "title": "现在停在这里"}
        for node in drawing["active"]
    }
    return {"file": drawing["file"], "marks": json.dumps(marks, ensure_ascii=False)}


def _service(call: Mapping[str, Any]) -> dict[str, str]:
    answer = call["error"] or why.words(call["answer"] or None)
    return {
        "operation": call["operation"],
        "params": why.words(call["params"]) if call["params"] else "",
        "answer": answer,
    }


def _inbox(inbox: str) -> str:
    kind, _, rest = inbox.partition(":")
    if kind == "role":
        return ROLES.get(rest, rest)
    return ROLES["enterprise"] if actors.is_enterprise(inbox) else ROLES["applicant"]


def _words(step: Any) -> str:
    """Say a step of a play in a line."""
    if isinstance(step, str):
        return step
    kinds = (("task", "办理"), ("message", "消息"), ("until", "等到"), ("happens", "发生"))
    said = next((f"{word} {step[kind]}" for kind, word in kinds if kind in step), "")
    more = [f"由{step['by']}"] if "by" in step else []
    more += [str(step["on"])] if "on" in step else []
    more += [why.words(step["with"])] if step.get("with") else []
    return f"{said}（{'；'.join(more)}）" if more else said


def _told(refusal: Refusal) -> Faults:
    return {refusal.field or "": Fault(str(refusal), refusal.code)}
