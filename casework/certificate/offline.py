"""Proof outside our walls: the code on a certificate, and the list of those that ended.

Who has both and the agency's published keys needs no network: the code says what was certified, the
list what counts no longer. How a stranger reads them stands in docs/verification.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

from casework.office import Office
from pdfgen import Qr
from registry.certificates import ended
from registry.law.calendars import shanghai_day

PREFIX = "ZC1:"  #: what the code is, for who scans anything
LIST_LIFE = timedelta(days=1)
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"  # RFC 9285


def code_of(office: Office, data: Mapping[str, Any]) -> Qr:
    """Give the code of a certificate from the data of its template.

    Its payload is a JSON list: number of the certificate, number of the registration, name, title,
    day of issue, last day; of a copy also first and last day of its use. Days are written 20261129.
    Raises: what `Signatures.sign_message` raises.
    """
    said: list[str | int] = [
        data["certificate_no"],
        data["registration_no"],
        data["person"]["name"],
        data["title"],
        _day(data["issued_on"]),
        _day(data["valid_to"]),
    ]
    if data["copy"] is not None:
        said += [_day(data["copy"]["valid_from"]), _day(data["copy"]["valid_to"])]
    return Qr(PREFIX + base45(office.signatures.sign_message(_json(said))))


def _day(written: str) -> int:
    return int(written.replace("-", ""))


def _json(said: object) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def base45(data: bytes) -> str:
    """Write bytes with the signs that a QR code holds densest (RFC 9285).

    >>> base45(b"Hello!!"), base45(b"ietf!")
    ('%69 VD92EX0', 'QED8WEX0')
    """
    written = []
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, sign = divmod(value, len(_SIGNS))
            written.append(_SIGNS[sign])
    return "".join(written)


def ended_list(office: Office, *, is_national: bool) -> bytes:
    """Give the signed list of the certificates that count no longer; it is good for a day.

    Raises: what `Signatures.sign_message` raises.
    """
    now = office.now().astimezone(UTC)
    with office.sessions() as session:
        gone = ended.on(session, shanghai_day(now))
    said = {
        "authority": office.policy.authority,
        "made": now.strftime(_MOMENT),
        "until": (now + LIST_LIFE).strftime(_MOMENT),
        "ended": {
            entry.no: [entry.validity, shanghai_day(entry.since).isoformat()] for entry in gone
        },
    }
    return office.signatures.sign_message(_json(said), is_national=is_national)
