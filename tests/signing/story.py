"""The people of these tests and the steps they take."""

from __future__ import annotations

import hashlib

from signing import Role, Signatures, Signed
from signing.judging.verify import Expected
from signing.keys.custody import Signer

ZHANG = "0190a0000000000000000001"
USCC = "91310000132212345X"
PIN = "246810"
SIGNED = Expected.signed(ZHANG)
AGENCY = "上海市住房和城乡建设管理委员会"


def enrol(signatures: Signatures) -> None:
    """Give 张三, his enterprise and the agency their certificates."""
    signatures.custody.enrol_person(ZHANG, "张三", "digest-of-the-id-card")
    signatures.custody.enrol_enterprise(USCC, "上海示例建筑设计有限公司", PIN)
    signatures.custody.enrol_agency(AGENCY)


def sha256(pdf: bytes) -> str:
    return hashlib.sha256(pdf).hexdigest()


def authorization(signatures: Signatures, pdf: bytes, person_id: str = ZHANG) -> str:
    """Ask for a code and type it."""
    sent = signatures.challenges.request_code(person_id, "13800000001", sha256(pdf))
    attempt = signatures.challenges.try_code(person_id, sha256(pdf), sent.code)
    assert attempt.authorization is not None
    return attempt.authorization


def sign(signatures: Signatures, pdf: bytes, key: str = "sign-1") -> Signed:
    """Sign as 张三."""
    return signatures.sign_application(
        pdf,
        person_id=ZHANG,
        authorization=authorization(signatures, pdf),
        key=key,
        name="张三",
    )


def enterprise_signer(signatures: Signatures, uscc: str = USCC) -> Signer:
    """Open the key of the enterprise, as its PIN leaves it for one file."""
    leave = signatures.challenges.unlock(uscc, PIN, "00" * 32)
    return signatures.custody.signer(Role.ENTERPRISE, uscc, leave=leave)


def seal(signatures: Signatures, pdf: bytes, key: str = "seal-1", uscc: str = USCC) -> Signed:
    """Seal as the enterprise."""
    permission = signatures.challenges.unlock(uscc, PIN, sha256(pdf))
    return signatures.seal_application(pdf, uscc=uscc, authorization=permission, key=key)
