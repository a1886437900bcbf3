"""Sending the one-time code of a signature (R40); the code itself is kept nowhere."""

from __future__ import annotations

from casework.office import Office
from registry.people.persons import Person
from signing.keys.challenges import CodeSent
from storage.database import new_id

TEXT = "【上海注册】验证码{code}，用于签署申请表（{no}），5分钟内有效。请勿告诉他人。"


def send(office: Office, person: Person, document_sha256: str, application_no: str) -> CodeSent:
    """Make a code for this very file and send it to the person's real-name mobile.

    Raises `signing.errors.CodeTooSoon`, `CodeLocked`, and what the gateway raises when down.
    """
    sent = office.signatures.challenges.request_code(person.id, person.mobile, document_sha256)
    text = TEXT.format(code=sent.code, no=application_no)
    office.sms.send(person.mobile, text, f"code/{new_id()}")
    return sent
