"""电子证照库: certificates published with their file, and what became of them (C.0, C.3)."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from adapters.certificate_store import CertificateStoreTwin
from adapters.faults import OutsideFault
from adapters.systems import System
from adapters.wire.plain import as_json
from registry.ports import CertificateState, StoreOperation
from tests.adapters.contracts.conftest import NOW, Outsiders
from tests.adapters.samples import entry

SYSTEM = System.CERTIFICATE_STORE
PDF = b"%PDF-1.7 sealed \x00\xff"
ENTRY = entry(sha256=hashlib.sha256(PDF).hexdigest())


def store(outsiders: Outsiders) -> CertificateStoreTwin:
    """Look into the store, past the interface."""
    return CertificateStoreTwin(outsiders.sessions, lambda: NOW)


def test_both_forms_arrive(outsiders: Outsiders) -> None:
    """C.0: the OFD file travels with the PDF, and is the one that the entry names."""
    ofd = b"PK\x03\x04 sealed"
    both = replace(ENTRY, ofd_sha256=hashlib.sha256(ofd).hexdigest())

    outsiders.store.publish(both, PDF, "publish/1", ofd=ofd)

    [told] = store(outsiders).told(ENTRY.identifier)
    assert told.entry == as_json(both)
    assert told.size_bytes == len(PDF + ofd)


def test_a_certificate_is_published_once_with_everything(outsiders: Outsiders) -> None:
    """C.0: entry and file arrive as they were sent; a repetition changes nothing."""
    for _ in range(2):
        outsiders.store.publish(ENTRY, PDF, "publish/1")

    [told] = store(outsiders).told(ENTRY.identifier)
    assert told.entry == as_json(ENTRY)
    assert told.size_bytes == len(PDF)
    assert store(outsiders).state_of(ENTRY.identifier) is CertificateState.VALID


@pytest.mark.parametrize(
    ("state", "operation"),
    [
        (CertificateState.CANCELLED, StoreOperation.ENDING),
        (CertificateState.INVALID, StoreOperation.EXPIRY),
        (CertificateState.INVALID, StoreOperation.CHANGE),
        (CertificateState.REVOKED, StoreOperation.ENDING),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_its_end_is_told(
    outsiders: Outsiders, state: CertificateState, operation: StoreOperation
) -> None:
    """C.3, I14: whoever asks the store learns it; telling it twice is harmless."""
    outsiders.store.publish(ENTRY, PDF, "publish/1")

    for _ in range(2):
        assert outsiders.store.update_state(ENTRY.identifier, state, operation, "end/1")

    newest, _first = store(outsiders).told(ENTRY.identifier)
    assert (newest.state, newest.operation) == (state, operation)


def test_publishing_again_takes_no_state_back(outsiders: Outsiders) -> None:
    """C.3: a late job for the beginning does not undo the end."""
    outsiders.store.publish(ENTRY, PDF, "publish/1")
    cancelled = CertificateState.CANCELLED
    outsiders.store.update_state(ENTRY.identifier, cancelled, StoreOperation.ENDING, "end/1")

    outsiders.store.publish(ENTRY, PDF, "publish/1")

    assert store(outsiders).state_of(ENTRY.identifier) is CertificateState.CANCELLED


def test_what_was_never_published_is_not_known(outsiders: Outsiders) -> None:
    known = outsiders.store.update_state(
        ENTRY.identifier, CertificateState.CANCELLED, StoreOperation.ENDING, "end/1"
    )

    assert known is False
    assert store(outsiders).state_of(ENTRY.identifier) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "fault", [fault for fault in OutsideFault if fault is not OutsideFault.NONE]
)
def test_each_trouble_is_told_and_passes(outsiders: Outsiders, fault: OutsideFault) -> None:
    """C.3: only a receipt for this certificate counts; trying again makes up for the rest."""
    cancelled, ending = CertificateState.CANCELLED, StoreOperation.ENDING
    with outsiders.refused(SYSTEM, fault):
        outsiders.store.publish(ENTRY, PDF, "publish/1")
    outsiders.store.publish(ENTRY, PDF, "publish/1")
    with outsiders.refused(SYSTEM, fault):
        outsiders.store.update_state(ENTRY.identifier, cancelled, ending, "end/1")

    assert outsiders.store.update_state(ENTRY.identifier, cancelled, ending, "end/1")
    assert store(outsiders).state_of(ENTRY.identifier) is cancelled
