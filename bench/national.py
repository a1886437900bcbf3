"""OFD files and national seals: drawing, sealing, judging, SM2 beside P-256, both forms of a claim.

`python -m bench.national` runs it alone.
"""

from __future__ import annotations

import importlib
import itertools
import os
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.inside import town
from bench.measure import cpu_ms, rss_mb
from casework.certificate import claims, ofd_forms
from engine.actors import Actor
from ofd import from_pdf, judging, package, sealing, sm2
from ofd.sealing import Stamp
from pdfgen import Templates, open_templates
from registry.certificates import certificates
from tests import offices
from tests.ofd.authority import NOW, Authority
from tests.offices import Town
from tests.pdfgen import samples

FORMS = 1_000  #: certificates drawn, sealed and judged for the memory figure
_WARM = 200
_FILES = 40  #: that are judged in turn
_CLAIMS = 6  #: each way, in turn
_MESSAGE = b"x" * 12_000


def measure(folder: Path, fonts: Path) -> dict[str, float]:
    """Measure everything of this theme."""
    templates = open_templates(offices.files_of_type(), fonts=fonts)
    return (
        signatures() | one_file(templates, fonts) | memory(templates, fonts) | both(folder, fonts)
    )


def signatures() -> dict[str, float]:
    """Measure signing and verifying 12 kB: SM2, P-256, and pure Python where it is installed."""
    key, strong = sm2.PrivateKey.new(), ec.generate_private_key(ec.SECP256R1())
    value = key.sign(_MESSAGE)
    how = ec.ECDSA(hashes.SHA256())
    theirs, public = strong.sign(_MESSAGE, how), strong.public_key()
    figures = {
        "sm2_sign_cpu_ms": cpu_ms(lambda: key.sign(_MESSAGE)),
        "sm2_verify_cpu_ms": cpu_ms(lambda: sm2.verify(key.public, _MESSAGE, value)),
        "p256_sign_cpu_ms": cpu_ms(lambda: strong.sign(_MESSAGE, how)),
        "p256_verify_cpu_ms": cpu_ms(lambda: public.verify(theirs, _MESSAGE, how)),
    }
    for name, (sign, verify) in _pure(key).items():
        judge = partial(verify, sign())
        figures[f"sm2_{name}_sign_cpu_ms"] = cpu_ms(sign, rounds=5, warm=1)
        figures[f"sm2_{name}_verify_cpu_ms"] = cpu_ms(judge, rounds=5, warm=1)
    return figures


def _pure(key: sm2.PrivateKey) -> dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]]:
    """Give the pure Python libraries that are installed: who signs and who verifies."""
    secret, public = key.secret.hex(), key.public.hex()
    known: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {}
    try:
        gmssl = importlib.import_module("gmssl.sm2").CryptSM2(private_key=secret, public_key=public)
        known["gmssl"] = (
            lambda: gmssl.sign_with_sm3(_MESSAGE),
            lambda given: gmssl.verify_with_sm3(given, _MESSAGE),
        )
    except ImportError:
        pass
    try:
        snow = importlib.import_module("pysmx.SM2")
        known["snowland"] = (
            lambda: snow.Sign(_MESSAGE, secret, "1" * 64, 64, uid=sm2.USER_ID.decode()),
            lambda given: snow.Verify(given, _MESSAGE, public, 64, uid=sm2.USER_ID.decode()),
        )
    except ImportError:
        pass
    return known


def one_file(templates: Templates, fonts: Path) -> dict[str, float]:
    """Measure one certificate with photo and handwriting, from its PDF to the verdict."""
    picture = samples.portrait((600, 200), "PNG")
    data = samples.certificate(signature_picture=picture)
    pdf = templates.render("certificate", data, at=samples.AT).pdf
    authority = Authority()
    sealer, trust = authority.stamping_sealer(), authority.trust()
    parts, stamp = _drawn(pdf, fonts)
    sealed = sealing.seal(parts, sealer, stamp, at=NOW)
    file = package.pack(sealed)
    # Each file is judged once, as in life: no answer about its own seal is kept from before.
    files = [package.pack(sealing.seal(parts, sealer, stamp, at=NOW)) for _ in range(_FILES)]
    turns = itertools.cycle(files)
    return {
        "ofd_draw_cpu_ms": cpu_ms(lambda: _drawn(pdf, fonts)),
        "ofd_seal_cpu_ms": cpu_ms(lambda: sealing.seal(parts, sealer, stamp, at=NOW)),
        "ofd_pack_cpu_ms": cpu_ms(lambda: package.pack(sealed)),
        "ofd_judge_cpu_ms": cpu_ms(lambda: judging.judge(next(turns), trust)),
        "ofd_bytes_over_pdf": len(file) / len(pdf),
    }


def _drawn(pdf: bytes, fonts: Path) -> tuple[package.Parts, Stamp]:
    document, places = from_pdf.draw(pdf, fonts)
    facts = {"ZZMC": "注册执业证书", "ZZBH": "S2269900001", "CZZT": "张三"}
    parts = document.parts(
        number_of_document="0123456789abcdef0123456789abcdef",
        title="注册执业证书",
        author=samples.AUTHORITY,
        day=date(2026, 11, 29),
        facts=facts,
        tags=facts,
    )
    place = places["agency"]
    return parts, Stamp(page_id=document.pages[place.page].id, box=place.box)


def memory(templates: Templates, fonts: Path, count: int = FORMS) -> dict[str, float]:
    """Draw, seal, pack and judge `count` certificates of as many people; how memory grows."""
    authority = Authority()
    sealer, trust = authority.stamping_sealer(), authority.trust()
    pdfs = [
        templates.render("certificate", samples.certificate(no=f"S22699{n:05}"), at=samples.AT).pdf
        for n in range(_WARM)
    ]
    warm = 0.0
    for number in range(count):
        parts, stamp = _drawn(pdfs[number % _WARM], fonts)
        report = judging.judge(package.pack(sealing.seal(parts, sealer, stamp, at=NOW)), trust)
        if not report.ok:
            raise AssertionError(report.problems)
        if number == _WARM:
            warm = rss_mb(os.getpid())
    return {"ofd_rss_growth_mb": rss_mb(os.getpid()) - warm}


def both(folder: Path, fonts: Path, count: int = _CLAIMS) -> dict[str, float]:
    """Measure a certificate from the decision to the download, with PDF alone and with both.

    With the jobs that follow of themselves: evidence is added, the certificate store is told.
    """
    taken: dict[bool, list[float]] = {False: [], True: []}
    with town(folder / "national", fonts) as place:
        operator = place.enterprise()
        reviewer = place.officer("wang", "reviewer")
        approver = place.officer("li", "approver")
        for number in range(1, 2 * count + 3):
            person = place.person(number, issued=date(2025, 6, 2))
            case = place.starts(person)
            place.files(case, person, operator)
            place.reviews(case, reviewer)
            place.works()
            with_ofd = number % 2 == 0
            began = time.process_time()
            place.decides(case, approver)
            place.claims(case, person)
            _downloads(place, case, person, with_ofd=with_ofd)
            place.works()
            if number > 2:  # the first of each kind founds and opens what all others use
                taken[with_ofd].append(time.process_time() - began)
    alone, together = (sorted(taken[kind])[len(taken[kind]) // 2] for kind in (False, True))
    return {
        "claim_pdf_cpu_ms": alone * 1000,
        "claim_both_cpu_ms": together * 1000,
        "claim_both_over_pdf": together / alone,
    }


def _downloads(place: Town, case: str, person: Actor, *, with_ofd: bool) -> None:
    claims.download(place.office, case, person)
    if with_ofd:
        with place.office.sessions() as session:
            certificate = certificates.of_application(session, case)
        if certificate is None:
            raise AssertionError("no certificate was issued")
        ofd_forms.of(place.office, str(certificate.document_id), person)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="zhuce-bench-") as name:
        shelf = Path(os.environ.get("ZHUCE_FONTS", "var/fonts")).resolve()
        for key, value in measure(Path(name), shelf).items():
            print(f"{key:28} {value:10.3f}")
