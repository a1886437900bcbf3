"""Many at once: nothing is counted twice, given twice or made twice."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from signing import Signatures, errors, open_signatures
from signing.judging.reports import FileReport
from signing.judging.verify import Expected
from signing.keeping import guards
from tests.signing import files, story
from tests.signing.conftest import KEK, TestClock

MANY = 8


def _at_once(work: Callable[[int], object]) -> list[Any]:
    """Run `work` in threads that start together; return results and refusals."""
    gate = threading.Barrier(MANY)
    results: list[Any] = [None] * MANY

    def run(place: int) -> None:
        gate.wait()
        try:
            results[place] = work(place)
        except errors.Refusal as refusal:
            results[place] = refusal

    threads = [threading.Thread(target=run, args=(place,)) for place in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_one_text_is_sent(signatures: Signatures) -> None:
    """I6: a double click on 【获取验证码】 sends one text."""
    form = story.sha256(b"form")

    sent = _at_once(lambda _: signatures.challenges.request_code(story.ZHANG, "13800000001", form))

    assert sum(isinstance(outcome, errors.CodeTooSoon) for outcome in sent) == MANY - 1


def test_one_code_gives_one_authorization(signatures: Signatures) -> None:
    """I6: a double click gives one permission, which is for one signature."""
    form = story.sha256(b"form")
    code = signatures.challenges.request_code(story.ZHANG, "13800000001", form).code

    tries = _at_once(lambda _: signatures.challenges.try_code(story.ZHANG, form, code))

    given = {attempt.authorization for attempt in tries}
    assert len(given) == 1
    assert None not in given


def test_guessing_at_once_counts_each_guess(signatures: Signatures) -> None:
    """I6: five tries are five tries, even in the same moment."""
    form = story.sha256(b"form")
    code = signatures.challenges.request_code(story.ZHANG, "13800000001", form).code
    wrong = f"{(int(code) + 1) % 10**6:06d}"

    _at_once(lambda _: signatures.challenges.try_code(story.ZHANG, form, wrong))

    after = signatures.challenges.try_code(story.ZHANG, form, code)
    assert after.facts["failures"] == 5
    assert after.authorization is None


def test_guessing_pins_at_once_locks_the_key(signatures: Signatures) -> None:
    """I13: of wrong tries at the same moment no more are told than of tries in turn."""
    form = story.sha256(b"form")

    refusals = _at_once(lambda _: signatures.challenges.unlock(story.USCC, "000001", form))

    assert sum(isinstance(refusal, errors.PinWrong) for refusal in refusals) == 4
    assert sum(isinstance(refusal, errors.PinLocked) for refusal in refusals) == MANY - 4


def test_right_pins_at_once_never_lock(signatures: Signatures) -> None:
    """R59: a pile of applications sealed in one moment, with a slip among them, locks nothing."""
    form = story.sha256(b"form")
    typed = [story.PIN] * (MANY - 1) + ["000001"]

    given = _at_once(lambda place: signatures.challenges.unlock(story.USCC, typed[place], form))

    assert len({outcome for outcome in given if isinstance(outcome, str)}) == MANY - 1
    assert isinstance(given[-1], errors.PinWrong)
    assert signatures.challenges.unlock(story.USCC, story.PIN, form)


def test_pin_set_anew_while_one_is_judged(
    signatures: Signatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I13: the PIN that was replaced while it was being compared opens nothing."""
    try_ = guards.open_

    def try_slowly(key_id: str, closed: bytes, pin: str) -> bytes | None:
        monkeypatch.setattr(guards, "open_", try_)
        opened = try_(key_id, closed, pin)
        signatures.custody.enrol_enterprise(story.USCC, "上海示例建筑设计有限公司", "135791")
        return opened

    monkeypatch.setattr(guards, "open_", try_slowly)

    with pytest.raises(errors.PinWrong, match="4次"):
        signatures.challenges.unlock(story.USCC, story.PIN, story.sha256(b"form"))


def test_one_job_makes_one_file(signatures: Signatures) -> None:
    """I11: a job that runs twice at once gives the same bytes to both."""
    notice = files.notice()

    made = _at_once(lambda _: signatures.seal_as_agency(notice, key="notice-1"))

    assert len({outcome.sha256 for outcome in made}) == 1


def test_one_authorization_makes_one_signature(signatures: Signatures) -> None:
    """I6: two jobs that hold the same authorization: one signs, the other is refused."""
    form = files.application()
    permission = story.authorization(signatures, form)

    made = _at_once(
        lambda place: signatures.sign_application(
            form, person_id=story.ZHANG, authorization=permission, key=f"job-{place}", name="张三"
        )
    )

    assert sum(isinstance(outcome, errors.AuthorizationUsed) for outcome in made) == MANY - 1


def test_enrolling_at_once_gives_one_certificate(signatures: Signatures) -> None:
    """R2: two tabs of 申领数字证书 end with the same certificate."""
    made = _at_once(lambda _: signatures.custody.enrol_agency("上海市建设工程管理所"))

    assert len({outcome.serial for outcome in made}) == 1


def test_services_that_start_at_once_found_one_authority(
    keys_url: str, clock: TestClock, fonts: Path
) -> None:
    """Several processes may start on an empty key database."""

    def start(_place: int) -> bytes:
        opened = open_signatures(keys_url, kek=KEK, base_url="http://x", fonts=fonts, clock=clock)
        try:
            return opened.authority.roots()[0]
        finally:
            opened.close()

    assert len(set(_at_once(start))) == 1


@pytest.mark.parametrize("name", ["personal", "root"])
def test_lists_published_at_once_are_one(signatures: Signatures, name: str) -> None:
    """A revocation list has one content a number."""
    assert len(set(_at_once(lambda _: signatures.authority.crl(name)))) == 1


def test_everybody_verifies_at_once(signatures: Signatures, clock: TestClock) -> None:
    """I5, I17: what verifiers believe is parsed lazily, so that no two threads may share it."""
    signed = story.sign(signatures, files.application()).pdf
    reports: list[FileReport] = []
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # change threads as often as can be
    try:
        for _ in range(15):
            clock.now += timedelta(seconds=1)  # believe anew
            reports += _at_once(lambda _: _report(signatures, signed))
    finally:
        sys.setswitchinterval(interval)

    assert [report.all_findings for report in reports if not report.ok] == []


def _report(signatures: Signatures, pdf: bytes) -> FileReport:
    return signatures.examine(pdf, expected=Expected.signed(story.ZHANG))
