"""Measured inside one process: signing, rendering, rounds of correction, where the time goes."""

from __future__ import annotations

import signal
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from bench import stock
from bench.measure import cpu_ms
from casework.opening import open_office
from casework.signature import enterprise_seal
from engine import definitions
from engine.tables import ProcessInstance
from pdfgen import open_templates
from registry.law import calendars
from registry.ports import Systems
from signing import open_signatures
from signing.keys.custody import Role
from signing.making import pades
from storage import vault
from storage.database import open_database, sessions_of, writing
from tests import offices
from tests.offices import HandClock, Policy, Town, World
from tests.pdfgen import samples
from web.process import wiring
from web.settings import Settings

ROUNDS = 50
PLACES = {
    "signing": "sign",
    "pyhanko": "sign",
    "asn1crypto": "sign",
    "cryptography": "sign",
    "pdfgen": "render",
    "typst": "render",
    "jinja2": "render",
    "registry": "database",
    "sqlalchemy": "database",
    "pysqlite3": "database",
    "SpiffWorkflow": "engine",
    "engine": "engine",
}


@contextmanager
def town(folder: Path, fonts: Path) -> Iterator[Town]:
    """Open an office on SQLite with people around it, as the tests of casework have it."""
    folder.mkdir(parents=True, exist_ok=True)
    clock, world = HandClock(), World()
    vault.configure(vault.Vault(bytes(range(32))))
    url = f"sqlite:///{folder / 'town.db'}"
    wiring.migrate_database(Settings(secret="s" * 40, database_url=url))
    database = open_database(url)
    sessions = sessions_of(database)
    signatures = open_signatures(
        f"sqlite:///{folder / 'keys.db'}",
        kek=offices.KEK,
        base_url="http://127.0.0.1:8000",
        fonts=fonts,
        clock=clock,
    )
    signatures.custody.enrol_agency(offices.AUTHORITY)
    with writing(sessions) as session:
        files = offices.files_of_type()
        definitions.deploy(session, offices.TYPE, files, "bench", clock())
    office = open_office(
        sessions=sessions,
        signatures=signatures,
        files=offices.memory_store(),
        systems=Systems(
            enterprises=world,
            qualifications=world,
            realnames=world,
            sms=world,
            enterprise_qualifications=world,
            certificate_store=world,
        ),
        calendar=calendars.shipped(),
        fonts=fonts,
        policy=Policy(watermark="演示", province="99"),
        clock=clock,
    )
    yield Town(office, world, clock)
    signatures.close()
    database.dispose()


def signing_and_rendering(folder: Path, fonts: Path) -> dict[str, float]:
    """Measure one signature with its seal picture, and the application form, warm."""
    files = offices.files_of_type()
    templates = open_templates(files, fonts=fonts)
    data = samples.application()
    figures = {
        "render_application_ms": cpu_ms(
            lambda: templates.render("application", data, at=samples.AT), rounds=20
        )
    }
    pdf = templates.render("application", data, at=samples.AT).pdf
    with town(folder / "signing", fonts) as place:
        signatures = place.office.signatures
        signer = signatures.custody.signer(Role.AGENCY, offices.AUTHORITY)
        seal = signatures._seal(signer.name, below="行政审批专用章")

        def ours() -> None:
            prepared = pades.prepare(
                pdf, field="applicant", template=signer.template, at=samples.AT, appearance=seal
            )
            raw = signer.sign(prepared.attributes)
            pades.complete(prepared, raw, template=signer.template, stamp=None)

        figures["sign_bb_p256_cpu_ms"] = cpu_ms(ours, rounds=60)
        figures["sign_document_bytes"] = float(len(pdf))
    key = ec.generate_private_key(ec.SECP256R1())
    figures["raw_p256_cpu_ms"] = cpu_ms(
        lambda: key.sign(b"x" * 300, ec.ECDSA(hashes.SHA256())), rounds=200
    )
    stranger = stock.signer(folder / "stock.p12")
    figures["sign_pyhanko_default_cpu_ms"] = cpu_ms(lambda: stock.sign(pdf, stranger), rounds=20)
    figures |= _weasyprint(figures["render_application_ms"], data)
    return figures


def _weasyprint(ours: float, data: dict[str, object]) -> dict[str, float]:
    """Compare with WeasyPrint setting the same words, where it is installed."""
    try:
        import weasyprint
    except (ImportError, OSError):
        return {}
    rows = "".join(f"<tr><td>{key}</td><td>{value}</td></tr>" for key, value in data.items())
    page = f"<html><body><h1>{data['title']}</h1>" + f"<table>{rows[:6000]}</table>" * 3
    theirs = cpu_ms(lambda: weasyprint.HTML(string=page).write_pdf(), rounds=5, warm=1)
    return {"weasyprint_ms": theirs, "render_over_weasyprint": ours / theirs}


def rounds(folder: Path, fonts: Path) -> dict[str, float]:
    """Return a case to its applicant fifty times: edit, render, sign, return again."""
    with town(folder / "rounds", fonts) as place:
        person, operator = place.person(issued=date(2025, 6, 2)), place.enterprise()
        case, taken = place.starts(person), []
        values = place.values(case, person)
        for number in range(ROUNDS + 1):
            began = time.process_time()
            place.saves(case, person, values | {"enterprise_phone": f"021-0000{number:04d}"})
            place.signs(case, person)
            enterprise_seal.send_back(place.office, case, reason="请核对联系电话", actor=operator)
            taken.append(time.process_time() - began)
            place.clock.forward(minutes=2)
        place.saves(case, person, values)
        place.signs(case, person)
        place.seals(case, operator)
        with place.office.sessions() as session:
            size = len(session.scalars(select(ProcessInstance.state)).one())
    first, last = statistics.median(taken[1:6]), statistics.median(taken[-5:])
    return {"round50_over_round1": last / first, "state_bytes": float(size)}


def story(folder: Path, fonts: Path, times: int = 8) -> dict[str, float]:
    """Sample where the CPU time of whole registrations goes, without pages."""
    with town(folder / "story", fonts) as place:
        operator = place.enterprise()
        officers = place.officer("wang", "reviewer"), place.officer("li", "approver")
        people = [place.person(serial, issued=date(2025, 6, 2)) for serial in range(1, times + 2)]

        def tell(number: int) -> None:
            person = people[number]
            case = place.starts(person)
            place.files(case, person, operator)
            place.reviews(case, officers[0])
            place.decides(case, officers[1])
            place.claims(case, person)

        tell(0)
        seen: Counter[str] = Counter()
        began = time.process_time()
        with _sampling(seen):
            for number in range(1, times + 1):
                tell(number)
        total = (time.process_time() - began) / times
    every = sum(seen.values())
    return {"story_inside_cpu_s": total} | {
        f"story_share_{name}": seen[name] / every for name in sorted(set(PLACES.values()))
    }


@contextmanager
def _sampling(seen: Counter[str]) -> Iterator[None]:
    """Ask every two milliseconds of CPU time in whose code we are."""

    def sample(_: int, frame: FrameType | None) -> None:
        while frame is not None:
            names = frame.f_globals.get("__name__", "").split(".")
            if names[0] in PLACES:
                seen[PLACES[names[0]]] += 1
                return
            frame = frame.f_back
        seen["other"] += 1

    earlier = signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, 0.002, 0.002)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, earlier)
