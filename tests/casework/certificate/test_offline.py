"""Proof outside our walls: a stranger without a network, and a person whose registration ended."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import pytest
from cryptography.x509 import ReasonFlags

from casework.authority import evidence_package
from casework.certificate import certificate_data, offline
from casework.office import Office
from engine import actors
from registry.certificates import certificates, ended
from registry.certificates.certificates import Certificate, Validity
from signing import Role
from signing.making import cose, messages
from signing.making.cose import NotAMessage
from storage.database import writing
from tests.apart import without_network
from tests.offices import AUTHORITY, Town

SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


@pytest.fixture
def certificate(town: Town) -> Certificate:
    """Give the certificate of a person who was registered just now."""
    person = town.person(issued=date(2025, 6, 2))
    case = town.starts(person)
    town.files(case, person, town.enterprise())
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    town.works()
    with town.office.sessions() as session:
        issued = certificates.of_application(session, case)
    assert issued is not None
    return issued


def code(office: Office, certificate: Certificate) -> str:
    """Give the text of the code that is printed on the certificate."""
    data, _ = certificate_data.of(office, str(certificate.application_id))
    return str(data["offline"])


def message(text: str) -> bytes:
    """Read Base45, as RFC 9285 says it."""
    values = [SIGNS.index(sign) for sign in text.removeprefix(offline.PREFIX)]
    out = bytearray()
    for at in range(0, len(values), 3):
        group = values[at : at + 3]
        number = sum(value * 45**place for place, value in enumerate(group))
        out += number.to_bytes(len(group) - 1, "big")
    return bytes(out)


def follow(town: Town, certificate: Certificate, folder: Path) -> subprocess.CompletedProcess[str]:
    """Take the package of the case, put the scanned code beside it, run the page's last block."""
    shutil.rmtree(folder, ignore_errors=True)
    number = str(town.case(str(certificate.application_id)).no)
    content = evidence_package.build(town.office, number, actors.SYSTEM)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    (folder / "code.txt").write_text(code(town.office, certificate))
    page = (folder / "README.md").read_text("utf-8")
    block = re.findall(r"```sh\n(.*?)```", page, re.S)[-1]
    command = [*without_network(), "sh", "-eu", "-c", block]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_stranger_checks_code_and_lists_without_a_network(
    town: Town, certificate: Certificate, tmp_path: Path
) -> None:
    """By the page alone: who holds which certificate until when, and that it ended since."""
    office = town.office
    office.signatures.sign_message(b"the national authority is founded", is_national=True)

    counts = follow(town, certificate, tmp_path / "before")

    assert counts.returncode == 0, counts.stderr
    said = json.loads(counts.stdout.strip().splitlines()[-1])
    assert said[0] == certificate.no
    assert said[2] == certificate.facts["name"]
    assert re.fullmatch(r"20\d{6}", str(said[5]))
    assert counts.stdout.count("Verified") == 3  # the code and both lists
    assert counts.stdout.count(".pem: OK") == 3
    with writing(office.sessions) as session:
        certificates.invalidate(
            session, certificate.registration_id, Validity.CANCELLED, at=office.now()
        )

    after = follow(town, certificate, tmp_path / "after")

    assert after.returncode == 1
    assert f'"{certificate.no}":["CANCELLED"' in after.stdout
    assert "该证书已终止" in after.stdout


def test_an_old_list_is_refused(town: Town, certificate: Certificate, tmp_path: Path) -> None:
    """It says until when it is good; afterwards another is to be fetched."""
    folder = tmp_path / "package"
    assert follow(town, certificate, folder).returncode == 0
    block = re.findall(r"```sh\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.S)[-1]
    late = int((folder / "MADE_AT").read_text()) + 24 * 3600 + 60

    done = subprocess.run(
        ["sh", "-eu", "-c", f"NOW={late}\n{block}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "名单已过期" in done.stdout


def test_no_bit_of_a_message_can_change(town: Town, certificate: Certificate) -> None:
    """Of the code and of both lists, each bit: refused as unreadable, or signed by nobody."""
    office = town.office
    kept = [
        message(code(office, certificate)),
        offline.ended_list(office, is_national=False),
        offline.ended_list(office, is_national=True),
    ]
    keys = office.signatures.published_keys()

    for data in kept:
        assert messages.opened(data, keys) is not None
        for place in range(8 * len(data)):
            changed = bytearray(data)
            changed[place // 8] ^= 1 << place % 8
            try:
                assert messages.opened(bytes(changed), keys) is None, place
            except NotAMessage:
                continue


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\xd2",
        b"{}",
        b"\xd2\x84" + b"\x80" * 4,
        b"\x81" * 5_000,
        b"\xd2\x84\x40\xa0\x40\x40",
        bytes(17 * 1024 * 1024),
    ],
    ids=["nothing", "tag", "text", "arrays", "deep", "empty", "large"],
)
def test_what_is_no_message_is_refused(bad: bytes) -> None:
    """With a reason, and at once."""
    with pytest.raises(NotAMessage):
        cose.read(bad)


def test_a_list_names_what_ended_before_its_day(town: Town, certificate: Certificate) -> None:
    """Nothing but that: no names, and none whose printed day is over, for it says so itself."""
    office = town.office
    keys = office.signatures.published_keys()

    def told() -> dict[str, object]:
        payload = messages.opened(offline.ended_list(office, is_national=False), keys)
        assert payload is not None
        return dict(json.loads(payload))

    assert told()["ended"] == {}
    assert told()["authority"] == AUTHORITY
    with writing(office.sessions) as session:
        certificates.invalidate(
            session, certificate.registration_id, Validity.REVOKED, at=office.now()
        )
    today = office.today().isoformat()
    assert told()["ended"] == {certificate.no: ["REVOKED", today]}
    town.clock.forward(days=4 * 366)
    with office.sessions() as session:
        assert ended.on(session, office.today()) == []


def test_what_a_key_signed_holds_after_the_next_took_over(
    town: Town, certificate: Certificate
) -> None:
    """Every key that ever signed stays published, with its revocation."""
    signatures = town.office.signatures
    first = message(code(town.office, certificate))
    (before,) = [key for key in signatures.published_keys() if not key.is_national]
    signatures.lifecycle.renew(Role.AGENCY, AUTHORITY)
    second = message(code(town.office, certificate))
    signatures.lifecycle.revoke(Role.AGENCY, AUTHORITY, ReasonFlags.superseded)

    keys = [key for key in signatures.published_keys() if not key.is_national]

    assert messages.opened(first, keys) == messages.opened(second, keys) is not None
    assert [key.revoked_at is not None for key in keys] == [False, True]
    assert "revoked_at" in keys[1].to_jwk()
    assert messages.opened(first, keys[1:]) is None
    told = before.to_jwk()
    assert (told["kty"], told["crv"], told["kid"]) == ("EC", "P-256", cose.read(first).key_id.hex())
