"""The twin server: who may ask, how it is told to fail, and what it refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session, sessionmaker

from adapters import world
from adapters.systems import ASKED, System
from adapters.twin_server import Twins, TwinServer, of_somebody_else

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
COMPANY, TAO = world.COMPANIES[0], world.CITIZENS[0]
ENTERPRISES = "/enterprise-register/enterprises"


@pytest.fixture
def client(sessions: sessionmaker[Session]) -> Iterator[httpx.Client]:
    server = TwinServer(Twins(sessions, lambda: NOW), "ours")
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    with httpx.Client(
        base_url=server.address, headers={"Authorization": "Bearer ours"}, timeout=5
    ) as opened:
        yield opened
    server.stop()
    thread.join()


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer theirs", "Basic ours", "ours"])
def test_whoever_does_not_bear_the_token_learns_nothing(client: httpx.Client, token: str) -> None:
    headers = {"Authorization": token}

    asked = client.post(ENTERPRISES, json={"uscc": COMPANY.uscc}, headers=headers)
    switched = client.post("/fault", json={"system": "sms", "fault": "down"}, headers=headers)

    assert (asked.status_code, switched.status_code) == (401, 401)
    assert COMPANY.name not in asked.text
    assert client.get("/fault").json()["sms"]["fault"] == "none"


def test_faults_are_switched_and_told(client: httpx.Client) -> None:
    """Each system has a switch of its own."""
    told = client.post("/fault", json={"system": "sms", "fault": "slow", "seconds": 2.5})

    assert told.json() == {"system": "sms", "fault": "slow", "seconds": 2.5}
    faults = client.get("/fault").json()
    assert set(faults) == {system.value for system in ASKED}
    assert faults["sms"] == {"fault": "slow", "seconds": 2.5}
    assert faults["real-name"] == {"fault": "none", "seconds": 0.0}


@pytest.mark.parametrize(
    ("fault", "status"), [("down", 503), ("error", 500), ("garbage", 200), ("none", 200)]
)
def test_a_fault_looks_like_one(client: httpx.Client, fault: str, status: int) -> None:
    client.post("/fault", json={"system": "enterprise-register", "fault": fault})

    answer = client.post(ENTERPRISES, json={"uscc": COMPANY.uscc})

    assert answer.status_code == status
    assert answer.text.startswith("<html>") == (fault == "garbage")


def test_a_wrong_answer_is_well_formed(client: httpx.Client) -> None:
    client.post("/fault", json={"system": "enterprise-register", "fault": "wrong"})

    [enterprise] = client.post(ENTERPRISES, json={"uscc": COMPANY.uscc}).json()

    assert enterprise["uscc"] == world.COMPANIES[1].uscc


def test_somebody_else_is_never_the_one_who_was_asked_for(database_url: str) -> None:
    for company in world.COMPANIES:
        assert of_somebody_else({"uscc": company.uscc})["uscc"] != company.uscc
        assert of_somebody_else({"name": company.present_name})["name"] != company.present_name
    for citizen in world.CITIZENS:
        asked = {"id_type": citizen.id_type, "id_no": citizen.id_no, "name": citizen.name}
        other = of_somebody_else(asked)
        assert other["id_no"] != citizen.id_no
        assert world.holder(other["id_type"], other["id_no"]) is not None


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (ENTERPRISES, {}),
        (ENTERPRISES, []),
        (ENTERPRISES, {"uscc": 5, "name": 7}),
        ("/real-name/persons", {"id_type": "CARD", "id_no": "1", "name": "陶"}),
        ("/sms/messages", {"mobile": TAO.mobile}),
        ("/certificate-store/certificates", {"identifier": "1", "pdf": "no base64!"}),
        ("/certificate-store/certificate-states", {"identifier": "1", "state": "77"}),
        ("/fault", {"system": "sms"}),
        ("/fault", {"system": "weather", "fault": "down"}),
        ("/fault", {"system": "portal", "fault": "down"}),
        ("/fault", {"system": "sms", "fault": "hungry"}),
        ("/fault", {"system": "sms", "fault": "slow", "seconds": 3600}),
    ],
)
def test_what_cannot_be_understood_is_refused(
    client: httpx.Client, path: str, message: Any
) -> None:
    answer = client.post(path, json=message)

    assert answer.status_code == 400
    assert "error" in answer.json()
    assert client.get("/fault").status_code == 200, "the connection is still good"


def test_what_is_not_there_is_not_found(client: httpx.Client) -> None:
    assert client.post("/weather", json={}).status_code == 404
    assert client.post("/enterprise-register", json={}).status_code == 404
    assert client.get(ENTERPRISES).status_code == 404
    assert client.post(ENTERPRISES, json={"uscc": "91310100MADE999999"}).status_code == 404


def test_a_request_without_an_end_is_refused(client: httpx.Client) -> None:
    assert client.post(ENTERPRISES, content=b"").status_code == 400
    assert client.post(ENTERPRISES, content=b"{").status_code == 400
    assert client.post(ENTERPRISES, content=iter([b"{}"])).status_code == 400


def test_each_address_is_what_a_setting_has_to_be(sessions: sessionmaker[Session]) -> None:
    server = TwinServer(Twins(sessions, lambda: NOW), "ours")
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()

    assert server.url(System.REAL_NAME) == f"{server.address}/real-name"

    server.stop()
    thread.join()
