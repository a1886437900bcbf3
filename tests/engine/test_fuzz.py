"""Whatever is typed where a diagram takes an expression: refused at deploy, or harmless."""

from __future__ import annotations

import os
from contextlib import suppress
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.instances import runtime
from engine.language import parsing
from engine.lint import linter
from refusals.refusal import Refusal
from tests.engine import drawing as d
from tests.engine.language.test_decisions import dmn
from tests.engine.language.test_expressions import ATTACKS
from tests.engine.test_traps import silent_engine

DATA = {**d.DATA, "a": {"b": 1}, "b": [1, 2], "n": 3, "hours": 3}


def event(inside):
    """Draw a catch event."""
    return d.start() + f'<intermediateCatchEvent id="t">{inside}</intermediateCatchEvent>'


def condition(text):
    body = d.start() + d.gateway("t", "finish") + d.end() + d.end("other")
    body += d.line("begin", "t", "finish")
    flow = d.flow("t", "other", "@").replace("<![CDATA[@]]>", escape(text))
    return {"main.bpmn": d.process(body + flow)}


def timer(kind):
    def files(text):
        definition = d.timer("@", kind).replace("<![CDATA[@]]>", escape(text))
        body = event(definition) + d.end() + d.line("begin", "t", "finish")
        return {"main.bpmn": d.process(body)}

    return files


def boundary_timer(text):
    definition = d.timer("@").replace("<![CDATA[@]]>", escape(text))
    body = d.start() + d.user("u") + d.boundary("t", "u", definition) + d.end() + d.end("late")
    return {"main.bpmn": d.process(body + d.line("begin", "u", "finish") + d.line("t", "late"))}


def parameter(text):
    node = d.service("t", "test/work", x="@").replace('"@"', quoteattr(text))
    body = d.start() + node + d.end() + d.line("begin", "t", "finish")
    return {"main.bpmn": d.process(body)}


def table(where):
    def files(text):
        cells = {"input": "hours", "cell": "-", "output": "1", where: text.replace("]]>", "")}
        rules = [[cells["cell"], cells["output"]]]
        body = d.start() + d.rule("t", "rule") + d.end() + d.line("begin", "t", "finish")
        return {
            "main.bpmn": d.process(body),
            "r.dmn": dmn(rules, inputs=(escape(cells["input"]),)),
        }

    return files


PLACES = {
    "condition": condition,
    "duration": timer("timeDuration"),
    "date": timer("timeDate"),
    "boundary timer": boundary_timer,
    "parameter": parameter,
    "table input": table("input"),
    "table cell": table("cell"),
    "table output": table("output"),
}
#: Empty cells mean something in a table; the other places need a text.
MEANS_NOTHING = {"", "   "}


@pytest.mark.parametrize("place", PLACES)
def test_every_attack_is_refused_in_every_place(place):
    """The whole corpus, wherever an expression may stand."""
    let_in = [
        text
        for text in ATTACKS
        if not (place.startswith("table") and text in MEANS_NOTHING)
        and not linter.check(PLACES[place](text))
    ]

    harmless = {"10000000000000000"} if place in ("table cell", "table output") else set()
    if place == "table input":  # FEEL: an item of a record, and a comparison
        harmless = {"a.b", "x = 1"}
    assert set(let_in) <= harmless


@pytest.mark.parametrize("place", PLACES)
def test_random_texts_are_refused_or_harmless(place, monkeypatch):
    """Whatever passes the check runs to a wait, an end, or one of our errors."""
    ran = []
    monkeypatch.setattr(os, "system", ran.append)

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.text(alphabet="abn1_.[](){}'\"+-*/<>=!,?: \nnotandorinP%~^@", max_size=24))
    def try_one(text):
        files = PLACES[place](text)
        if linter.check(files):
            return
        sources = parsing.read_sources(files)
        with suppress(Refusal):
            runtime.start(parsing.parse(sources, "main"), silent_engine(), DATA)

    try_one()
    assert ran == []
