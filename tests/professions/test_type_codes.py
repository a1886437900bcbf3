"""The type code of a certificate is its own: no default, and none of a demonstration in earnest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from casework import deployment
from casework.deployment import DeploymentState
from casework.office import Office
from professions import manifests
from professions.checks import examination
from tests.offices import FONTS, TYPE
from tests.professions.folders import BPMN, edited

DEMO = 'type_code = "DEMO00000000000000S02"'
BUILDER = "11100000000013338W001"


@pytest.mark.proves("F:trust-3")
def test_a_type_without_a_code_is_refused(tmp_path: Path) -> None:
    """GB/T 36904: a default would be another certificate's code on every certificate."""
    root = edited(tmp_path / "bpmn", (f"{TYPE}/type.toml", DEMO, ""))

    [(_, problems)] = examination.examine(root, FONTS, only=[TYPE])

    [told] = [problem for problem in problems if problem.element == "certificate.type_code"]
    assert told.file == f"{TYPE}/type.toml"
    assert told.text == "没有证照类型代码，证书的标识将无法确定"


@pytest.mark.proves("F:trust-3")
def test_the_shipped_codes() -> None:
    """二级建造师注册证书 is W001; what is not known here is visibly no national code."""
    types = manifests.discover(BPMN)

    assert types["builder-2"].face.type_code == BUILDER
    assert types["builder-2"].face.is_national
    assert not types[TYPE].face.is_national


@pytest.mark.proves("F:trust-3")
@pytest.mark.parametrize("code", ["DEMO00000000000000S99", "11310000000000000D019"])
def test_real_certificates_need_real_codes(office: Office, tmp_path: Path, code: str) -> None:
    """A deployment must give the code; one of a demonstration is not deployed there."""
    office.policy = replace(office.policy, national_codes=True)
    root = edited(tmp_path / "bpmn", (f"{TYPE}/type.toml", DEMO, f'type_code = "{code}"'))

    done = {deployed.key: deployed for deployed in deployment.deploy(office, root)}

    assert done["builder-2"].state is not DeploymentState.REFUSED
    refused = [str(problem) for problem in done[TYPE].problems]
    assert bool(refused) == code.startswith("DEMO")
    assert all("只用于演示" in problem for problem in refused)


@pytest.mark.proves("F:trust-3")
def test_the_code_of_a_neighbour_is_refused(tmp_path: Path) -> None:
    """GB/T 36904: two professions with one code would be one certificate to every machine."""
    root = edited(tmp_path / "bpmn", (f"{TYPE}/type.toml", DEMO, f'type_code = "{BUILDER}"'))

    told = [
        str(problem) for _, problems in examination.examine(root, FONTS) for problem in problems
    ]

    assert any("type_code 与注册类型" in text for text in told), told
