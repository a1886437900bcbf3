"""Codes and PINs: what is accepted, what is refused, and how often one may try."""

from __future__ import annotations

from pathlib import Path

import pytest

from signing import Role, Signatures, database, errors
from tests.signing import files, story
from tests.signing.conftest import TestClock

FORM = story.sha256(b"the form")
OTHER = story.sha256(b"another form")


def _request(signatures: Signatures) -> str:
    return signatures.challenges.request_code(story.ZHANG, "13800000001", FORM).code


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.mark.proves("F:traces-2")
def test_the_key_database_is_closed_to_others(tmp_path: Path) -> None:
    """Keys, codes and PINs lie in a file that nobody else on the machine reads."""
    sessions = database.open_sessions(f"sqlite:///{tmp_path}/new/keys.db")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()}
    database.close(sessions)

    assert modes == dict.fromkeys(("keys.db", "keys.db-wal", "keys.db-shm"), 0o600)


def test_code_is_six_digits_for_five_minutes(signatures: Signatures, clock: TestClock) -> None:
    """R40: the code goes to the real-name mobile; six digits, five minutes, again after 60 s."""
    sent = signatures.challenges.request_code(story.ZHANG, "13800000001", FORM)

    assert len(sent.code) == 6
    assert sent.code.isdigit()
    assert (sent.expires_at - clock.now).total_seconds() == 300
    assert (sent.resend_at - clock.now).total_seconds() == 60
    assert sent.mobile == "13800000001"


def test_right_code_gives_an_authorization(signatures: Signatures) -> None:
    """R41: the right code opens the signature."""
    attempt = signatures.challenges.try_code(story.ZHANG, FORM, _request(signatures))

    assert attempt.authorization
    assert attempt.facts == {
        "exists": True,
        "used": False,
        "age_seconds": 0,
        "failures": 0,
        "matches": True,
        "hash_unchanged": True,
        "tries_left": 5,
    }


def test_no_code_was_requested(signatures: Signatures) -> None:
    """I6: typing a code without having asked for one."""
    attempt = signatures.challenges.try_code(story.ZHANG, FORM, "123456")

    assert attempt.facts["exists"] is False
    assert attempt.authorization is None


def test_code_of_another_person_is_useless(signatures: Signatures) -> None:
    """I6: a code belongs to one person."""
    code = _request(signatures)

    assert signatures.challenges.try_code("0190b", FORM, code).authorization is None


@pytest.mark.proves("I6")
def test_wrong_code_may_be_tried_five_times(signatures: Signatures, clock: TestClock) -> None:
    """I6: five wrong tries lock the code; then even the right one is refused for 15 minutes."""
    code = _request(signatures)

    tries = [signatures.challenges.try_code(story.ZHANG, FORM, _wrong(code)) for _ in range(5)]
    right = signatures.challenges.try_code(story.ZHANG, FORM, code)

    assert [attempt.facts["failures"] for attempt in tries] == [1, 2, 3, 4, 5]
    assert [attempt.facts["tries_left"] for attempt in tries] == [4, 3, 2, 1, 0]
    assert right.facts["matches"] is False
    assert right.facts["failures"] == 5
    assert right.authorization is None
    clock.forward(minutes=2)
    with pytest.raises(errors.CodeLocked, match="13分钟"):
        _request(signatures)
    clock.forward(minutes=13)
    assert signatures.challenges.try_code(story.ZHANG, FORM, _request(signatures)).authorization


def test_fifth_try_may_be_right(signatures: Signatures) -> None:
    """I6: five tries means that the fifth still counts."""
    code = _request(signatures)
    for _ in range(4):
        signatures.challenges.try_code(story.ZHANG, FORM, _wrong(code))

    assert signatures.challenges.try_code(story.ZHANG, FORM, code).authorization


@pytest.mark.proves("I6")
def test_code_expires(signatures: Signatures, clock: TestClock) -> None:
    """I6: good at five minutes, too old one second later."""
    code = _request(signatures)
    clock.forward(seconds=301)

    late = signatures.challenges.try_code(story.ZHANG, FORM, code)

    assert late.facts["age_seconds"] == 301
    assert late.authorization is None
    code = _request(signatures)
    clock.forward(seconds=300)
    assert signatures.challenges.try_code(story.ZHANG, FORM, code).authorization


def test_code_works_once(signatures: Signatures) -> None:
    """I6: a code is refused once its signature is made; before, it gives the same permission."""
    code = _request(signatures)
    first = signatures.challenges.try_code(story.ZHANG, FORM, code)
    interrupted = signatures.challenges.try_code(story.ZHANG, FORM, code)
    assert first.authorization
    signatures.challenges.spend(
        first.authorization,
        role=Role.APPLICANT,
        subject=story.ZHANG,
        document_sha256=FORM,
        key="job",
    )

    again = signatures.challenges.try_code(story.ZHANG, FORM, code)

    assert interrupted.authorization == first.authorization
    assert again.facts["used"] is True
    assert again.authorization is None


def test_guesses_after_the_right_code_count(signatures: Signatures) -> None:
    """I6: what waits for its signature cannot be guessed more often than five times."""
    code = _request(signatures)
    signatures.challenges.try_code(story.ZHANG, FORM, code)

    tries = [signatures.challenges.try_code(story.ZHANG, FORM, _wrong(code)) for _ in range(5)]

    assert [attempt.authorization for attempt in tries] == [None] * 5
    assert signatures.challenges.try_code(story.ZHANG, FORM, code).authorization is None


def test_code_is_bound_to_the_document(signatures: Signatures) -> None:
    """R43: after an edit the document is another one, and the code sent before is useless."""
    code = _request(signatures)

    attempt = signatures.challenges.try_code(story.ZHANG, OTHER, code)

    assert attempt.facts["hash_unchanged"] is False
    assert attempt.facts["failures"] == 0
    assert attempt.authorization is None


@pytest.mark.proves("I6")
def test_resend_waits_sixty_seconds(signatures: Signatures, clock: TestClock) -> None:
    """R40: 【获取验证码】 again only after 60 seconds; the earlier code dies."""
    old = _request(signatures)
    clock.forward(seconds=59)
    with pytest.raises(errors.CodeTooSoon, match="1秒") as refused:
        _request(signatures)
    clock.forward(seconds=1)

    new = _request(signatures)

    assert refused.value.facts == {"seconds": 1}
    if new != old:
        assert signatures.challenges.try_code(story.ZHANG, FORM, old).authorization is None
    assert signatures.challenges.try_code(story.ZHANG, FORM, new).authorization


@pytest.mark.proves("I6")
def test_ten_codes_an_hour(signatures: Signatures, clock: TestClock) -> None:
    """I6: texts are not sent without end."""
    for _ in range(10):
        _request(signatures)
        clock.forward(minutes=1)

    with pytest.raises(errors.CodeTooSoon, match="3000秒"):
        _request(signatures)
    clock.forward(minutes=50)
    assert _request(signatures)


def test_codes_are_not_kept_in_clear(signatures: Signatures) -> None:
    """I6: the table of codes does not give the code away."""
    code = _request(signatures)
    with signatures._sessions() as session:
        from signing.tables import StoredChallenge

        row = session.get_one(StoredChallenge, story.ZHANG)

    assert code not in (row.code_mac, row.salt)
    assert len(row.code_mac) == 64


def test_pin_unlocks_the_enterprise_key(signatures: Signatures) -> None:
    """R59: certificate password →【验证】."""
    assert signatures.challenges.unlock(story.USCC, story.PIN, FORM)


@pytest.mark.proves("I13")
def test_wrong_pin_locks_after_five_tries(signatures: Signatures, clock: TestClock) -> None:
    """I13: wrong PIN, then a locked key; the right PIN does not help until the lock ends."""
    for left in (4, 3, 2, 1):
        with pytest.raises(errors.PinWrong, match=f"{left}次"):
            signatures.challenges.unlock(story.USCC, "000001", FORM)
    with pytest.raises(errors.PinLocked):
        signatures.challenges.unlock(story.USCC, "000001", FORM)
    with pytest.raises(errors.PinLocked, match="30分钟"):
        signatures.challenges.unlock(story.USCC, story.PIN, FORM)
    clock.forward(minutes=31)

    assert signatures.challenges.unlock(story.USCC, story.PIN, FORM)


def test_no_pin_costs_no_try(signatures: Signatures) -> None:
    """I13, R59: pressing 【验证】 with the field empty does not bring the lock nearer."""
    for _ in range(6):
        with pytest.raises(errors.PinMissing, match="请输入证书密码"):
            signatures.challenges.unlock(story.USCC, "", FORM)

    assert signatures.challenges.unlock(story.USCC, story.PIN, FORM)


def test_right_pin_forgets_the_wrong_ones(signatures: Signatures) -> None:
    """R59: four slips now and four next month do not lock a key."""
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(errors.PinWrong):
                signatures.challenges.unlock(story.USCC, "000001", FORM)
        assert signatures.challenges.unlock(story.USCC, story.PIN, FORM)


def test_new_pin_ends_the_lock(signatures: Signatures) -> None:
    """I13: a service point sets the PIN anew: nothing opens the old key, so there is another."""
    for _ in range(4):
        with pytest.raises(errors.PinWrong):
            signatures.challenges.unlock(story.USCC, "000001", FORM)
    before = signatures.custody.credential("enterprise", story.USCC)

    same = signatures.custody.enrol_enterprise(story.USCC, "上海示例建筑设计有限公司", story.PIN)
    after = signatures.custody.enrol_enterprise(story.USCC, "上海示例建筑设计有限公司", "135791")

    assert before is not None
    assert same == before
    assert after.serial != before.serial
    assert signatures.authority.revoked_at(before.serial)
    assert signatures.challenges.unlock(story.USCC, "135791", FORM)


@pytest.mark.parametrize("pin", ["", "12345", "111111", "1" * 33])
def test_poor_pins_are_refused(signatures: Signatures, pin: str) -> None:
    """R5: too short, too long, or one character repeated."""
    with pytest.raises(errors.PinMalformed):
        signatures.custody.enrol_enterprise("913100001322123001", "甲公司", pin)


def test_enterprise_without_certificate(signatures: Signatures) -> None:
    """R5: sealing needs a certificate."""
    with pytest.raises(errors.NoCertificate):
        signatures.challenges.unlock("913100001322123001", story.PIN, FORM)


def test_authorization_signs_only_its_document(signatures: Signatures) -> None:
    """R43: an authorization for one file does not sign another."""
    form = files.application()
    permission = story.authorization(signatures, form)

    with pytest.raises(errors.DocumentChanged):
        signatures.sign_application(
            files.application("other"),
            person_id=story.ZHANG,
            authorization=permission,
            key="k1",
            name="张三",
        )


def test_authorization_is_used_once(signatures: Signatures) -> None:
    """I6: another job cannot use it again; the same job repeats harmlessly."""
    form = files.application()
    permission = story.authorization(signatures, form)

    def sign(key: str) -> bytes:
        return signatures.sign_application(
            form, person_id=story.ZHANG, authorization=permission, key=key, name="张三"
        ).pdf

    first = sign("job-1")
    assert sign("job-1") == first
    with pytest.raises(errors.AuthorizationUsed):
        sign("job-2")


def test_refused_job_leaves_the_authorization(signatures: Signatures) -> None:
    """I6: when the file or the picture cannot be used, the code was not typed in vain."""
    form = files.application()
    permission = story.authorization(signatures, form)

    with pytest.raises(errors.PictureUnusable):
        signatures.sign_application(
            form,
            person_id=story.ZHANG,
            authorization=permission,
            key="job-1",
            name="张三",
            picture=b"no picture",
        )

    assert signatures.sign_application(
        form, person_id=story.ZHANG, authorization=permission, key="job-2", name="张三"
    )


def test_authorization_of_a_person_does_not_seal(signatures: Signatures) -> None:
    """I13: neither another role nor another subject may use it."""
    signed = story.sign(signatures, files.application()).pdf
    foreign = signatures.challenges.request_code(story.ZHANG, "13800000001", story.sha256(signed))
    attempt = signatures.challenges.try_code(story.ZHANG, story.sha256(signed), foreign.code)
    assert attempt.authorization

    for permission in (attempt.authorization, "made-up"):
        with pytest.raises(errors.AuthorizationUnknown):
            signatures.seal_application(
                signed, uscc=story.USCC, authorization=permission, key="seal-x"
            )


def test_authorization_expires_unless_used(signatures: Signatures, clock: TestClock) -> None:
    """I6: an authorization left lying for a week is void; unused ones are forgotten."""
    form = files.application()
    permission = story.authorization(signatures, form)
    clock.forward(days=7)

    with pytest.raises(errors.AuthorizationExpired):
        signatures.sign_application(
            form, person_id=story.ZHANG, authorization=permission, key="k", name="张三"
        )
    assert signatures.sweep() == 1
    assert signatures.sweep() == 0


def test_a_job_that_died_may_repeat(signatures: Signatures, clock: TestClock) -> None:
    """A crash after the authorization was used and before bytes were stored loses nothing."""
    form = files.application()
    permission = story.authorization(signatures, form)
    signatures.challenges.spend(
        permission,
        role=Role.APPLICANT,
        subject=story.ZHANG,
        document_sha256=story.sha256(form),
        key="job-1",
    )
    clock.forward(days=30)

    signed = signatures.sign_application(
        form, person_id=story.ZHANG, authorization=permission, key="job-1", name="张三"
    )

    assert signed.pdf.startswith(form)
