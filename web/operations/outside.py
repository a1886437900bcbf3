"""What operators see of the outside systems: where each is, which faults its twin has (H).

A twin is told to fail here to show or test a trouble; a real system is only named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request
from flask import url_for as to
from werkzeug.wrappers import Response

from adapters.certificate_store import CertificateStoreTwin, TwinStoreEvent
from adapters.faults import LONGEST_S, Faults, OutsideFault
from adapters.systems import System
from refusals.refusal import NotFound, Refusal
from registry.people.officers import OfficerRole
from registry.ports import CertificateState, StoreOperation
from registry.trail import audit
from storage.database import writing
from web.extensions import office, settings
from web.visitors import access

bp = Blueprint("outside_systems", __name__, url_prefix="/operations/outside")


class FaultUnknown(Refusal):
    """请选择列表中的一种状态；响应缓慢时，秒数应为0至60之间的数字。"""

    code = "E_FAULT"


@dataclass(frozen=True, kw_only=True)
class ShownSystem:
    """One system as the page shows it."""

    system: System
    address: str  #: empty: its twin stands in
    fault: OutsideFault
    seconds: float


@bp.get("")
@access.officer(OfficerRole.OPERATOR)
def front() -> str:
    """List the systems, and what the twin of the certificate store was told."""
    return _page()


@bp.post("/<system>")
@access.officer(OfficerRole.OPERATOR)
def switch(system: str) -> Response | tuple[str, int]:
    """Tell a twin to fail or to be well again; audited like everything that operators do."""
    if system not in list(System) or _address(System(system)):
        raise NotFound
    try:
        fault, seconds = OutsideFault(request.form.get("fault", "")), _seconds()
        Faults(System(system), office().sessions).switch(fault, seconds)
    except ValueError:
        return _page({f"fault-{system}": str(FaultUnknown())}), 422
    place = office()
    with writing(place.sessions) as session:
        audit.record(
            session,
            "twin_fault",
            actor=access.visitor().actor.id,
            role=OfficerRole.OPERATOR,
            subject=f"system:{system}",
            at=place.now(),
            facts={"fault": fault.value, "seconds": seconds},
        )
    flash(f"{System(system).label}的替身：{fault.label}。", "success")
    return redirect(to("outside_systems.front"), 303)


def _seconds() -> float:
    return float(request.form.get("seconds") or 0)


def _address(system: System) -> str:
    """Give where a real system is; empty where its twin stands in."""
    address: str = getattr(settings(), system.setting)
    return address


def _page(faults: dict[str, str] | None = None) -> str:
    store = office().certificate_store
    return render_template(
        "operations/outside.html",
        systems=[_shown(system) for system in System],
        choices=list(OutsideFault),
        longest_s=int(LONGEST_S),
        told=[_line(event) for event in _told(store)],
        is_twin=isinstance(store, CertificateStoreTwin),
        faults=faults or {},
        typed=request.form,
    )


def _shown(system: System) -> ShownSystem:
    address = _address(system)
    fault, seconds = (
        (OutsideFault.NONE, 0.0) if address else Faults(system, office().sessions).present()
    )
    return ShownSystem(system=system, address=address, fault=fault, seconds=seconds)


def _told(store: object) -> Sequence[TwinStoreEvent]:
    return store.told(limit=20) if isinstance(store, CertificateStoreTwin) else ()


def _line(event: TwinStoreEvent) -> dict[str, object]:
    """Give one line without anything about the holder."""
    return {
        "at": event.at,
        "identifier": event.identifier,
        "operation": StoreOperation(event.operation).label,
        "state": CertificateState(event.state).label,
    }
