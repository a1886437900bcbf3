"""The officers: appoint, give other roles, dismiss, list, enter from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from web.commands import answers, offices

if TYPE_CHECKING:
    from registry.people.officers import Officer

_ROLES = {
    "acceptor": "受理",
    "reviewer": "审查",
    "approver": "决定",
    "operator": "运行维护",
    "analyst": "流程分析",
    "publisher": "流程发布",
}


class Roles(click.Choice[str]):
    """A role by its word of the register, or as it is called in Chinese."""

    def __init__(self) -> None:
        super().__init__(tuple(_ROLES))

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Give the word of the register."""
        words = {label: word for word, label in _ROLES.items()}
        return super().convert(words.get(value, value), param, ctx)


_ROLE = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=Roles(),
    help="受理, 审查, 决定, 运行维护, 流程分析, 流程发布, or as above; may be given several times.",
)
_REASON = click.option("--reason", default="", help="Why, for the audit trail.")


@click.group()
def officer() -> None:
    """Appoint officers and end their posts."""


@officer.command("list")
@click.option("--all", "with_former", is_flag=True, help="Also those who are dismissed.")
@answers.as_json
def list_officers(with_former: bool, as_json: bool) -> int:
    """List who is in post.

    The exit status is 1 while fewer than two operators are: what two of them must agree to would
    have to wait.
    """
    from registry.people import officers
    from registry.people.officers import OfficerRole

    with offices.opened() as office, office.sessions() as session:
        listed = [row for row in officers.everyone(session) if row.active or with_former]
    operators = sum(row.active and OfficerRole.OPERATOR in row.roles for row in listed)
    is_enough = operators > 1
    if as_json:
        answers.say_json({"ok": is_enough, "officers": [_facts(row) for row in listed]})
        return 0 if is_enough else 1
    for row in listed:
        labels = "、".join(OfficerRole(role).label for role in row.roles)
        former = "" if row.active else "（已停止任职）"
        answers.say(f"{row.login:20}  {row.name}  {labels}{former}")
    if not listed:
        answers.say("还没有工作人员，请用 zhuce officer appoint 任命")
    if not is_enough:
        answers.tell(f"在任的运行维护人员只有{operators}名；须由两名办理的事项无法办理，请再任命")
    return 0 if is_enough else 1


def _facts(row: Officer) -> dict[str, object]:
    named = {"login": row.login, "name": row.name, "roles": row.roles}
    return {**named, "active": row.active, "created_at": row.created_at.isoformat()}


@officer.command()
@click.argument("login")
@click.option("--name", required=True, help="As it stands in letters and decisions.")
@_ROLE
@_REASON
@answers.as_json
def appoint(login: str, name: str, roles: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Appoint whoever has the account LOGIN at the portal, or change name and roles."""
    from casework import posts
    from engine.actors import SYSTEM

    with offices.opened() as office:
        post = posts.read(office, login, name, roles)
        is_changed = posts.appoint(office, post, SYSTEM, reason=reason)
    if as_json:
        return answers.say_json({"ok": True, "changed": is_changed})
    answers.say(f"{post.name}（{post.login}）已任职" if is_changed else "没有变更")
    return None


@officer.command()
@click.argument("login")
@_ROLE
@_REASON
@answers.as_json
def roles(login: str, roles: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Give LOGIN these roles instead of those of today."""
    from casework import posts
    from engine.actors import SYSTEM

    with offices.opened() as office:
        post = posts.read(office, login, posts.name_of(office, login), roles)
        is_changed = posts.appoint(office, post, SYSTEM, reason=reason)
    if as_json:
        return answers.say_json({"ok": True, "changed": is_changed})
    answers.say(f"{post.name}（{post.login}）的岗位已变更" if is_changed else "没有变更")
    return None


@officer.command()
@click.argument("login")
@click.option("--reason", required=True, help="Why, for the audit trail.")
@answers.as_json
def dismiss(login: str, reason: str, as_json: bool) -> None:
    """End the post of LOGIN at once: sessions, roles and held tasks."""
    from casework import posts
    from engine.actors import SYSTEM

    with offices.opened() as office:
        posts.dismiss(office, login, SYSTEM, reason=reason)
    answers.say_json({"ok": True}) if as_json else answers.say(f"{login}已停止任职")


@officer.command("reset-factor")
@click.argument("login")
@click.option("--reason", required=True, help="Why, for the audit trail.")
@click.option("--enterprise", help="USCC: LOGIN is the name of one who acts for it.")
@answers.as_json
def reset_factor(login: str, reason: str, enterprise: str | None, as_json: bool) -> None:
    """Take LOGIN's second factors away: enrol anew at next sign-in."""
    from casework.second_factors import resets
    from casework.signature import operators
    from engine.actors import SYSTEM
    from web.visitors import sessions

    with offices.opened() as office:
        if enterprise is None:
            holder = f"officer:{resets.reset(office, login, SYSTEM, reason=reason)}"
        else:
            known = operators.named(office, enterprise, login)
            operators.reset_factors(office, enterprise, known, SYSTEM, reason=reason)
            holder = f"operator:{known}"
        sessions.end_all_of(office.sessions, holder)
    answers.say_json({"ok": True}) if as_json else answers.say(f"{login}的第二重验证已重置")


@officer.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Judge the rows only.")
@answers.as_json
def import_officers(file: Path, dry_run: bool, as_json: bool) -> int:
    """Appoint everybody of a list, all of them or nobody.

    FILE is a CSV in UTF-8 with the columns 登录名, 姓名, 岗位 (受理, 审查, 决定, 运行维护; several
    set apart by 、).
    """
    from casework import posts
    from engine.actors import SYSTEM
    from web.commands.register import rows_of

    rows = rows_of(file, posts.COLUMNS)
    with offices.opened(alone="officers") as office:
        changed, bad = posts.enter(office, rows, SYSTEM, dry=dry_run)
    if as_json:
        listed = [vars(row) for row in bad]
        answers.say_json(
            {
                "ok": not bad,
                "dry_run": dry_run,
                "read": len(rows),
                "changed": changed,
                "bad": listed,
            }
        )
        return 1 if bad else 0
    for row in bad:
        answers.tell(f"第{row.line}行：{row.text}（{row.code}）")
    if bad:
        answers.tell("没有任命任何人；请更正后再导入")
        return 1
    done = "可以任命或者变更" if dry_run else "已任命或者变更"
    answers.say(f"读到 {len(rows)} 人，{done} {changed} 人")
    return 0
