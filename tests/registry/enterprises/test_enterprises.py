from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session, sessionmaker

from refusals.refusal import NotFound, Refusal
from registry.enterprises import enterprises
from registry.enterprises.enterprises import Enterprise, EnterpriseStatus, fold_name
from registry.errors import (
    EnterpriseAmbiguous,
    EnterpriseInactive,
    EnterpriseNotFound,
    EnterpriseNotQualified,
    EnterpriseRenamed,
    NotAnOperator,
    UsccInvalid,
)
from registry.people import officers
from registry.people.officers import OfficerRole
from registry.ports import EnterpriseFacts
from storage.database import new_id, writing
from tests.registry.conftest import NOW, USCC, enterprise_facts

Sessions = sessionmaker[Session]
NAME = "上海示例结构设计（虚构04）有限公司"


class Register:
    """Answers with what the test put in."""

    def __init__(self, *facts: EnterpriseFacts) -> None:
        self.facts = facts

    def by_name(self, name: str) -> Sequence[EnterpriseFacts]:
        folded = fold_name(name)
        return [
            fact
            for fact in self.facts
            if folded in {fold_name(fact.name), *map(fold_name, fact.former_names)}
        ]

    def by_uscc(self, uscc: str) -> EnterpriseFacts | None:
        return next((fact for fact in self.facts if fact.uscc == uscc), None)


def test_the_name_gives_the_code() -> None:
    """R23–R24: the code is filled in, not typed."""
    verified = enterprises.verify(Register(enterprise_facts()), NAME)

    assert verified.facts.uscc == USCC
    assert not verified.corrected


@pytest.mark.parametrize(
    "typed",
    [
        "上海示例结构设计(虚构04)有限公司",
        " 上海示例结构设计（虚构04） 有限公司　",
        "上海示例结构设计（虚构０４）有限公司",
        "上海示例结构设计〔虚构04〕有限公司",
        "上海示例结构设计【虚构04】有限公司",
    ],
)
def test_brackets_width_and_blanks_do_not_matter(typed: str) -> None:
    """I2: found, and the person is told that the name was corrected."""
    verified = enterprises.verify(Register(enterprise_facts()), typed)

    assert verified.facts.name == NAME
    assert verified.corrected


@pytest.mark.parametrize(
    ("register", "refusal"),
    [
        (Register(), EnterpriseNotFound),
        (
            Register(enterprise_facts(), enterprise_facts(uscc="91310100MADE000137")),
            EnterpriseAmbiguous,
        ),
        (Register(enterprise_facts(name="新名称", former_names=(NAME,))), EnterpriseRenamed),
        (Register(enterprise_facts(status="LICENCE_REVOKED")), EnterpriseInactive),
        (Register(enterprise_facts(design_qualifications=())), EnterpriseNotQualified),
    ],
)
@pytest.mark.proves("I2")
def test_each_trouble_has_its_own_message(register: Register, refusal: type[Refusal]) -> None:
    """I2: not found, several, renamed, inactive, unqualified: distinct texts with the name."""
    with pytest.raises(refusal) as refused:
        enterprises.verify(register, NAME)

    assert type(refused.value) is refusal
    assert NAME in str(refused.value)
    assert refused.value.field == "enterprise_name"


def test_a_renamed_enterprise_is_told_by_its_new_name() -> None:
    """I2: the remedy names the present name."""
    register = Register(enterprise_facts(name="上海样本设计有限公司", former_names=(NAME,)))

    with pytest.raises(EnterpriseRenamed, match="上海样本设计有限公司"):
        enterprises.verify(register, NAME)


@pytest.mark.parametrize("typed", ["", "   ", "　"])
def test_no_name_finds_nothing(typed: str) -> None:
    """An empty field is not every enterprise."""
    with pytest.raises(EnterpriseNotFound):
        enterprises.verify(Register(enterprise_facts(name="")), typed)


@settings(max_examples=1000)
@given(st.text(max_size=40))
def test_folding_is_stable(name: str) -> None:
    """I2: folding what is folded changes nothing."""
    assert fold_name(fold_name(name)) == fold_name(name)


def test_a_new_name_keeps_the_old_one(sessions: Sessions, enterprise: Enterprise) -> None:
    """The code stays, the name changes, the history tells."""
    later = NOW + timedelta(days=1)
    with writing(sessions) as session:
        renamed = enterprise_facts(name="上海样本设计有限公司")
        enterprises.record(session, renamed, at=later)
        enterprises.record(session, renamed, at=later)

    with sessions() as session:
        assert enterprises.get(session, USCC).name == "上海样本设计有限公司"
        (former,) = enterprises.former_names(session, USCC)
    assert (former.name, former.until) == (NAME, later)


def test_a_wrong_code_is_not_recorded(sessions: Sessions) -> None:
    """What has not the shape of a credit code is none, whoever says it."""
    with writing(sessions) as session, pytest.raises(UsccInvalid):
        enterprises.record(session, enterprise_facts(uscc="91310100MADE00004I"), at=NOW)


def test_a_design_qualification_runs_out(sessions: Sessions, enterprise: Enterprise) -> None:
    """Checked again at the seal, on that day."""
    assert enterprises.is_qualified(enterprise, on=date(2030, 1, 1))
    assert not enterprises.is_qualified(enterprise, on=date(2030, 1, 2))
    assert all(status.label for status in EnterpriseStatus)


def test_operators_act_for_their_enterprise_only(
    sessions: Sessions, enterprise: Enterprise
) -> None:
    """Several keys are normal; a stranger's key opens nothing."""
    with writing(sessions) as session:
        first = enterprises.enrol_operator(session, USCC, subject="key-1", name="温样本", at=NOW)
        enterprises.enrol_operator(session, USCC, subject="key-2", name="柏测试", at=NOW)
        again = enterprises.enrol_operator(session, USCC, subject="key-1", name="温样本", at=NOW)
        assert again.id == first.id

    with sessions() as session:
        assert enterprises.operator_of(session, USCC, "key-1").name == "温样本"
        assert len(enterprises.operators(session, USCC)) == 2
        with pytest.raises(NotAnOperator):
            enterprises.operator_of(session, "91310100MADE000137", "key-1")
        with pytest.raises(EnterpriseNotFound):
            enterprises.get(session, "91310100MADE000137")


def test_a_dismissed_operator_is_one_no_more(sessions: Sessions, enterprise: Enterprise) -> None:
    """The key still exists, the right does not."""
    with writing(sessions) as session:
        operator = enterprises.enrol_operator(session, USCC, subject="key-1", name="x", at=NOW)
        operator.active = False

    with sessions() as session, pytest.raises(NotAnOperator):
        enterprises.operator_of(session, USCC, "key-1")


def test_officers_have_roles(sessions: Sessions) -> None:
    """Who accepts, reviews and approves; appointing again changes, never doubles."""
    with writing(sessions) as session:
        officer = officers.appoint(
            session,
            "shouli",
            name="简演示",
            roles=[OfficerRole.REVIEWER, OfficerRole.ACCEPTOR],
            at=NOW,
        )
        officers.appoint(session, "shouli", name="简演示", roles=[OfficerRole.ACCEPTOR], at=NOW)

    with sessions() as session:
        assert officers.get(session, officer.id).roles == ["acceptor"]
        assert officers.by_login(session, "nobody") is None
        assert [listed.login for listed in officers.everyone(session)] == ["shouli"]
        with pytest.raises(NotFound):
            officers.get(session, new_id())
    assert [role.label for role in OfficerRole] == [
        "受理",
        "审查",
        "决定",
        "运行维护",
        "流程分析",
        "流程发布",
    ]
