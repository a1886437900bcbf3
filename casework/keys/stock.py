"""What keys there are and when they end: for the operators' page, the command and the monitor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from casework.office import Office
from refusals.refusal import Refusal
from signing import Role
from signing.keys.authority import LAST_YEAR
from signing.keys.custody import CertificateFacts

SEAL_LATE = timedelta(days=60)  #: a seal of the agency that is renewed by then is in time
OWED_LATE = timedelta(days=1)  #: an authority outside does what it is asked for within that


@dataclass(frozen=True, kw_only=True)
class StockLine:
    """One certificate that the service works with."""

    name: str  #: for programs
    label: str
    not_after: datetime
    days: int  #: until its end; negative: since
    is_late: bool  #: it should have a successor already
    words: str  #: how it stands


@dataclass(frozen=True, kw_only=True)
class Late:
    """Something that ought to be done already."""

    key: str  #: the same for the same trouble
    words: str


@dataclass(frozen=True, kw_only=True)
class Stock:
    """Everything that ends, and what is wrong with it."""

    lines: tuple[StockLine, ...]
    late: tuple[Late, ...]


def of(office: Office, at: datetime) -> Stock:
    """Look at all keys; a trouble is told in words and never raises."""
    lines, late = [], []
    try:
        for working in office.signatures.authority.working():
            end, name = working.not_after, working.name
            lines.append(_line(working.serial, name, end, at, at_least=LAST_YEAR))
    except Refusal as refusal:  # a clock that is wrong, a key that does not open
        late.append(Late(key=refusal.code, words=str(refusal)))
    lines += [
        _line(issuer.serial, issuer.name, issuer.not_after, at, at_least=SEAL_LATE)
        for issuer in office.signatures.authority.issuers_outside()
    ]
    late += _owed(office, at)
    seals = office.signatures.custody.of_role(Role.AGENCY)
    lines += [_seal(facts, at) for facts in seals]
    if not seals:
        late.append(Late(key="no-seal", words="没有机关电子印章证书，文书和证书不能加盖印章。"))
    late += [
        Late(
            key=f"{line.name}/{line.not_after:%Y%m%d}/{line.days < 0}",
            words=f"{line.label}{line.words}。",
        )
        for line in lines
        if line.is_late
    ]
    return Stock(lines=tuple(lines), late=tuple(late))


def _owed(office: Office, at: datetime) -> list[Late]:
    """Tell what an authority outside has not given, or was not told, for a day and more."""
    signatures, since = office.signatures, at - OWED_LATE
    waiting = [found.since for found in signatures.lifecycle.waiting() if found.since <= since]
    late = []
    if waiting:
        words = (
            f"{len(waiting)}份数字证书的申请超过一天没有由电子认证服务机构签发，"
            "请与该机构核对（任务 keys/complete）。"
        )
        late.append(Late(key=f"waiting/{min(waiting):%Y%m%d}", words=words))
    if untold := signatures.authority.untold(before=since):
        words = (
            f"{len(untold)}份数字证书的吊销超过一天没有告知电子认证服务机构，"
            "请查看异常中的任务 keys/tell。"
        )
        late.append(Late(key=f"untold/{untold[0]}", words=words))
    return late


def _seal(facts: CertificateFacts, at: datetime) -> StockLine:
    label = f"{facts.subject}电子印章"
    line = _line(f"agency/{facts.subject}", label, facts.not_after, at, at_least=SEAL_LATE)
    if facts.revoked_at is None:
        return line
    return StockLine(
        name=line.name,
        label=label,
        not_after=facts.not_after,
        days=line.days,
        is_late=True,
        words="证书已吊销，不能加盖印章；请由两名工作人员重新申领",
    )


def _line(name: str, label: str, end: datetime, at: datetime, *, at_least: timedelta) -> StockLine:
    left = end - at
    is_late = left < at_least
    words = f"证书还有{left.days}天到期"
    if left < timedelta():
        words = "证书已过期，不再用于签发和盖章"
    elif is_late:
        words += "，应当更换而没有更换"
    return StockLine(
        name=name, label=label, not_after=end, days=left.days, is_late=is_late, words=words
    )
