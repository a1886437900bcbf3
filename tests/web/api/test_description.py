"""The OpenAPI document and its page are written from the routes, and tell of every one."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from tests.web.place import Place
from web.api import description
from web.api.schemas import SCHEMAS
from web.visitors import access


def test_the_document_tells_of_every_route(place: Place, app: Flask) -> None:
    answer = place.tab.client.get("/api/v1/openapi.json")

    document = answer.json
    assert document["openapi"] == "3.1.0"
    told = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
    }
    served = {
        (method, re.sub("<([a-z_]+)>", r"{\1}", rule.rule.removeprefix("/api/v1")))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint not in ("api.page", "api.openapi")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == served
    assert len(told) > 12


def test_every_guarded_route_names_its_scope(app: Flask) -> None:
    """Deny by default: what is open to everybody is the token, the professions and the papers."""
    open_to_all = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        and (known := access.rule_of(app, rule.endpoint)) is not None
        and known.scope is None
    }

    assert open_to_all == {
        "api.page",
        "api.openapi",
        "api.token",
        "api.professions",
        "api.govstack_services",
        "api.govstack_service",
        "api.govstack_service_forms",
        "api.govstack_form",
    }


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(dict(SCHEMAS[name]))


def test_the_page_names_every_address(place: Place) -> None:
    place.tab.open("/api/v1")

    assert place.tab.page.status_code == 200
    shown = place.tab.text.replace(" /", "/")  # an address may break before each of its parts
    for known in description.ROUTES:
        assert f"{known.method}/api/v1{known.address}" in shown
