"""What an outside system spells otherwise, without a difference that people see, is the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from adapters.enterprise_register import EnterprisesOverHttp
from adapters.identity_portal import CLIENT_ID, IdentityPortal
from adapters.qualification_register import QualificationsOverHttp
from adapters.real_name import RealNamesOverHttp
from adapters.systems import System
from adapters.wire.http import Outside
from registry.identifiers import IdType
from tests.adapters.samples import COMPANY, TAO
from tests.variants import VARIANTS

pytestmark = pytest.mark.proves("F:outside-4")

ENDING = "31010119900101001X"  #: of a fictitious person; many registers write the x small
SPELT: dict[str, Callable[[str], str]] = {
    **{name: how for name, how in VARIANTS.items() if name not in ("dotted", "line_ended")},
    "small": str.lower,
}


def _says(value: Any) -> Outside:
    network = httpx.MockTransport(lambda _: httpx.Response(200, json=value))
    return Outside("https://o.example", "ours", system=System.SMS, transport=network)


@pytest.mark.parametrize("how", SPELT)
def test_a_person_is_found_however_the_registers_spell(how: str) -> None:
    """Asked in either spelling, answered in the other: one person, one number on record."""
    spelt = SPELT[how]
    facts = {
        "name": spelt(TAO.name),
        "sex": TAO.sex,
        "birth": TAO.birth.isoformat(),
        "id_type": "RESIDENT_ID",
        "id_no": spelt(ENDING),
        "mobile": TAO.mobile,
    }
    asked = RealNamesOverHttp(_says(facts)).check

    for number in (ENDING, spelt(ENDING)):
        identity = asked(IdType.RESIDENT_ID, number, TAO.name)
        assert identity is not None
        assert (identity.id_no, identity.name) == (ENDING, TAO.name)

    credential = {
        "certificate_no": spelt("S20263100001"),
        "issued_on": "2025-06-02",
        "issuer": spelt("示例人力资源考试机构"),
        "obtained_by": "EXAM",
    }
    held = {"id_type": "RESIDENT_ID", "id_no": spelt(ENDING), "certificates": [credential]}
    [found] = QualificationsOverHttp(_says(held)).find(IdType.RESIDENT_ID, ENDING)
    assert found.issuer == "示例人力资源考试机构"
    assert found.certificate_no.upper() == "S20263100001"


@pytest.mark.parametrize("how", SPELT)
def test_an_enterprise_is_found_however_its_register_spells(how: str) -> None:
    row = {"name": COMPANY.name, "uscc": SPELT[how](COMPANY.uscc), "status": "ACTIVE"}
    answer = [{**row, "former_names": [], "design_qualifications": []}]

    found = EnterprisesOverHttp(_says(answer)).by_uscc(COMPANY.uscc)

    assert found is not None
    assert found.uscc == COMPANY.uscc


@pytest.mark.parametrize("how", SPELT)
@pytest.mark.parametrize(
    ("kind", "name", "number"),
    [("person", "id_no", ENDING), ("enterprise", "org_uscc", COMPANY.uscc)],
)
def test_a_sign_in_bears_the_number_that_registers_know(
    how: str, kind: str, name: str, number: str
) -> None:
    begun: dict[str, str] = {}
    issuer, key = "https://portal.example", ECKey.generate_key("P-256", {"kid": "one"})
    now = datetime(2026, 11, 24, tzinfo=UTC)
    claims = {
        "iss": issuer,
        "aud": CLIENT_ID,
        "sub": "somebody",
        "kind": kind,
        "name": SPELT[how](TAO.name),
        "id_type": "RESIDENT_ID",
        "exp": int(now.timestamp()) + 60,
        "iat": int(now.timestamp()),
        name: SPELT[how](number),
    }

    def answer(request: httpx.Request) -> httpx.Response:
        token = jwt.encode({"alg": "ES256", "kid": "one"}, claims | begun, key)
        said: dict[str, Any] = {
            "/keys": {"keys": [key.as_dict(private=False)]},
            "/token": {"id_token": token, "access_token": "a", "token_type": "Bearer"},
        }
        about = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
        }
        return httpx.Response(200, json=said.get(request.url.path, about))

    portal = IdentityPortal(
        issuer,
        "theirs",
        redirect_uri="https://zhuce.example/sign-in/callback",
        clock=lambda: now,
        transport=httpx.MockTransport(answer),
    )
    under_way = portal.begin(kind)
    begun["nonce"] = under_way.nonce

    came = portal.complete(under_way.kept(), {"state": under_way.state, "code": "c"})

    assert came.claims[name] == number
    assert came.name == TAO.name
