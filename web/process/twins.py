"""The twins of outside systems and of an authority: served over HTTP, and told to fail."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.faults import Faults, OutsideFault
from adapters.keys.authority_twin import HOUSE, AuthorityServer
from adapters.systems import ASKED, System
from adapters.twin_server import Twins, TwinServer
from engine.actors import SYSTEM
from refusals.refusal import Refusal
from registry.trail import audit
from storage import vault
from storage.database import open_database, sessions_of, writing
from web.process import wiring
from web.settings import Settings, SettingsError

Say = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Present:
    """The fault that a twin has now."""

    system: System
    fault: OutsideFault
    seconds: float  #: until a slow answer comes

    def __str__(self) -> str:
        """Return one line for people."""
        late = f"，{self.seconds:g}秒后返回" if self.fault is OutsideFault.SLOW else ""
        return f"{self.system.value:26}{self.system.label}：{self.fault.label}{late}"

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        seconds = self.seconds if self.fault is OutsideFault.SLOW else None
        return {"system": self.system.value, "fault": self.fault.value, "seconds": seconds}


class NoSuchFault(Refusal):
    """{what}。系统：{systems}；故障：{faults}。"""

    code = "E_NO_SUCH_FAULT"

    def __init__(self, what: str) -> None:
        """Name what was asked for and what there is."""
        super().__init__(what=what, systems="、".join(System), faults="、".join(OutsideFault))


def serve(settings: Settings, port: int, say: Say) -> None:
    """Serve the twins on 127.0.0.1 until told to stop; `say` hears their address and settings.

    Raises: SettingsError in production and without a token, wiring.SchemaBehind.
    """
    _require_twins(settings)
    if not settings.outside_token:
        raise SettingsError("ZHUCE_OUTSIDE_TOKEN is missing: the twins answer nobody without it")
    wiring.require_schema(settings.database_url)
    vault.configure(vault.Vault(*settings.register_keys()))
    database = open_database(settings.database_url)
    twins = Twins(sessions_of(database), wiring.utc_now)
    try:
        server = TwinServer(twins, settings.outside_token, port=port)
    except (OSError, OverflowError) as error:
        database.dispose()
        raise SettingsError(f"--port cannot be {port}: {error}") from error
    thread = threading.Thread(target=server.serve, name="twins", daemon=True)
    thread.start()
    settings_of = {f"ZHUCE_{system.setting.upper()}": server.url(system) for system in ASKED}
    say({"address": server.address, "settings": settings_of})
    wait_for_the_end()
    server.stop()
    thread.join()
    database.dispose()


def serve_authority(settings: Settings, folder: Path, port: int, url: str, say: Say) -> None:
    """Serve the twin of an authority on 127.0.0.1 until told to stop.

    Raises: SettingsError in production and without a password.
    """
    _require_twins(settings)
    if ":" not in settings.authority_secret:
        raise SettingsError("ZHUCE_AUTHORITY_SECRET is missing: give name:password")
    try:
        server = AuthorityServer(
            folder, settings.authority_secret, wiring.utc_now, url=url, port=port
        )
    except (OSError, OverflowError) as error:
        raise SettingsError(f"--port cannot be {port}: {error}") from error
    thread = threading.Thread(target=server.serve, name="authority", daemon=True)
    thread.start()
    told = {"ZHUCE_AUTHORITY": server.address, "ZHUCE_AUTHORITY_CHAINS": str(folder.absolute())}
    say({"address": server.address, "name": HOUSE, "settings": told})
    wait_for_the_end()
    server.stop()
    thread.join()


def wait_for_the_end() -> None:
    """Wait until the process is told to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


def switch(
    settings: Settings, system: str | None, fault: str | None, seconds: float
) -> list[Present]:
    """Tell a twin to fail, or to be well again; give what each of them has now.

    Raises: SettingsError in production, NoSuchFault.
    """
    _require_twins(settings)
    wiring.require_schema(settings.database_url)
    database = open_database(settings.database_url)
    switches = {twin: Faults(twin, sessions_of(database)) for twin in System}
    try:
        if system is not None:
            _switch(switches, system, fault, seconds)
            facts = {"fault": fault, "seconds": seconds}
            vault.configure(vault.Vault(*settings.register_keys()))
            with writing(sessions_of(database)) as session:
                audit.record(
                    session,
                    "twin_fault",
                    actor=SYSTEM.id,
                    subject=f"system:{system}",
                    at=wiring.utc_now(),
                    facts=facts,
                )
        return [_present(switches[twin]) for twin in System]
    finally:
        database.dispose()


def _switch(switches: dict[System, Faults], system: str, fault: str | None, seconds: float) -> None:
    if system not in switches or fault not in list(OutsideFault):
        raise NoSuchFault(f"没有“{system} {fault or ''}”")
    try:
        switches[System(system)].switch(OutsideFault(fault), seconds)
    except ValueError as error:
        raise NoSuchFault("秒数应在0至60之间") from error


def _present(faults: Faults) -> Present:
    fault, seconds = faults.present()
    return Present(system=faults.system, fault=fault, seconds=seconds)


def _require_twins(settings: Settings) -> None:
    if not settings.is_embedded:
        raise SettingsError("ZHUCE_PROFILE is production: there are no twins of outside systems")
