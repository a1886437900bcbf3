"""Posts: who acts for the agency, in which roles.

The command of the host appoints at once: whoever has its shell has the data anyway, and somebody
has to be the first. On the page one operator asks and another confirms. A post is taken from an
officer by one alone, since every hour counts, but not the last operator's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from casework.case import announcements, texts
from casework.case.two_operators import TwoOperators, note
from casework.office import Office
from engine.actors import Actor
from refusals.refusal import Refusal
from registry import readings
from registry.people import officers, second_factors
from registry.people.officers import Officer, OfficerRole
from registry.trail import post_requests
from registry.trail.asked import RequestState
from registry.trail.post_requests import Post, PostRequest
from storage.database import writing

APPOINTED = "officer.appoint"
DISMISSED = "officer.dismiss"
ASKED = "officer.asked"
DECLINED = "officer.declined"
COLUMNS = ("登录名", "姓名", "岗位")  #: of a list of officers
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,39}")
_IN_NAMES = "·'’-. "  #: beside letters
_BETWEEN = re.compile(r"[、,，;；\s]+")  #: roles in one cell
_LONGEST_NAME = 50
_KIND = "post"  #: of the notices


class LoginTaken(Refusal):
    """已有登录名为“{known}”的工作人员，与“{login}”只有大小写不同。请核对身份门户的账号，是同一人的使用原登录名。"""

    code = "E_OFFICER_LOGIN_TAKEN"


class LoginInvalid(Refusal):
    """登录名应为2至40个字母、数字或者._@-，请按身份门户的账号填写。"""

    code = "E_OFFICER_LOGIN"


class OfficerNameInvalid(Refusal):
    """请填写工作人员的姓名（2至50个字，只用文字和间隔号，能够打印）。"""

    code = "E_OFFICER_NAME"


class RolesMissing(Refusal):
    """请至少选择一个岗位：{choices}。停止任职的，请办理停止任职。"""

    code = "E_OFFICER_ROLES"


class PostReasonMissing(Refusal):
    """请填写原因（5至500个字），例如任免文件的文号。"""

    code = "E_POST_REASON"


class PostUnchanged(Refusal):
    """“{name}”现在的姓名和岗位就是这样，不需要变更。"""

    code = "E_POST_UNCHANGED"


class PostAsked(Refusal):
    """{who}已于{when}提出登录名“{login}”的任职申请，等待确认。请先确认或者撤回该申请，再提出新的申请。"""

    code = "E_POST_ASKED"


class PostNeedsAnother(Refusal):
    """须由另一名运行维护人员确认。提出申请的人和任职的本人都不能确认。"""

    code = "E_POST_NEEDS_ANOTHER"
    is_denial = True


class PostNotAsked(Refusal):
    """该申请已经撤回或者已经处理。请刷新页面，查看最新状态。"""

    code = "E_POST_NOT_ASKED"


class LastOperator(Refusal):
    """“{name}”是唯一在任的运行维护人员。请先任命另一名运行维护人员，再停止其任职或者变更其岗位。"""

    code = "E_LAST_OPERATOR"


class NotInPost(Refusal):
    """没有登录名为“{login}”的在任工作人员，请核对登录名。"""

    code = "E_NOT_IN_POST"


_BY_TWO = TwoOperators(needs_another=PostNeedsAnother, not_asked=PostNotAsked, waits=PostAsked)


@dataclass(frozen=True, kw_only=True)
class BadPost:
    """A line of a list that cannot be entered, and why."""

    line: int  #: of the file, from 1
    code: str
    text: str


def read(office: Office, login: str, name: str, roles: Iterable[str]) -> Post:
    """Read what was typed. Raises: LoginInvalid, LoginTaken, OfficerNameInvalid, RolesMissing."""
    login, name = readings.line(login), readings.name(name)
    if not _LOGIN.fullmatch(login):
        raise LoginInvalid("login")
    with office.sessions() as session:
        known = officers.spelt_like(session, login)
    if known is not None and known.login != login:
        raise LoginTaken("login", login=login, known=known.login)
    is_name = all(sign.isalpha() or sign in _IN_NAMES for sign in name)
    if not (is_name and 1 < len(name) <= _LONGEST_NAME):
        raise OfficerNameInvalid("name")
    try:
        texts.said(office, [name], field="name", most=1)
        wanted = sorted({OfficerRole(role) for role in roles})
    except texts.Unprintable:
        raise OfficerNameInvalid("name") from None
    except ValueError:
        wanted = []
    if not wanted:
        raise RolesMissing("roles", choices="、".join(role.label for role in OfficerRole))
    return Post(login=login, name=name, roles=[role.value for role in wanted])


def appoint(office: Office, post: Post, actor: Actor, *, reason: str = "") -> bool:
    """Appoint, or give other roles, at once; False when everything was so already.

    Raises: LastOperator.
    """
    with writing(office.sessions) as session:
        return _appoint(office, session, post, actor, reason=reason)


def dismiss(office: Office, login: str, actor: Actor, *, reason: str) -> None:
    """End a post at once: no sign-in, no roles, no held task.

    Raises: NotInPost, PostReasonMissing, LastOperator.
    """
    why = _why(office, reason)
    with writing(office.sessions) as session:
        officer = _in_post(session, login)
        _keep_an_operator(session, officer, ())
        officers.dismiss(session, officer.id)
        second_factors.remove(session, f"officer:{officer.id}")  # whoever returns enrols anew
        subject = f"officer:{officer.id}"
        note(office, session, DISMISSED, actor, subject=subject, facts={"reason": why})
        _tell(office, session, f"{officer.name}已停止任职。")


def ask(office: Office, post: Post, actor: Actor, *, reason: str) -> None:
    """Ask that somebody be appointed or given other roles; another operator confirms.

    Raises: PostReasonMissing, PostUnchanged, PostAsked, LastOperator.
    """
    why = _why(office, reason)
    with writing(office.sessions) as session:
        officer = officers.by_login(session, post.login)
        if officer is not None:
            if _is_so(officer, post):
                raise PostUnchanged(name=officer.name)
            _keep_an_operator(session, officer, post.roles)
        request_id = post_requests.ask(session, post, reason=why, actor=actor.id, at=office.now())
        if request_id is None:
            waits = PostRequest.waiting_about(session, post.login)
            values = post_requests.values(post, why)
            _BY_TWO.again(session, waits, actor, values, field="login", login=post.login)
            return
        facts = {"request": request_id, "login": post.login, "roles": list(post.roles)}
        note(office, session, ASKED, actor, subject=f"login:{post.login}", facts=facts)
        _tell(office, session, "有一份任职申请待另一名运行维护人员确认，请在“工作人员”页面办理。")


def confirm(office: Office, request_id: str, actor: Actor) -> None:
    """Do what another operator asked for, but nobody for himself.

    Raises: PostNotAsked, PostNeedsAnother, LastOperator.
    """
    with (
        _BY_TWO.once(office, PostRequest, request_id, actor, RequestState.CONFIRMED),
        writing(office.sessions) as session,
    ):
        request = _BY_TWO.confirmable(session, PostRequest.get(session, request_id), actor)
        officer = officers.by_login(session, request.login)
        if officer is not None and f"officer:{officer.id}" == actor.id:
            raise PostNeedsAnother
        now = office.now()
        _BY_TWO.insist(PostRequest.confirm(session, request_id, actor=actor.id, at=now))
        post = Post(login=request.login, name=request.name, roles=request.roles)
        asked = {"request": request_id, "asked_by": request.asked_by}
        _appoint(office, session, post, actor, reason=request.reason, **asked)


def decline(office: Office, request_id: str, actor: Actor) -> None:
    """Turn a request down, or take one's own back. Raises: PostNotAsked."""
    with (
        _BY_TWO.once(office, PostRequest, request_id, actor, RequestState.DECLINED),
        writing(office.sessions) as session,
    ):
        request = _BY_TWO.waiting(PostRequest.get(session, request_id))
        now = office.now()
        _BY_TWO.insist(PostRequest.decline(session, request_id, actor=actor.id, at=now))
        facts = {"request": request_id, "asked_by": request.asked_by}
        note(office, session, DECLINED, actor, subject=f"login:{request.login}", facts=facts)


def waiting(session: Session) -> list[PostRequest]:
    """Return the requests that nobody has settled, oldest first."""
    return PostRequest.waiting(session)


def name_of(office: Office, login: str) -> str:
    """Give the name of an officer in post. Raises: NotInPost."""
    with office.sessions() as session:
        return _in_post(session, login).name


def enter(
    office: Office, rows: Sequence[tuple[int, dict[str, str]]], actor: Actor, *, dry: bool
) -> tuple[int, list[BadPost]]:
    """Appoint everybody of a list, all or nobody; tell how many changed, and what is wrong.

    `rows` are lines of a file with `COLUMNS`; several roles are set apart by 、.
    """
    labels = {role.label: role.value for role in OfficerRole}
    posts, bad, lines = list[Post](), list[BadPost](), dict[str, int]()
    for line, row in rows:
        login, name, roles = (row.get(column) or "" for column in COLUMNS)
        named = [
            labels.get(label.strip(), label.strip()) for label in re.split("[、,，;； ]+", roles)
        ]
        try:
            post = read(office, login, name, [role for role in named if role])
        except Refusal as refusal:
            bad.append(BadPost(line=line, code=refusal.code, text=str(refusal)))
            continue
        if (first := lines.setdefault(post.login.lower(), line)) != line:
            text = f"登录名“{post.login}”在第{first}行已经有了，请只留一行"
            bad.append(BadPost(line=line, code=LoginInvalid.code, text=text))
        posts.append(post)
    if bad:
        return 0, bad
    with writing(office.sessions) as session:
        changed = sum(_appoint(office, session, post, actor, reason="") for post in posts)
        if dry:
            session.rollback()
    return changed, []


def _in_post(session: Session, login: str) -> Officer:
    officer = officers.by_login(session, login)
    if officer is None or not officer.active:
        raise NotInPost(login=login)
    return officer


def _appoint(
    office: Office, session: Session, post: Post, actor: Actor, *, reason: str, **asked: str
) -> bool:
    officer = officers.by_login(session, post.login)
    if officer is not None:
        if _is_so(officer, post):
            return False
        _keep_an_operator(session, officer, post.roles)
    roles = [OfficerRole(role) for role in post.roles]
    officer = officers.appoint(session, post.login, name=post.name, roles=roles, at=office.now())
    facts = {"login": post.login, "roles": list(post.roles), "reason": reason, **asked}
    note(office, session, APPOINTED, actor, subject=f"officer:{officer.id}", facts=facts)
    labels = "、".join(role.label for role in roles)
    _tell(office, session, f"{post.name}任职：{labels}。")
    return True


def _is_so(officer: Officer, post: Post) -> bool:
    present = (officer.active, officer.name, sorted(officer.roles))
    return present == (True, post.name, sorted(post.roles))


def _keep_an_operator(session: Session, officer: Officer, roles: Sequence[str]) -> None:
    """Refuse what would leave nobody to operate the service."""
    if OfficerRole.OPERATOR in roles or OfficerRole.OPERATOR not in officer.roles:
        return
    others = (other for other in officers.everyone(session) if other.id != officer.id)
    if officer.active and not any(_operates(other) for other in others):
        raise LastOperator(name=officer.name)


def _operates(officer: Officer) -> bool:
    return officer.active and OfficerRole.OPERATOR in officer.roles


def _why(office: Office, reason: str) -> str:
    why = "".join(texts.said(office, [reason], field="reason", most=1))
    if len(why) < texts.LEAST_REASON:
        raise PostReasonMissing("reason")
    return why


def _tell(office: Office, session: Session, text: str) -> None:
    """Tell the operators: a post that nobody expected must be seen."""
    now = office.now()
    word = announcements.to_role(
        OfficerRole.OPERATOR, _KIND, text, f"post/{now.isoformat()}/{text}"
    )
    announcements.tell(session, [word], now)
