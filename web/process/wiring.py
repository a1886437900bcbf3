"""The wiring: opens what casework needs, as the settings say; nothing is opened elsewhere."""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from adapters.file_store import open_store
from adapters.wire.http import Client
from casework import deployment, upkeep
from casework.deployment import Deployed
from casework.office import Office, Policy
from casework.opening import open_office
from casework.published import seen
from casework.tasks import held_tasks
from engine.running.worker import Workers
from refusals.refusal import Refusal
from registry import migrate
from registry.applications.documents import Blob
from registry.clients import clients, requests, webhooks
from registry.law import calendars
from registry.trail import audit
from signing import open_signatures
from signing.keeping.guards import HEAVY, LIGHT
from storage import vault
from storage.database import open_database, sessions_of, writing
from storage.watch import Watch
from web.process import clocks, heap, outside
from web.process.tables import metadata
from web.settings import Settings
from web.visitors import rate_limits, sessions, witness

if TYPE_CHECKING:
    from pdfgen.trial.remembered import Remembered

Clock = Callable[[], datetime]
SWEEP_S = 60.0
SWEEP_IDLE_S = 600.0  #: while nobody writes: what is over by itself can wait that long
_WAITING = 1024  #: connections that may wait for a process to take them
TYPES = Path(__file__).parents[2] / "bpmn"  #: registration types as shipped

_LOG = structlog.get_logger(__name__)


class SchemaBehind(Refusal):
    """数据库结构不是最新的，请先运行 zhuce migrate。"""

    code = "E_SCHEMA_BEHIND"


class NotBuilt(Refusal):
    """缺少{what}，请先运行 {remedy}。"""

    code = "E_NOT_BUILT"


def utc_now() -> datetime:
    """Give the time; the only place where this process asks for it."""
    return datetime.now(UTC)


def migrate_database(settings: Settings) -> None:
    """Bring the register to the present schema; the keys see to theirs when they are opened."""
    vault.configure(vault.Vault(*settings.register_keys()))
    migrate.upgrade(settings.database_url, metadata)


def require_schema(database_url: str) -> None:
    """Go on only with the present schema. Raises: SchemaBehind."""
    if not migrate.is_current(database_url, metadata):
        raise SchemaBehind


def require_built(settings: Settings) -> None:
    """Go on only with what `make` builds: style sheets, scripts, fonts. Raises: NotBuilt."""
    if not (Path(__file__).parents[1] / "static/dist/manifest.json").is_file():
        raise NotBuilt(what="页面样式和脚本", remedy="make assets")
    if not any(settings.fonts.glob("*.[ot]tf")):
        raise NotBuilt(what=f"字体（{settings.fonts}）", remedy="make fonts")


class CannotServe(Refusal):
    """无法在 {host}:{port} 提供服务（{why}）。请检查 {host_variable} 和 {variable}。"""

    code = "E_CANNOT_SERVE"

    def __init__(self, host: str, port: int, variable: str, why: str) -> None:
        super().__init__(
            host=host,
            port=port,
            next=port + 1,
            why=why,
            variable=variable,
            host_variable=variable.replace("PORT", "HOST"),
        )


class PortTaken(CannotServe):
    """端口 {port} 已被占用。请停止占用它的程序，或换一个端口：{variable}={next} make run。"""

    code = "E_PORT_TAKEN"


def bind_port(settings: Settings) -> socket.socket:
    """Bind our address, for the processes that are going to answer there. Raises: CannotServe."""
    return bind(settings.host, settings.port, "ZHUCE_PORT")


def bind(host: str, port: int, variable: str) -> socket.socket:
    """Bind an address; `variable` is what to change when it cannot be. Raises: CannotServe.

    Without SO_REUSEPORT: two services at one address would answer people now from this database,
    now from that.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_WAITING)
    except OSError as error:
        listener.close()
        refusal = PortTaken if error.errno == errno.EADDRINUSE else CannotServe
        raise refusal(host, port, variable, error.strerror or str(error)) from error
    listener.setblocking(False)
    return listener


def open_office_of(settings: Settings, *, clock: Clock = utc_now) -> Office:
    """Open the office of this process.

    Raises: SchemaBehind before anything is opened.
    """
    require_schema(settings.database_url)
    vault.configure(vault.Vault(*settings.register_keys()))
    opened = sessions_of(open_database(settings.database_url))
    try:
        return _office(settings, opened, clock)
    except BaseException:  # a key that does not open: nobody is going to close the rest
        opened.kw["bind"].dispose()
        raise


def _office(settings: Settings, opened: sessionmaker[Session], clock: Clock) -> Office:
    with opened() as session:
        calendar = calendars.current(session)
    signing_keys = settings.signing_keys()
    return open_office(
        sessions=opened,
        signatures=open_signatures(
            settings.keys_url,
            kek=signing_keys[0],
            former_keks=signing_keys[1:],
            pin_cost=LIGHT if settings.is_embedded else HEAVY,
            base_url=settings.base_url,
            fonts=settings.fonts,
            clock=clock,
            services=outside.services(settings, clock),
        ),
        files=open_store(settings.files, settings.file_keys()),
        systems=outside.systems(settings, opened, clock),
        calendar=calendar,
        fonts=settings.fonts,
        policy=Policy(
            acceptance_mode=settings.acceptance_mode.value,
            base_url=settings.base_url,
            watermark="演示" if settings.demo else "",
            contact=settings.contact,
            province="99" if settings.demo else "31",
            store_takes_ofd=settings.store_ofd,
            national_codes=not settings.demo,
            checkpoints=settings.checkpoint_folder,
        ),
        clock=clock,
    )


def close(office: Office) -> None:
    """Give the connections of an office back."""
    office.signatures.close()
    for port in outside.ports(office).values():
        if isinstance(port, Client):
            port.close()
    office.sessions.kw["bind"].dispose()


def deploy_types(
    office: Office, folder: Path, *, remembered: Remembered | None = None
) -> Iterator[Deployed]:
    """Put every registration type of a folder into the database; see `casework.deployment`.

    Raises: NothingToDeploy.
    """
    return deployment.deploy(office, folder, remembered=remembered)


class Crew:
    """The threads of a process that do jobs and fire timers, and the one that sweeps."""

    def __init__(self, office: Office, threads: int) -> None:
        self._office = office
        self._engine = office.sessions.kw["bind"]
        self._workers = Workers(office.runner, threads)
        self._stop = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep, name="sweeper", daemon=True)

    def start(self) -> None:
        """Start the threads; in the process that serves, never before it is forked."""
        upkeep.arm(self._office)
        self._workers.start()
        self._sweeper.start()

    def stop(self) -> None:
        """Let every thread finish what it is doing."""
        self._stop.set()
        self._workers.stop()
        self._sweeper.join(10)

    def _sweep(self) -> None:
        watch, swept, machine = Watch(self._engine), 0.0, self._office.runner.machine
        was_right = True
        while not self._stop.wait(SWEEP_S):
            is_late = time.monotonic() - swept >= SWEEP_IDLE_S
            if not (watch.has_changed() or is_late or machine.is_right != was_right):
                continue  # nobody wrote since: there is nothing new to sweep
            swept, was_right = time.monotonic(), machine.is_right
            heap.trim()
            try:
                sweep(self._office)
            except SQLAlchemyError as error:  # away for a moment; the next sweep finds it again
                _LOG.warning("sweep_failed", error=type(error).__name__)


def sweep(office: Office) -> dict[str, int]:
    """Do what is done from time to time; tell how much of each.

    A process whose clock is wrong only says so: what is over is not for it to know.
    """
    now = office.now()
    freed = office.runner.look_around()
    clocks.note(office)
    if not office.runner.machine.is_right:
        return {"leases_ended": freed}
    with office.sessions() as session:  # another process may have entered a year
        office.calendar = calendars.current(session)
    done = {
        "duties_armed": upkeep.arm(office),
        "leases_ended": freed,
        "holds_ended": held_tasks.free(office),
        "jobs": office.runner.run_due(limit=100),
    }
    repeated = witness.sweep(office.sessions, now)
    sealed = 0
    while True:  # however many there are, and others write in between
        with writing(office.sessions) as session:
            batch = audit.seal_batch(session)
            reached = audit.checkpoint(session)
        sealed += batch
        if batch < audit.SEALED_AT_ONCE:
            break
    if sealed:  # the log is kept outside the database: it alone tells a rewrite of everything
        _LOG.info("audit_checkpoint", seq=reached.seq, root=reached.root)
    with writing(office.sessions) as session:
        tokens = clients.sweep(session, now) + requests.sweep(session, now)
        messages = webhooks.sweep(session, now)
    return {
        **done,
        "events_counted": seen.roll(office),
        "refusals_counted": repeated,
        "audit_sealed": sealed,
        "sessions_ended": sessions.sweep(office.sessions, now),
        "tokens_over": tokens,
        "messages_over": messages,
        "limits_over": rate_limits.sweep(office.sessions, now),
        "signing_over": office.signatures.sweep(),
    }


def verify_store(
    office: Office,
    trusted: Iterable[audit.Checkpoint] = (),
    *,
    watch: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> list[str]:
    """Check the audit log and every stored file; give what is wrong, in Chinese.

    `trusted` are checkpoints read from a log that was kept outside the database. `watch` hands
    the digests of the files through, to see how far it is.
    """
    faults: list[str] = []
    with office.sessions() as session:
        if broken := audit.verify(session, trusted):
            faults.append(broken)
        kept = session.scalars(sa.select(Blob.sha256)).all()
    for sha256 in watch(kept):
        try:
            office.files.get(sha256)
        except Refusal as error:
            faults.append(str(error))
    return faults
