"""Verification, one by one and in bulk: what anybody may know, and no more (D.4)."""

from __future__ import annotations

from typing import Any

from flask import Response

from refusals.refusal import NotFound
from registry import verification_codes
from registry.certificates.certificates import Validity
from registry.certificates.copies import CopyState
from registry.certificates.public_answers import PublicAnswer
from registry.clients.clients import Scope
from web.api.declared import Reply, body, json_answer, route
from web.enterprise import list_check
from web.enterprise.list_check import MOST_MISSES, Line
from web.extensions import db, office
from web.public import looked_up
from web.public.looked_up import Answers
from web.visitors import access

EVERYBODY = ("enterprise", "officer", "integrator")


def _certificate(answer: PublicAnswer) -> dict[str, Any]:
    return {
        "is_found": True,
        "kind": "certificate",
        "is_valid": answer.status is Validity.VALID,
        "status": answer.status,
        "words": answer.status.label,
        "title": answer.title,
        "name": answer.name,
        "number": answer.no,
        "registration_no": answer.registration_no,
        "enterprise": answer.enterprise_name,
        "valid_from": answer.valid_from.isoformat(),
        "valid_to": answer.valid_to.isoformat(),
    }


def _answers(answers: Answers) -> dict[str, Any]:
    if (letter := answers.letter) is not None:
        return {
            "is_found": True,
            "kind": "letter",
            "is_valid": letter.counts,
            "words": letter.words,
            "title": letter.title,
            "name": letter.name,
            "number": letter.number,
        }
    if answers.certificate is None:
        raise NotFound
    told = _certificate(answers.certificate)
    if (copy := answers.copy) is not None:
        told |= {
            "kind": "copy",
            "is_valid": copy.state is CopyState.VALID,
            "words": copy.words,
            "valid_from": copy.valid_from.isoformat(),
            "valid_to": copy.valid_to.isoformat(),
        }
    return told


def _who() -> str:
    """Give who is counted: the party, so that nobody guesses with several programs."""
    visitor = access.visitor()
    return visitor.uscc or visitor.actor.id


@route(
    "GET",
    "/verifications/<code>",
    tag="查验",
    scope=Scope.VERIFY,
    kinds=EVERYBODY,
    reply=Reply(about="查验结果", schema="Verification"),
)
def verification(code: str) -> Response:
    """Tell what the certificate, copy or letter with this code is worth today."""
    list_check.may_ask_code(_who())
    token = verification_codes.read(code)
    answers = looked_up.of_code(db.session(), token, on=office().today())
    if not answers.is_known:
        list_check.count_misses(_who(), 1)
        raise NotFound
    return json_answer(_answers(answers))


@route(
    "POST",
    "/verifications",
    tag="查验",
    scope=Scope.VERIFY,
    kinds=EVERYBODY,
    body="Question",
    reply=Reply(about="查验结果", schema="Verification"),
)
def verify() -> Response:
    """Tell what the certificate with this number and name is worth today."""
    list_check.may_ask_code(_who())
    [told] = _judged([body()])
    return json_answer(told)


@route(
    "POST",
    "/verifications/bulk",
    tag="查验",
    scope=Scope.VERIFY,
    kinds=EVERYBODY,
    body="Questions",
    reply=Reply(about="查验结果，次序与请求相同", schema="Verifications"),
)
def verify_bulk() -> Response:
    """Tell of up to 500 certificates what each is worth today."""
    list_check.may_ask(_who())
    return json_answer({"items": _judged(body()["items"])})


def _judged(questions: Any) -> list[dict[str, Any]]:
    """Answer each; who guesses is told nothing more once he missed too often."""
    lines = [
        Line(place=place, number=question["number"], name=question["name"])
        for place, question in enumerate(questions, 1)
    ]
    told, misses = [], 0
    for _, answer in list_check.judged(db.session(), lines, office().today()):
        misses += answer is None
        if misses > MOST_MISSES:
            break
        told.append(_certificate(answer) if answer is not None else {"is_found": False})
    list_check.count_misses(_who(), misses)
    return told + [{"is_found": False}] * (len(lines) - len(told))
