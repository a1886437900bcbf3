"""The outside systems in two ways: as twins in this process, and through the real clients.

The real clients speak HTTP to the twin server on 127.0.0.1, as they would to the real systems.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session, sessionmaker

from adapters.certificate_store import CertificatesOverHttp, CertificateStoreTwin
from adapters.enterprise_qualifications import (
    EnterpriseQualificationsOverHttp,
    EnterpriseQualificationsTwin,
)
from adapters.enterprise_register import EnterprisesOverHttp, EnterpriseTwin
from adapters.errors import WrongAnswer
from adapters.faults import Faults, OutsideFault
from adapters.qualification_register import QualificationsOverHttp, QualificationTwin
from adapters.real_name import RealNamesOverHttp, RealNameTwin
from adapters.sms import SmsOverHttp, SmsTwin
from adapters.systems import ASKED, System
from adapters.twin_server import Twins, TwinServer
from adapters.wire.http import TIMEOUT_S, Outside
from registry.errors import Unavailable
from registry.ports import (
    CertificateStore,
    EnterpriseQualifications,
    EnterpriseRegister,
    QualificationRegister,
    RealNameRegister,
    SmsGateway,
)
from tests.databases import database_url, engine, sessions

__all__ = ["database_url", "engine", "sessions"]

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TOKEN = "ours"
HURRIED_S = 0.4  #: what clients wait for an answer that is late; for any other the usual time


@dataclass(kw_only=True)
class Outsiders:
    """The ports, the switches of what stands behind them, and the tables of the twins."""

    enterprises: EnterpriseRegister
    qualified: EnterpriseQualifications
    qualifications: QualificationRegister
    realnames: RealNameRegister
    sms: SmsGateway
    store: CertificateStore
    faults: dict[System, Faults]
    wait_s: float  #: what the clients wait for an answer
    late_s: float  #: later than any client waits
    sessions: sessionmaker[Session]

    def trouble(self, system: System, fault: OutsideFault) -> None:
        """Switch a fault on; a slow system is too late for everybody."""
        self.faults[system].switch(fault, self.late_s if fault is OutsideFault.SLOW else 0.0)

    @contextmanager
    def refused(self, system: System, fault: OutsideFault) -> Iterator[None]:
        """Expect the clear refusal that a fault deserves, and soon."""
        self.trouble(system, fault)
        refusal = WrongAnswer if fault is OutsideFault.WRONG else Unavailable
        began = time.monotonic()
        with pytest.raises(refusal, match=f"^{system.label}.*已保留.*请稍后重试") as told:
            yield
        assert time.monotonic() - began < 3 * self.wait_s
        assert told.value.code == (
            "E_WRONG_ANSWER" if fault is OutsideFault.WRONG else "E_SERVICE_DOWN"
        )
        self.faults[system].switch(OutsideFault.NONE)


@pytest.fixture(params=["twin", "http"])
def outsiders(
    request: pytest.FixtureRequest, sessions: sessionmaker[Session]
) -> Iterator[Outsiders]:
    """Give the six systems, in both ways."""
    if request.param == "twin":
        yield _twins(sessions)
        return
    twins = Twins(sessions, lambda: NOW)
    server = TwinServer(twins, TOKEN)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    fault = request.node.callspec.params.get("fault")
    wait_s = HURRIED_S if fault is OutsideFault.SLOW else TIMEOUT_S
    spoken = {
        system: Outside(server.url(system), TOKEN, system=system, timeout_s=wait_s)
        for system in ASKED
    }
    yield _clients(spoken, twins, sessions, wait_s)
    for outside in spoken.values():
        outside.close()
    server.stop()
    thread.join()


def _twins(sessions: sessionmaker[Session]) -> Outsiders:
    faults = {system: Faults(system, sleep=lambda _: None) for system in ASKED}
    return Outsiders(
        enterprises=EnterpriseTwin(sessions, faults=faults[System.ENTERPRISE_REGISTER]),
        qualified=EnterpriseQualificationsTwin(
            sessions, faults=faults[System.ENTERPRISE_QUALIFICATIONS]
        ),
        qualifications=QualificationTwin(sessions, faults=faults[System.QUALIFICATION_REGISTER]),
        realnames=RealNameTwin(faults=faults[System.REAL_NAME]),
        sms=SmsTwin(sessions, lambda: NOW, faults=faults[System.SMS]),
        store=CertificateStoreTwin(sessions, lambda: NOW, faults=faults[System.CERTIFICATE_STORE]),
        faults=faults,
        wait_s=TIMEOUT_S,
        late_s=6.0,
        sessions=sessions,
    )


def _clients(
    at: Mapping[System, Outside], twins: Twins, sessions: sessionmaker[Session], wait_s: float
) -> Outsiders:
    return Outsiders(
        enterprises=EnterprisesOverHttp(at[System.ENTERPRISE_REGISTER]),
        qualified=EnterpriseQualificationsOverHttp(at[System.ENTERPRISE_QUALIFICATIONS]),
        qualifications=QualificationsOverHttp(at[System.QUALIFICATION_REGISTER]),
        realnames=RealNamesOverHttp(at[System.REAL_NAME]),
        sms=SmsOverHttp(at[System.SMS]),
        store=CertificatesOverHttp(at[System.CERTIFICATE_STORE]),
        faults=dict(twins.faults),
        wait_s=wait_s,
        late_s=2.0,
        sessions=sessions,
    )
