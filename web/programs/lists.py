"""The lists of programs, and of the messages to an address."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for
from sqlalchemy import or_, select

from registry import readings
from registry.clients.clients import Client, ClientParty
from registry.clients.webhooks import DeliveryState, EventType, Webhook, WebhookDelivery
from registry.enterprises.enterprises import Enterprise, Operator
from registry.people import officers
from web import display
from web.extensions import db
from web.lists import cases as narrowing
from web.lists.listing import Choose, Column, Empty, Filter, Listing, Row, Search, Sort
from web.programs import rights
from web.ui.wording import Tag

STATES = {
    DeliveryState.WAITING: Tag(text="等待推送", colour="yellow"),
    DeliveryState.DELIVERED: Tag(text="已送达", colour="green"),
    DeliveryState.FAILED: Tag(text="未送达", colour="red"),
}
_ACTIVE = {"active": "使用中", "ended": "已停用"}


def programs() -> Listing:
    """List the programs that the visitor is shown."""
    return Listing(
        key="programs",
        caption="程序",
        query=select(Client.id).where(rights.seen()),
        id=Client.id,
        rows=_rows,
        columns=[
            Column(key="name", head="程序", classes="fold__path"),
            Column(key="party", head="类别", classes="fold__short"),
            Column(key="acts_as", head="代谁办理", note="enterprise", note_head="企业"),
            Column(key="used_at", head="最近使用", kind="moment"),
            Column(key="state", head="状态", kind="tag", classes="fold__short"),
            Column(key="actions", head="操作", kind="actions", classes="fold__short"),
        ],
        sorts=[
            Sort(key="newest", label="最近登记的在前", descending=True),
            Sort(key="oldest", label="最早登记的在前"),
        ],
        search=Search(
            label="查找",
            hint="程序名称、编号或者企业的统一社会信用代码",
            where=lambda typed: or_(
                narrowing.says(Client.name, typed),
                Client.id == readings.line(typed),
                Client.uscc == readings.number(typed),
            ),
        ),
        filters=[
            Filter(
                key="party",
                label="类别",
                choices=[(party.value, party.label) for party in ClientParty],
                where=lambda word: Client.party == word,
            ),
            Filter(
                key="state",
                label="状态",
                choices=list(_ACTIVE.items()),
                where=lambda word: Client.active.is_(word == "active"),
            ),
        ],
        unit="个",
        empty=Empty(
            text="还没有程序。",
            advice="程序通过接口代经办人或者工作人员办理，由管理员或者运行维护人员登记。",
        ),
    )


def _rows(ids: Sequence[str]) -> dict[str, Row]:
    kept = db.session.scalars(select(Client).where(Client.id.in_(ids))).all()
    people, firms = names(kept)
    return {
        client.id: {
            "name": client.name,
            "id": client.id,
            "party": ClientParty(client.party).label,
            "acts_as": people.get(client.acts_as or ""),
            "enterprise": firms.get(client.uscc or ""),
            "used_at": client.used_at,
            "state": state(client),
            "actions": [
                {
                    "href": url_for("programs.program", client_id=client.id),
                    "text": "查看",
                    "unseen": client.name,
                }
            ],
        }
        for client in kept
    }


def state(client: Client) -> Tag:
    """Say whether a program may ask."""
    word = "active" if client.active else "ended"
    return Tag(text=_ACTIVE[word], colour="green" if client.active else "grey")


def names(kept: Sequence[Client]) -> tuple[dict[str, str], dict[str, str]]:
    """Give the names of whom programs act for, by actor, and of their enterprises."""
    session = db.session()
    acting = [client.acts_as.partition(":") for client in kept if client.acts_as]
    of_house = officers.names(session, [key for kind, _, key in acting if kind == "officer"])
    clerks = session.execute(
        select(Operator.id, Operator.name).where(
            Operator.id.in_([key for kind, _, key in acting if kind == "operator"])
        )
    )
    firms = session.execute(
        select(Enterprise.uscc, Enterprise.name).where(
            Enterprise.uscc.in_({client.uscc for client in kept if client.uscc})
        )
    )
    people = {f"officer:{key}": name for key, name in of_house.items()}
    people |= {f"operator:{key}": name for key, name in clerks}
    return people, dict(firms.all())


def messages(webhook: Webhook, *, may_send: bool) -> Listing:
    """List the messages to an address, the newest first."""
    again = url_for("program_webhooks.again", webhook_id=webhook.id)
    choose = Choose(post=again, name="delivery", buttons=[("重新推送所选", "", "")])
    return Listing(
        key="webhook-messages",
        caption="消息",
        query=select(WebhookDelivery.id).where(WebhookDelivery.webhook_id == webhook.id),
        id=WebhookDelivery.id,
        rows=_messages,
        columns=[
            Column(key="created_at", head="时间", kind="moment", classes="fold__number"),
            Column(key="name", head="消息", classes="fold__path", note="no", note_head="编号"),
            Column(key="state", head="结果", kind="tag", classes="fold__short"),
            Column(key="attempts", head="推送次数", classes="fold__short"),
            Column(key="answer", head="最近的应答"),
            Column(key="next_at", head="下次推送"),
        ],
        sorts=[
            Sort(key="newest", label="最近的在前", descending=True),
            Sort(key="oldest", label="最早的在前"),
        ],
        search=Search(
            label="查找",
            hint="消息的编号，须完整",
            where=lambda typed: WebhookDelivery.id == readings.line(typed),
        ),
        filters=[
            Filter(
                key="state",
                label="结果",
                choices=[(known.value, tag.text) for known, tag in STATES.items()],
                where=lambda word: WebhookDelivery.state == word,
            )
        ],
        choose=choose if may_send else None,
        unit="条",
        empty=Empty(text="还没有消息。", advice="申请状态变化时产生消息，保存30天。"),
    )


def _messages(ids: Sequence[str]) -> dict[str, Row]:
    query = select(WebhookDelivery, Webhook.active).join(
        Webhook, Webhook.id == WebhookDelivery.webhook_id
    )
    kept = db.session.execute(query.where(WebhookDelivery.id.in_(ids)))
    return {
        delivery.id: {
            "created_at": delivery.created_at,
            "name": EventType(delivery.type).about,
            "no": delivery.id,
            "state": STATES[DeliveryState(delivery.state)],
            "attempts": str(delivery.attempts),
            "answer": delivery.answer,
            "next_at": _next(delivery, is_active=is_active),
            "choice": None if delivery.state == DeliveryState.WAITING else delivery.id,
        }
        for delivery, is_active in kept
    }


def _next(delivery: WebhookDelivery, *, is_active: bool) -> str:
    if delivery.state != DeliveryState.WAITING:
        return ""
    if not is_active:
        return "恢复推送以后"
    return display.clock_time(delivery.next_at) if delivery.next_at else "尽快"
