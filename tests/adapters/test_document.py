"""`docs/outside-systems.md` says what the code does: names, paths, examples."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.certificate_store import CertificatesOverHttp, read_entry
from adapters.enterprise_qualifications import EnterpriseQualificationsOverHttp
from adapters.enterprise_register import EnterprisesOverHttp
from adapters.faults import OutsideFault
from adapters.qualification_register import QualificationsOverHttp
from adapters.real_name import RealNamesOverHttp
from adapters.systems import System
from adapters.wire import breaker, deadline, http
from adapters.wire.http import Outside
from adapters.wire.plain import as_json
from registry.identifiers import IdType
from registry.ports import CertificateState, StoreOperation
from web.settings import OUTSIDE, Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/outside-systems.md").read_text("utf-8")


def _section(system: System) -> str:
    match = re.search(rf"^## {system.label}\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)
    assert match, system
    return match[1]


def _examples(system: System) -> list[Any]:
    blocks = re.findall(r"```json\n(.*?)```", _section(system), re.S)
    return [json.loads(block) for block in blocks]


@pytest.mark.parametrize("system", System)
def test_each_system_is_described_with_its_setting(system: System) -> None:
    assert f"| {system.label}" in TEXT
    assert f"`ZHUCE_{system.setting.upper()}`" in TEXT
    assert f"`{system.value}`" in TEXT
    assert _section(system).strip()


def test_every_setting_about_outside_systems_is_named() -> None:
    about = {*OUTSIDE, *(field for field in Settings.__dataclass_fields__ if "portal" in field)}

    for setting in (*about, "outside_token"):
        assert f"ZHUCE_{setting.upper()}" in TEXT, setting


def _paths() -> set[tuple[str, str]]:
    """Give (module, path) of every call that the clients make, read from their source."""
    paths = set()
    for module in sorted((ROOT / "adapters").glob("*.py")):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                is_ours = node.func.attr in ("ask", "tell") and node.args
                if is_ours and isinstance(node.args[0], ast.Constant):
                    paths.add((module.stem, str(node.args[0].value)))
    return paths


def test_every_path_that_a_client_calls_is_described_in_its_section() -> None:
    sections = {re.sub("-", "_", system.value): _section(system) for system in System}

    paths = _paths()

    assert len(paths) == 8
    for module, path in paths:
        assert f"`POST {path}`" in sections[module], (module, path)


@pytest.mark.parametrize("word", [*OutsideFault, *CertificateState, *StoreOperation])
def test_every_code_is_explained(word: str) -> None:
    assert re.search(rf"(`{word}`|\b{word}\b)", TEXT)


def test_the_figures_are_those_of_the_code() -> None:
    for figure in (
        f"{http.CONNECT_S:g} s for each of two attempts",
        f"{http.TIMEOUT_S:g} s for the whole answer",
        f"system for {breaker.PAUSE_S:g} s",
        "After five failures in a row",
    ):
        assert figure in TEXT
    assert (http.RECONNECTS, breaker.FAILURES, deadline.LARGEST_BYTES) == (1, 5, 2**20)


def _answering(answer: Any) -> Outside:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
    return Outside("https://o.example", "ours", system=System.SMS, transport=transport)


def test_the_example_answers_are_understood() -> None:
    """What the document shows is what the clients read."""
    asked, answer = _examples(System.REAL_NAME)
    person = RealNamesOverHttp(_answering(answer))
    assert person.check(IdType(asked["id_type"]), asked["id_no"], asked["name"])

    asked, answer = _examples(System.ENTERPRISE_REGISTER)
    assert EnterprisesOverHttp(_answering(answer)).by_name(asked["name"])

    asked, answer = _examples(System.ENTERPRISE_QUALIFICATIONS)
    assert EnterpriseQualificationsOverHttp(_answering(answer)).of(asked["uscc"])

    asked, answer = _examples(System.QUALIFICATION_REGISTER)
    database = QualificationsOverHttp(_answering(answer))
    assert database.find(IdType(asked["id_type"]), asked["id_no"])


def test_the_example_of_a_certificate_has_every_member() -> None:
    published, _, told, receipt = _examples(System.CERTIFICATE_STORE)
    sha256 = hashlib.sha256(b"%PDF").hexdigest()
    files = {"pdf": "JVBERg==", "sha256": sha256, "ofd": "JVBERg==", "ofd_sha256": sha256}
    entry, pdf, ofd = read_entry(published | files)
    assert set(as_json(entry)) | {"pdf", "ofd"} == set(published)
    assert (pdf, ofd) == (b"%PDF", b"%PDF")

    known = CertificatesOverHttp(_answering(receipt)).update_state(
        told["identifier"],
        CertificateState(told["state"]),
        StoreOperation(told["operation"]),
        receipt["key"],
    )
    assert known is True
