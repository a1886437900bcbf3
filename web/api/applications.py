"""Applications: the list, one, where it stands, what was done, its papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Response

from casework.case import offered_professions
from registry import versions
from registry.applications import documents
from registry.applications.applications import Application
from registry.applications.documents import Document
from registry.applications.statuses import UNSIGNED, Matter
from registry.clients.clients import Scope
from registry.versions import Seen
from web.agency import case_files
from web.agency import lists as agency_lists
from web.api import listing
from web.api.declared import Reply, json_answer, route
from web.enterprise import lists as enterprise_lists
from web.extensions import db, office
from web.ui import cases
from web.visitors import access, files

PARTIES = ("enterprise", "officer")


def readable(application_id: str) -> Application:
    """Give a case that the pages would show to whom the program acts for; raises `NotFound`."""
    if access.visitor().kind == "officer":
        return case_files.readable(application_id)
    return files.readable(application_id)


def moment(at: datetime | None) -> str | None:
    """Write a moment as RFC 3339 does."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def is_hidden(application: Application) -> bool:
    """Tell whether an enterprise is told name, matter and status alone: not signed yet (I9)."""
    own = application.matter == Matter.ENTERPRISE_CANCELLATION
    return access.visitor().kind == "enterprise" and application.state in UNSIGNED and not own


def shown(application: Application) -> dict[str, Any]:
    """Give a case as its lists show it."""
    return {
        "id": application.id,
        "no": None if is_hidden(application) else application.no,
        "matter": application.matter,
        "profession": offered_professions.of(office(), application).title,
        "status": application.status,
        "status_text": application.state.label,
        "applicant": application.person.name,
        "enterprise": application.enterprise_name,
        "uscc": application.uscc,
        "due_on": application.due_on.isoformat() if application.due_on else None,
    }


def rows(ids: Sequence[str]) -> Mapping[str, Any]:
    """Give cases by their ids."""
    return {key: shown(case) for key, case in cases.applications_of(db.session(), ids).items()}


@route(
    "GET",
    "/applications",
    tag="申请",
    scope=Scope.APPLICATIONS_READ,
    kinds=PARTIES,
    queries=(
        listing.SEARCH,
        listing.sorts("newest", "oldest"),
        listing.MATTER,
        listing.STATUS,
        listing.PROFESSION,
        listing.AFTER,
    ),
    reply=Reply(about="一页申请，新的在前", schema="Applications"),
)
def applications() -> Response:
    """List the applications that name the enterprise, or that concern the officer's roles."""
    visitor = access.visitor()
    if visitor.kind == "officer":
        wanted = agency_lists.all_cases(visitor.actor)
    else:
        wanted = enterprise_lists.named(str(visitor.uscc))
    return json_answer(listing.page(wanted, rows))


@route(
    "GET",
    "/applications/<application_id>",
    tag="申请",
    scope=Scope.APPLICATIONS_READ,
    kinds=PARTIES,
    reply=Reply(about="申请", schema="Application"),
)
def application(application_id: str) -> Response:
    """Show one application."""
    return json_answer(rows([readable(application_id).id])[application_id])


@route(
    "GET",
    "/applications/<application_id>/status",
    tag="申请",
    scope=Scope.APPLICATIONS_READ,
    kinds=PARTIES,
    reply=Reply(about="进度", schema="ApplicationStatus"),
)
def application_status(application_id: str) -> Response:
    """Tell where an application stands, who must act and by when."""
    version = versions.of(db.session(), Seen.CASE, application_id)  # before anything is read
    case = readable(application_id)
    is_officer = access.visitor().kind == "officer"
    told = (cases.for_officer if is_officer else cases.for_enterprise)(office(), case)
    answer = json_answer(
        {
            "status": case.status,
            "status_text": case.state.label,
            "is_open": case.state.is_open,
            "turn": told.turn.what,
            "reasons": list(told.reasons),
            "due_on": case.due_on.isoformat() if case.due_on else None,
            "version": version,
        }
    )
    answer.set_etag(version)
    return answer


@route(
    "GET",
    "/applications/<application_id>/timeline",
    tag="申请",
    scope=Scope.APPLICATIONS_READ,
    kinds=PARTIES,
    reply=Reply(about="办理记录", schema="Timeline"),
)
def application_timeline(application_id: str) -> Response:
    """List what was done in an application, the newest first."""
    lines = cases.lines(db.session(), readable(application_id))
    told = [{"at": moment(line.at), "text": line.text, "actor": line.actor} for line in lines]
    return json_answer({"items": told})


@route(
    "GET",
    "/applications/<application_id>/documents",
    tag="文书",
    scope=Scope.DOCUMENTS_READ,
    kinds=PARTIES,
    reply=Reply(about="文书", schema="Documents"),
)
def application_documents(application_id: str) -> Response:
    """List the papers of an application with their hashes, the newest first."""
    papers = documents.history(db.session(), readable(application_id).id)
    told = [_paper(paper) for paper in reversed(papers) if files.is_shown(paper)]
    return json_answer({"items": told})


def _paper(paper: Document) -> dict[str, Any]:
    return {
        "id": paper.id,
        "kind": paper.kind,
        "title": paper.title,
        "number": paper.number,
        "state": paper.state,
        "sha256": paper.sha256,
        "created_at": moment(paper.created_at),
    }


@route(
    "GET",
    "/documents/<document_id>/content",
    tag="文书",
    scope=Scope.DOCUMENTS_READ,
    kinds=PARTIES,
    reply=Reply(about="PDF；ETag和Repr-Digest是其SHA-256", media=("application/pdf",)),
)
def document_content(document_id: str) -> Response:
    """Download a paper; one that is void says so on its pages, but for officers."""
    return files.document_of(document_id)
