"""The PIN is part of what encrypts an enterprise's key (decision 17)."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives import serialization
from sqlalchemy import select

from signing import Role, Signatures, errors
from signing.database import writing
from signing.keeping import guards, openings, pins
from signing.keeping.guards import PinCost
from signing.keeping.vault import KeyVault
from signing.tables import StoredCredential, StoredKey, StoredOpening
from tests.signing import files, story
from tests.signing.conftest import KEK, TestClock

FORM = "ab" * 32


def _row(signatures: Signatures) -> tuple[StoredCredential, StoredKey]:
    held = signatures.custody.look(Role.ENTERPRISE, story.USCC)
    assert held.credential is not None
    assert held.key is not None
    return held.credential, held.key


def _openings(signatures: Signatures) -> list[StoredOpening]:
    with signatures._sessions() as session:
        return list(session.scalars(select(StoredOpening)))


def _make_legacy(signatures: Signatures) -> bytes:
    """Let the key lie as it did before: under the key-encryption key, beside a digest."""
    vault = KeyVault(KEK)
    with writing(signatures._sessions) as session:
        read = _row(signatures)
        credential, key = session.merge(read[0]), session.merge(read[1])
        closed = vault.open_der(key.id, key.wrapped)
        plain = guards.open_(key.id, closed, story.PIN)
        assert plain is not None
        key.wrapped, key.algorithm = vault.wrap_der(key.id, plain).data, "P-256"
        credential.pin_hash = PasswordHasher(time_cost=1, memory_cost=1024).hash(story.PIN)
        return plain


def test_secret_and_database_do_not_open_an_enterprises_key(signatures: Signatures) -> None:
    """Electronic Signature Law 13: the signing data is under the signer's control alone."""
    vault, (credential, key) = KeyVault(KEK), _row(signatures)

    inside = vault.open_der(key.id, key.wrapped)

    with pytest.raises(ValueError, match=r"."):
        serialization.load_der_private_key(inside, None)
    assert credential.pin_hash == pins.IN_THE_KEY
    assert guards.open_(key.id, inside, "000001") is None
    assert guards.open_(key.id, inside, story.PIN) is not None
    with pytest.raises(errors.AuthorizationExpired):
        signatures.custody.signer(Role.ENTERPRISE, story.USCC)
    assert _openings(signatures) == []


def test_what_a_pin_left_for_a_file_goes_with_its_signature(signatures: Signatures) -> None:
    """The token opens the key for one seal; afterwards nothing opens it but the PIN."""
    signed = story.sign(signatures, files.application()).pdf
    token = signatures.challenges.unlock(story.USCC, story.PIN, story.sha256(signed))
    opening, (_, key) = _openings(signatures)[0], _row(signatures)
    inside = KeyVault(KEK).open_der(opening.digest, opening.wrapped)
    assert guards.by_leave("another token", key.id, inside) is None
    assert guards.by_leave(token, key.id, inside) is not None

    sealed = signatures.seal_application(
        signed, uscc=story.USCC, authorization=token, key="seal-of-the-token"
    )

    assert _openings(signatures) == []
    again = signatures.seal_application(
        signed, uscc=story.USCC, authorization=token, key="seal-of-the-token"
    )
    assert again.pdf == sealed.pdf


def test_what_is_withdrawn_or_over_opens_nothing(signatures: Signatures, clock: TestClock) -> None:
    """【停止】 takes back what was left for a list; what nobody used is forgotten at its end."""
    given = signatures.challenges.unlock_each(story.USCC, story.PIN, [FORM, "cd" * 32])
    assert len(_openings(signatures)) == 2

    assert signatures.challenges.withdraw([given[FORM]]) == 1
    assert [row.digest for row in _openings(signatures)] == [openings.digest_of(given["cd" * 32])]
    clock.forward(hours=13)
    signatures.challenges.sweep()

    assert _openings(signatures) == []


def test_the_next_right_pin_wraps_a_key_from_before(signatures: Signatures) -> None:
    """A wrong PIN changes nothing; a right one leaves the key under it, and no digest of it."""
    plain = _make_legacy(signatures)

    with pytest.raises(errors.PinWrong):
        signatures.challenges.confirm_pin(story.USCC, "000001")
    assert _row(signatures)[1].algorithm == "P-256"
    signed = story.sign(signatures, files.application()).pdf
    story.seal(signatures, signed)

    credential, key = _row(signatures)
    assert key.algorithm == guards.MARKED
    assert credential.pin_hash == pins.IN_THE_KEY
    inside = KeyVault(KEK).open_der(key.id, key.wrapped)
    assert guards.open_(key.id, inside, story.PIN) == plain


def test_a_dearer_try_comes_with_the_next_right_pin(signatures: Signatures) -> None:
    """What was wrapped cheaply is wrapped as the deployment of today asks."""
    dear = PinCost(20, 2)
    signatures.challenges._openings._vault.pin_cost = dear

    signatures.challenges.confirm_pin(story.USCC, story.PIN)

    _, key = _row(signatures)
    assert guards.cost_of(KeyVault(KEK).open_der(key.id, key.wrapped)) == dear


def test_a_changed_pin_is_the_only_one_that_opens(signatures: Signatures) -> None:
    """The key stays, and what the old PIN allowed still seals its file (decision 14)."""
    signed = story.sign(signatures, files.application()).pdf
    token = signatures.challenges.unlock(story.USCC, story.PIN, story.sha256(signed))

    signatures.challenges.change_pin(story.USCC, story.PIN, "135791")

    _, key = _row(signatures)
    inside = KeyVault(KEK).open_der(key.id, key.wrapped)
    assert guards.open_(key.id, inside, story.PIN) is None
    assert guards.open_(key.id, inside, "135791") is not None
    assert signatures.seal_application(
        signed, uscc=story.USCC, authorization=token, key="after-the-change"
    )


def test_what_was_left_for_a_key_does_not_open_its_successor(signatures: Signatures) -> None:
    """After a renewal the PIN is asked for again; a renewal without it is refused."""
    signed = story.sign(signatures, files.application()).pdf
    token = signatures.challenges.unlock(story.USCC, story.PIN, story.sha256(signed))
    with pytest.raises(errors.PinMissing):
        signatures.lifecycle.renew(Role.ENTERPRISE, story.USCC)
    signatures.lifecycle.renew(Role.ENTERPRISE, story.USCC, pin=story.PIN)

    with pytest.raises(errors.AuthorizationExpired):
        signatures.seal_application(signed, uscc=story.USCC, authorization=token, key="too-late")

    assert story.seal(signatures, signed, key="with-the-pin-again")
