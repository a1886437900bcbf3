"""The programs that speak to the interface: create, list, rotate the secret, revoke."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from web.commands import answers, offices

if TYPE_CHECKING:
    from registry.clients.clients import Client

_SCOPES = click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    help="What it may ask for, as docs/api.md lists them; several times.",
)


@click.group()
def client() -> None:
    """Let programs of others use the interface."""


@client.command()
@click.argument("name")
@click.option("--enterprise", "uscc", default="", help="Credit code of the enterprise.")
@click.option("--operator", default="", help="Name of its operator for whom the client acts.")
@click.option("--officer", default="", help="Login of the officer for whom the client acts.")
@click.option("--integrator", is_flag=True, help="It sees what anybody may see.")
@_SCOPES
@answers.as_json
def create(
    name: str,
    uscc: str,
    operator: str,
    officer: str,
    integrator: bool,
    scopes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Create the client NAME; its secret is printed once and not kept."""
    from casework.programs import clients
    from engine.actors import SYSTEM

    named = clients.Named(uscc=uscc, operator=operator, officer=officer, is_integrator=integrator)
    with offices.opened() as office:
        client_id, secret = clients.create(office, name, named, scopes, SYSTEM)
    _tell_secret(client_id, secret, as_json=as_json)


@client.command("list")
@answers.as_json
def list_clients(as_json: bool) -> None:
    """List the clients, those that were revoked too."""
    from registry.clients import clients

    with offices.opened() as office, office.sessions() as session:
        listed = clients.everyone(session)
    if as_json:
        return answers.say_json({"clients": [_facts(row) for row in listed]})
    for row in listed:
        state = "" if row.active else "（已停用）"
        answers.say(f"{row.id}  {row.name}{state}  {' '.join(row.scopes)}")
    if not listed:
        answers.say("还没有程序，请用 zhuce client create 登记")
    return None


def _facts(row: Client) -> dict[str, object]:
    named = {"id": row.id, "name": row.name, "party": row.party, "uscc": row.uscc}
    return {
        **named,
        "acts_as": row.acts_as,
        "scopes": row.scopes,
        "active": row.active,
        "created_at": row.created_at.isoformat(),
    }


@client.command()
@click.argument("client_id")
@click.option("--overlap-days", default=7, show_default=True, help="How long both secrets count.")
@answers.as_json
def rotate(client_id: str, overlap_days: int, as_json: bool) -> None:
    """Give a client a new secret while the one before still counts."""
    from casework.programs import clients
    from engine.actors import SYSTEM

    with offices.opened() as office:
        secret = clients.rotate(office, client_id, SYSTEM, overlap_days=overlap_days)
    _tell_secret(client_id, secret, as_json=as_json)


@client.command()
@click.argument("client_id")
@answers.as_json
def revoke(client_id: str, as_json: bool) -> None:
    """End a client at once, with its secrets and tokens."""
    from casework.programs import clients
    from engine.actors import SYSTEM

    with offices.opened() as office:
        clients.revoke(office, client_id, SYSTEM)
    answers.say_json({"ok": True}) if as_json else answers.say("程序已停用")


@client.command()
@click.argument("webhook_id")
@answers.as_json
def replay(webhook_id: str, as_json: bool) -> None:
    """Send again what an address of a client has not taken."""
    from casework.programs import webhooks
    from engine.actors import SYSTEM

    with offices.opened() as office:
        count = webhooks.replay(office, webhook_id, SYSTEM)
    answers.say_json({"count": count}) if as_json else answers.say(f"重新推送 {count} 条")


def _tell_secret(client_id: str, secret: str, *, as_json: bool) -> None:
    if as_json:
        answers.say_json({"client_id": client_id, "client_secret": secret})
        return
    answers.say(f"client_id      {client_id}")
    answers.say(f"client_secret  {secret}")
    answers.tell("密钥只显示这一次，请保存在密码库中")
