"""The keys: when they end, stamping anew by hand, asking to unlock or revoke one."""

from __future__ import annotations

import click

from web.commands import answers, offices


@click.group()
def keys() -> None:
    """Look after keys and certificates."""


@keys.command()
@answers.as_json
def status(as_json: bool) -> int:
    """Tell when each certificate of the service ends.

    The exit status is 1 when one should have been replaced already.
    """
    from casework.keys import restamping, stock
    from refusals.refusal import Refusal

    with offices.opened() as office:
        present = stock.of(office, office.now())
        try:
            left = restamping.left(office)
        except Refusal:  # `late` says why
            left = 0
    if as_json:
        answers.say_json(
            {
                "ok": not present.late,
                "certificates": [
                    {
                        "name": line.label,
                        "not_after": line.not_after.isoformat(),
                        "days": line.days,
                        "late": line.is_late,
                    }
                    for line in present.lines
                ],
                "to_stamp": left,
                "late": [trouble.words for trouble in present.late],
            }
        )
        return 1 if present.late else 0
    for line in present.lines:
        answers.say(f"{line.not_after:%Y-%m-%d}  {line.days:>6}天  {line.label}")
    answers.say(f"等待补盖时间戳的文件 {left} 份")
    for trouble in present.late:
        answers.tell(trouble.words)
    return 1 if present.late else 0


@keys.command()
@answers.as_json
def restamp(as_json: bool) -> int:
    """Stamp anew what is due now, without waiting for the daily duty.

    It may be stopped at any time and goes on where it was; the exit status is 1 when files are left
    that do not hold any more.
    """
    from casework.keys import restamping

    with offices.opened(alone="restamp") as office:
        total = restamping.left(office)
        shown = answers.bar(restamping.all_due(office), "补盖时间戳", length=total)
        stamped = sum(shown)
    if as_json:
        answers.say_json({"ok": stamped == total, "stamped": stamped, "left": total - stamped})
    else:
        answers.say(f"已补盖时间戳 {stamped} 份，未能补盖 {total - stamped} 份")
    return 0 if stamped == total else 1


@keys.command("list")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(["agency", "enterprise", "applicant"]),
    help="By default the agency and the enterprises.",
)
@answers.as_json
def list_certificates(roles: tuple[str, ...], as_json: bool) -> None:
    """List the certificates that signers use, and the requests that wait for another operator."""
    from casework.keys import holders
    from registry.trail.key_requests import KeyRequest
    from signing import Role

    with offices.opened() as office:
        held = [
            facts
            for role in roles or ("agency", "enterprise")
            for facts in office.signatures.custody.of_role(Role(role))
        ]
        with office.sessions() as session:
            waiting = KeyRequest.waiting(session)
        now = office.now()
    certificates = [
        {
            "role": str(facts.role),
            "subject": facts.subject,
            "serial": facts.serial,
            "not_after": facts.not_after.isoformat(),
            "state": holders.state_of(facts, now),
        }
        for facts in held
    ]
    requests = [
        {
            "id": request.id,
            "act": request.act,
            "role": request.role,
            "subject": request.subject,
            "serial": request.serial,
            "asked_by": request.asked_by,
            "asked_at": request.asked_at.isoformat(),
        }
        for request in waiting
    ]
    if as_json:
        return answers.say_json({"certificates": certificates, "waiting": requests})
    for row in certificates:
        answers.say(f"{row['not_after'][:10]}  {row['state']:8}  {row['serial']}  {row['subject']}")
    for row in requests:
        answers.say(f"等待另一名运行维护人员确认：{row['act']}  {row['subject']}")
    return None


@keys.command()
@answers.as_json
def renew(as_json: bool) -> None:
    """Renew the agency's seal when it ends within 90 days or is over.

    The keys of persons and enterprises are theirs: they renew them on their own page.
    """
    from casework.keys import duty

    with offices.opened() as office:
        count = duty.renew_seals(office, office.now())
    answers.say_json({"renewed": count}) if as_json else answers.say(f"已更新印章证书 {count} 份")


@keys.command()
@answers.as_json
def enrol(as_json: bool) -> None:
    """Give the agency its electronic seal; one that is good stays."""
    from casework.keys import agency_seal
    from engine.actors import SYSTEM

    with offices.opened(alone="enrol") as office:
        is_new, facts = agency_seal.enrol(office, SYSTEM)
    if as_json:
        not_after = facts.not_after.isoformat()
        return answers.say_json({"ok": True, "new": is_new, "not_after": not_after})
    said = "已申领电子印章证书" if is_new else "电子印章证书有效，没有变更"
    answers.say(f"{facts.subject}：{said}，有效期至{facts.not_after:%Y-%m-%d}")
    return None


_WHY = click.option("--reason", required=True, help="Why, or on what legal grounds.")
_PROOF = click.option("--proof", required=True, help="How the holder's identity was proven.")
_AS = click.option("--as", "login", required=True, help="Login of the operator who asks.")


@keys.command()
@click.argument("subject")
@click.option("--cause", required=True, help="A reason of RFC 5280, such as keyCompromise.")
@_WHY
@_PROOF
@_AS
@answers.as_json
def revoke(subject: str, cause: str, reason: str, proof: str, login: str, as_json: bool) -> None:
    """Ask to revoke the certificate of SUBJECT (credit code or id of a person).

    Another operator confirms on the page 数字证书持有人; nothing is revoked before.
    """
    _ask("REVOKE", subject, reason, proof, login, as_json, cause=cause)


@keys.command()
@click.argument("subject")
@_WHY
@_PROOF
@_AS
@answers.as_json
def unlock(subject: str, reason: str, proof: str, login: str, as_json: bool) -> None:
    """Ask to unlock SUBJECT (credit code or id of a person), locked by wrong PINs or codes.

    Another operator confirms on the page 数字证书持有人.
    """
    _ask("UNLOCK", subject, reason, proof, login, as_json)


def _ask(
    act: str,
    subject: str,
    reason: str,
    proof: str,
    login: str,
    as_json: bool,
    *,
    cause: str = "",
) -> None:
    from casework.keys import by_two
    from registry.trail.key_requests import KeyAct

    with offices.opened() as office:
        holder, shown = by_two.present(office, subject)
        actor = by_two.operator(office, login)
        by_two.ask(
            office,
            KeyAct(act),
            holder,
            actor,
            shown=shown,
            reason=reason,
            proof=proof,
            cause=cause,
        )
    if as_json:
        answers.say_json({"act": act, "subject": subject, "serial": shown, "waiting": True})
    else:
        answers.say("已提出申请，等待另一名运行维护人员在“数字证书持有人”页面确认。")
