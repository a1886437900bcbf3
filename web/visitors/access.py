"""Who may do what, decided in one place; a page without a rule is closed to everybody.

A decorator declares the rule of a view, `_enforce` applies it before the view runs. Whether a thing
belongs to somebody is asked here too: what is not yours does not exist for you (404).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

import sqlalchemy as sa
import structlog
from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from casework.case import opened
from casework.case.opened import Case
from casework.retention_table import insist_kept
from engine import actors
from engine.actors import Actor
from engine.tables import TaskStatus, UserTask
from refusals import denials
from refusals.refusal import NotFound, Refusal
from registry.applications.applications import Application
from registry.applications.statuses import APPLICATIONS, OF_AGENCY, PERSONAL, UNSIGNED, Matter
from registry.authority import ex_officio
from registry.certificates.registrations import Registration
from registry.clients.clients import Client, Scope
from registry.enterprises import operators
from registry.enterprises.enterprises import Enterprise, Operator, OperatorRole
from registry.enterprises.operators import DUTIES, Duty
from registry.enterprises.renames import RenameBatch
from registry.enterprises.seal_batches import SealBatch
from registry.people.officers import STUDIO, Officer, OfficerRole
from registry.people.persons import Person, PersonStatus
from storage.database import Base, hold, read_already
from web.errors import NotForYou
from web.extensions import db, office, settings
from web.visitors import programs

View = TypeVar("View", bound=Callable[..., Any])
Row = TypeVar("Row", bound=Base)

_LOG = structlog.get_logger(__name__)
_KINDS = {"person": "个人用户", "enterprise": "企业用户", "officer": "工作人员"}


class NotYourDuty(Refusal):
    """您在本企业的权限为“{role}”，不能{duty}。请由有该权限的经办人办理，或者请本企业管理员调整权限。"""

    code = "E_NOT_YOUR_DUTY"
    is_denial = True


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody who has signed in."""

    kind: str  #: person, enterprise or officer; integrator for a program of nobody here
    name: str
    actor: Actor
    person_id: str | None = None
    uscc: str | None = None
    officer: Officer | None = None
    operator: Operator | None = None
    roles: frozenset[str] = frozenset()
    must_prove: bool = False  #: the enterprise lets nobody act by the portal alone
    client: Client | None = None  #: the program that asks in his name

    def may(self, duty: str) -> bool:
        """Tell whether a person does it for himself, or an operator may for the enterprise."""
        return self.operator is None or Duty(duty) in DUTIES[OperatorRole(self.operator.role)]


@dataclass(frozen=True, kw_only=True)
class AccessRule:
    """Who may open a page."""

    kinds: frozenset[str] = field(default_factory=frozenset)  #: empty: everybody
    roles: frozenset[OfficerRole] = frozenset()  #: of an officer, any of them; empty: not asked
    duty: Duty | None = None  #: asked of an enterprise's operator
    scope: Scope | None = None  #: asked of a program; no browser opens such a page


_RULE = "access_rule"
PROVEN_AT = "proven_at"  #: in the session of who has proven himself by more than the portal
PUBLIC = AccessRule()


def _declare(rule: AccessRule) -> Callable[[View], View]:
    def declare(view: View) -> View:
        setattr(view, _RULE, rule)
        return view

    return declare


public = _declare(PUBLIC)
signed_in = _declare(AccessRule(kinds=frozenset(_KINDS)))
person_only = _declare(AccessRule(kinds=frozenset({"person"})))
enterprise_only = _declare(AccessRule(kinds=frozenset({"enterprise"})))
key_holder = _declare(AccessRule(kinds=frozenset({"person", "enterprise"})))
#: Uses or changes the key; of an enterprise's operators only those who seal.
key_user = _declare(AccessRule(kinds=frozenset({"person", "enterprise"}), duty=Duty.SEAL))


def enterprise(duty: Duty) -> Callable[[View], View]:
    """Open a page to operators of enterprises with a duty."""
    return _declare(AccessRule(kinds=frozenset({"enterprise"}), duty=duty))


def require(duty: Duty) -> None:
    """Refuse an operator without a duty. Raises `NotYourDuty`."""
    known = visitor()
    if known.operator is not None and not known.may(duty):
        role = OperatorRole(known.operator.role).label
        raise NotYourDuty(role=role, duty=duty.label)


def officer(*roles: OfficerRole) -> Callable[[View], View]:
    """Open a page to officers with any of the roles; with none named, to all but the studio's."""
    wanted = frozenset(roles) or frozenset(OfficerRole) - STUDIO
    return _declare(AccessRule(kinds=frozenset({"officer"}), roles=wanted))


#: Shows programs; which ones, `web.programs.rights` says.
program_keeper = _declare(AccessRule(kinds=frozenset({"enterprise", "officer"})))
#: Shows what is published, nobody's data: every officer may look.
any_officer = _declare(AccessRule(kinds=frozenset({"officer"})))


def program(scope: Scope, *kinds: str, duty: Duty | None = None) -> Callable[[View], View]:
    """Open a page to programs of these kinds of visitors whose token is for `scope`."""
    return _declare(AccessRule(kinds=frozenset(kinds), duty=duty, scope=scope))


def install(app: Flask) -> None:
    """Know the visitor before each request and close what is not open to him."""
    app.before_request(_enforce)
    app.jinja_env.globals["may_analyse"] = lambda: (
        g.visitor is not None and OfficerRole.ANALYST in g.visitor.roles
    )
    app.jinja_env.globals["may_draft"] = lambda: (
        g.visitor is not None and bool(STUDIO & g.visitor.roles)
    )
    app.jinja_env.globals["may"] = lambda duty: g.visitor is not None and g.visitor.may(duty)


def rule_of(app: Flask, endpoint: str) -> AccessRule | None:
    """Give the declared rule of an endpoint."""
    return cast("AccessRule | None", getattr(app.view_functions[endpoint], _RULE, None))


def _enforce() -> Response | None:
    g.visitor = None
    if request.endpoint is None:
        return None
    if any("\0" in text for text in (request.path, *request.args.values())):
        raise NotFound  # no id and no place in a list has NUL, and PostgreSQL cannot be asked
    rule = rule_of(current_app, request.endpoint)
    if rule is None:
        _LOG.error("page_without_rule", endpoint=request.endpoint)
        abort(403)
    if rule.scope is not None:
        g.visitor = _program(rule.scope, rule.kinds)
        if rule.duty is not None:
            require(rule.duty)
        return None
    if session.get("visitor"):
        g.visitor = _load(str(session["visitor"]))
        if _is_half_in(g.visitor):
            g.visitor = None
    if not rule.kinds:
        return None
    if getattr(session, "is_lost", False):
        abort(503)
    if g.visitor is None:
        return _ask_to_sign_in(rule)
    if g.visitor.kind not in rule.kinds:
        audience = "、".join(_KINDS[kind] for kind in sorted(rule.kinds))
        raise NotForYou(audience=audience, visitor=_KINDS[g.visitor.kind])
    if rule.roles and not rule.roles & g.visitor.roles:
        audience = "、".join(role.label for role in OfficerRole if role in rule.roles)
        raise NotForYou(audience=f"{audience}人员", visitor=_KINDS[g.visitor.kind])
    if rule.duty is not None:
        require(rule.duty)
    return None


def _is_half_in(known: Visitor | None) -> bool:
    """Tell whether somebody came in before a second factor was required of all like him."""
    if known is None or PROVEN_AT in session:
        return False
    return known.must_prove or (known.kind == "officer" and settings().requires_second_factor)


def _program(scope: Scope, kinds: frozenset[str]) -> Visitor:
    """Know whom a program acts for: with his rights of this moment, and for no longer than he."""
    client = programs.client_of(scope)
    if client.acts_as is None:
        nobody = Actor(id=f"client:{client.id}")
        known: Visitor | None = Visitor(kind="integrator", name=client.name, actor=nobody)
    else:
        known = _load(client.acts_as)
    if known is None:
        raise programs.NoToken
    if known.kind not in kinds:
        raise programs.NotForThisParty
    return replace(known, client=client)


def _load(key: str) -> Visitor | None:
    """Know the visitor anew at each request, so that whoever lost a right has lost it now."""
    kind, _, identifier = key.partition(":")
    loaders = {"person": _person, "operator": _operator, "officer": _officer}
    return loaders[kind](identifier)


def _known(table: type[Row], key: str) -> Row | None:
    """Give a row that was read with the session of this request, if it is that one."""
    row = getattr(session, "rows", {}).get(table)
    if row is None or sa.inspect(row).identity != (key,):
        return None
    asking = db.session()
    if (present := read_already(asking, table, key)) is not None:
        return hold(asking, present)
    known = cast("Row", row)
    if not sa.inspect(known).detached:  # it was forgotten meanwhile, and is looked at anew
        return None
    asking.add(known)  # the session that it came with is over
    return hold(asking, known)


def _person(identifier: str) -> Visitor | None:
    person = _known(Person, identifier) or db.session.get(Person, identifier)
    if person is None or person.status != PersonStatus.ACTIVE:
        return None
    return Visitor(
        kind="person", name=person.name, actor=actors.person(person.id), person_id=person.id
    )


def _operator(identifier: str) -> Visitor | None:
    operator = _known(Operator, identifier) or db.session.get(Operator, identifier)
    if operator is None or not operators.acts_on(operator, office().today()):
        return None
    enterprise = _known(Enterprise, operator.uscc) or db.session.get(Enterprise, operator.uscc)
    if enterprise is None:
        return None
    return Visitor(
        kind="enterprise",
        name=enterprise.name,
        actor=actors.operator(operator.id, operator.uscc),
        uscc=operator.uscc,
        operator=operator,
        must_prove=enterprise.second_factor_required,
    )


def _officer(identifier: str) -> Visitor | None:
    officer = _known(Officer, identifier) or db.session.get(Officer, identifier)
    if officer is None or not officer.active:
        return None
    return Visitor(
        kind="officer",
        name=officer.name,
        actor=actors.officer(officer.id, *officer.roles),
        officer=officer,
        roles=frozenset(officer.roles),
    )


def _ask_to_sign_in(rule: AccessRule) -> Response:
    """Send to 新用户注册 whom the portal knows and we do not (R12), others to the sign-in.

    Who wants to act, or to see one thing by its id, was refused it: that leaves a row.
    """
    if request.view_args or request.method not in ("GET", "HEAD"):
        denials.note("E_SIGN_IN_FIRST")
    if session.get("newcomer"):
        return redirect(url_for("sign_up.form"), 303)
    session.pop("visitor", None)
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    if len(rule.kinds) == 1:
        return redirect(url_for("sign_in.begin", kind=next(iter(rule.kinds)), next=here), 303)
    return redirect(url_for("sign_in.choose", next=here), 303)


def visitor() -> Visitor:
    """Give the visitor of a page that is not public."""
    return cast("Visitor", g.visitor)


def _case(application_id: str) -> Application | None:
    """Give an application; for an act its case is opened, which `at_hand` gives on."""
    if request.method != "POST":
        return db.session.get(Application, application_id)
    if (case := at_hand(application_id)) is None:
        try:
            case = g.opened = opened.open_(office(), application_id)
        except NotFound:
            return None
    return db.session.merge(case.application, load=False)


def at_hand(application_id: str) -> Case | None:
    """Give the case that this request has opened, if it is that one."""
    case: Case | None = g.get("opened")
    return case if case is not None and case.id == application_id else None


def open_case(application: Application) -> Case:
    """Give the case of an application that this request has opened for its act."""
    return at_hand(application.id) or opened.open_(office(), application.id)


def own_application(application_id: str) -> Application:
    """Give the signed-in person's own application.

    Raises: NotFound when it is somebody else's or does not exist (R16), CaseErased, CaseLocked.
    """
    application = _case(application_id)
    if application is None or application.person_id != visitor().person_id:
        raise NotFound
    if application.matter == Matter.ENTERPRISE_CANCELLATION and application.accepted_on is None:
        raise NotFound  # not the person's to know before the agency has accepted it
    if application.matter in OF_AGENCY:
        raise NotFound  # no application of the person's, see `own_hearing`
    insist_kept(application.retired)
    return application


def own_hearing(application_id: str) -> Application:
    """Give a case of the agency's own motion that the signed-in person was told of (I19).

    Raises: NotFound before that, for somebody else's case and for everything else.
    """
    application = db.session.get(Application, application_id)
    if application is None or application.person_id != visitor().person_id:
        raise NotFound
    if application.matter != Matter.EX_OFFICIO:
        raise NotFound
    if ex_officio.get(db.session(), application_id).hear_until is None:
        raise NotFound
    insist_kept(application.retired)
    return application


def own_form(application_id: str) -> Application:
    """Give the signed-in person's own application, which he himself fills in.

    Raises: NotFound, also for what his enterprise asked for.
    """
    application = own_application(application_id)
    if application.matter not in PERSONAL:
        raise NotFound
    return application


def enterprise_application(application_id: str) -> Application:
    """Give an application that was signed and names the visitor's enterprise (R49, I9).

    Raises: NotFound for others' applications and for those not signed yet, but for its own.
    """
    application = _case(application_id)
    if application is None or application.uscc != visitor().uscc:
        raise NotFound
    if application.status in UNSIGNED and application.matter != Matter.ENTERPRISE_CANCELLATION:
        raise NotFound
    if (
        application.matter not in APPLICATIONS
    ):  # what the agency starts is between it and the person
        raise NotFound
    insist_kept(application.retired)
    return application


def enterprise_request(application_id: str) -> Application:
    """Give a request that the visitor's enterprise makes by itself; raises NotFound."""
    application = enterprise_application(application_id)
    if application.matter != Matter.ENTERPRISE_CANCELLATION:
        raise NotFound
    return application


def enterprise_registration(registration_id: str) -> Registration:
    """Give a registration with the visitor's enterprise; raises NotFound for all others."""
    registration = db.session.get(Registration, registration_id)
    if registration is None or registration.uscc != visitor().uscc:
        raise NotFound
    return registration


def enterprise_rename(batch_id: str) -> RenameBatch:
    """Give a change of the name of the visitor's own enterprise (R124).

    Raises: NotFound for others' and for what does not exist.
    """
    batch = db.session.get(RenameBatch, batch_id)
    if batch is None or batch.uscc != visitor().uscc:
        raise NotFound
    return batch


def enterprise_seals(batch_id: str) -> SealBatch:
    """Give a list of files that the visitor's own enterprise seals with one PIN.

    Raises: NotFound for others' and for what does not exist.
    """
    batch = db.session.get(SealBatch, batch_id)
    if batch is None or batch.uscc != visitor().uscc:
        raise NotFound
    return batch


def agency_task(task_id: str) -> UserTask:
    """Give a task that waits in one of the officer's inboxes.

    Raises: NotFound when it waits elsewhere or does not exist.
    """
    task = _task(task_id, for_page=True) or db.session.get(UserTask, task_id)
    if task is None or not visitor().actor.may_open(task.inbox):
        raise NotFound
    return task


def own_task(task_id: str) -> UserTask:
    """Give an open task that waits for whom a program acts for; raises NotFound."""
    task = _task(task_id) or db.session.get(UserTask, task_id)
    is_open = task is not None and task.status == TaskStatus.OPEN
    if task is None or not is_open or not visitor().actor.may_open(task.inbox):
        raise NotFound
    return task


def _task(task_id: str, *, for_page: bool = False) -> UserTask | None:
    """Give an open task; for an act its case is opened, which `at_hand` gives on.

    `for_page` opens it too where a page is going to show the whole case.
    """
    opens = for_page or request.method == "POST"
    case = opened.open_at(office(), task_id) if opens else None
    task = None if case is None else case.waiting(task_id)
    if case is None or task is None:
        return None
    if (known := visitor().officer) is not None:
        case.learn((Officer, known.id), known)
    g.opened = case
    return db.session.merge(task, load=False)
