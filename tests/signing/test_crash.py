"""The key database dies at each statement of a job in turn; the job is repeated and is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from signing import Signatures
from tests.signing import files, story

_MOST_STATEMENTS = 60


class Died(Exception):
    """The process is gone."""


@contextmanager
def _dying_at(signatures: Signatures, statement: int) -> Iterator[list[int]]:
    """Let the n-th statement fail and everything after it, as a dead process would."""
    engine = signatures._sessions.kw["bind"]
    seen = [0]

    def fail(*_: Any) -> None:
        seen[0] += 1
        if seen[0] >= statement:
            raise Died

    def fail_commit(_connection: Any) -> None:
        fail()

    event.listen(engine, "before_cursor_execute", fail)
    event.listen(engine, "commit", fail_commit)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", fail)
        event.remove(engine, "commit", fail_commit)
        engine.dispose()


def _repeat_until_done(signatures: Signatures, job: Callable[[], bytes]) -> tuple[bytes, int]:
    """Run a job, dead one statement later each time, until it gets through."""
    for statement in range(1, _MOST_STATEMENTS):
        with _dying_at(signatures, statement) as seen:
            try:
                return job(), statement
            except Died:
                assert seen[0] >= statement
    raise AssertionError("the job never ends")


def test_signing_survives_a_crash_anywhere(signatures: Signatures) -> None:
    """I6, I11: the authorization is not lost, the signature is made once, the file is whole."""
    form = files.application()
    permission = story.authorization(signatures, form)

    def job() -> bytes:
        return signatures.sign_application(
            form, person_id=story.ZHANG, authorization=permission, key="job", name="张三"
        ).pdf

    signed, deaths = _repeat_until_done(signatures, job)

    assert deaths > 5
    assert signatures.examine(signed, expected=story.SIGNED).ok
    assert job() == signed


def test_enrolment_survives_a_crash_anywhere(signatures: Signatures) -> None:
    """R2: a person has one certificate afterwards, and the key to it."""

    def job() -> bytes:
        return signatures.custody.enrol_person("0190c", "李四", "digest").serial.encode()

    serial, deaths = _repeat_until_done(signatures, job)

    assert deaths > 5
    certificate_facts = signatures.custody.credential("applicant", "0190c")
    assert certificate_facts is not None
    assert certificate_facts.serial.encode() == serial
    assert signatures.check_certificate("applicant", "0190c", "李四")["chain_ok"] is True
