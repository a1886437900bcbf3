"""Opinions that the authority keeps as templates: approvers add and drop them, officers take them.

A template is a beginning: what an officer submits is what stands in his box, and is his.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.case import texts
from casework.office import Office
from casework.tasks import officer_results
from engine.actors import Actor
from engine.errors import NotYourTask
from professions.tasks import Task
from refusals.refusal import NotFound, Refusal
from registry.authority import opinion_templates
from registry.people.officers import OfficerRole
from registry.trail import audit
from storage.database import in_turn, writing

STEPS = {
    Task.FORMAL_CHECK: "受理",
    Task.REVIEW: "审查",
    Task.SECOND_REVIEW: "复审",
    Task.DECIDE: "决定",
}
MOST = 50  #: offered at one step
LONGEST_TITLE = 20


class TemplateTitleWrong(Refusal):
    """模板名称为1至20个字，请修改后再保存。"""

    code = "E_TEMPLATE_TITLE"


class TemplateStepWrong(Refusal):
    """请从列表中选择模板用于哪个环节。"""

    code = "E_TEMPLATE_STEP"


class TooManyTemplates(Refusal):
    """每个环节最多保存50个模板，请先停用不用的。"""

    code = "E_TOO_MANY_TEMPLATES"


def add(office: Office, step: str, title: str, text: str, *, actor: Actor) -> None:
    """Offer a text at a step, once. Raises the refusals above, `ReasonRequired`, `NotYourTask`."""
    _insist_on_approver(actor)
    if step not in STEPS:
        raise TemplateStepWrong("step")
    if not 1 <= len(title.strip()) <= LONGEST_TITLE:
        raise TemplateTitleWrong("title")
    [named] = texts.said(office, [title], field="title")
    [said] = officer_results.reasons(office, [text], "text")
    with writing(office.sessions) as session:
        in_turn(session, "opinion templates")
        offered = opinion_templates.offered(session, step)
        if any((kept.title, kept.text) == (named, said) for kept in offered):
            return  # the second press of one button
        if len(offered) >= MOST:
            raise TooManyTemplates("title")
        template = opinion_templates.OpinionTemplate(
            step=step, title=named, text=said, added_by=actor.id, added_at=office.now()
        )
        session.add(template)
        session.flush()
        _note(session, office, "opinion_template.add", template, actor)


def drop(office: Office, template_id: str, *, actor: Actor) -> None:
    """Offer a text no more; dropped already is done. Raises `NotFound`, `NotYourTask`."""
    _insist_on_approver(actor)
    with writing(office.sessions) as session:
        template = opinion_templates.get(session, template_id)
        if template is None:
            raise NotFound
        if template.dropped_at is None:
            template.dropped_by, template.dropped_at = actor.id, office.now()
            _note(session, office, "opinion_template.drop", template, actor)


def _insist_on_approver(actor: Actor) -> None:
    if not actor.has_role(OfficerRole.APPROVER):
        raise NotYourTask


def _note(
    session: Session,
    office: Office,
    action: str,
    template: opinion_templates.OpinionTemplate,
    actor: Actor,
) -> None:
    audit.record(
        session,
        action,
        actor=actor.id,
        subject=f"opinion_template:{template.id}",
        at=office.now(),
        facts={"step": template.step},
    )
