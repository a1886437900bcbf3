"""Small diagrams written in one line, for tests that need a particular fault or shape."""

from __future__ import annotations

from itertools import pairwise

from engine.actors import Actor, officer, operator, person

NAMES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
USCC = "91310000132210393W"
ZHANG: Actor = person("zhang")
CLERK: Actor = operator("clerk", USCC)
LI: Actor = officer("li", "acceptor", "reviewer", "approver")
WANG: Actor = officer("wang", "acceptor", "reviewer", "approver")
DATA = {"application_id": "a1", "person_id": "zhang", "uscc": USCC, "matter": "初始注册"}


def process(body: str, outside: str = "", key: str = "main") -> bytes:
    """Wrap `body` in a process."""
    return (
        f'<definitions {NAMES} id="d" targetNamespace="http://zhuce.test">{outside}'
        f'<process id="{key}" isExecutable="true">{body}</process></definitions>'
    ).encode()


def flow(source: str, target: str, condition: str = "") -> str:
    """Draw a line."""
    inside = (
        f'<conditionExpression xsi:type="tFormalExpression"><![CDATA[{condition}]]>'
        "</conditionExpression>"
        if condition
        else ""
    )
    ends = f'sourceRef="{source}" targetRef="{target}"'
    return f'<sequenceFlow id="{source}_{target}" {ends}>{inside}</sequenceFlow>'


def line(*nodes: str) -> str:
    """Draw lines from each node to the next."""
    return "".join(flow(a, b) for a, b in pairwise(nodes))


def extensions(inside: str) -> str:
    """Wrap extension elements."""
    return f"<extensionElements>{inside}</extensionElements>" if inside else ""


def properties(**values: str) -> str:
    """Write the properties of a node."""
    items = "".join(
        f'<spiffworkflow:property name="{name}" value="{value}"/>' for name, value in values.items()
    )
    return f"<spiffworkflow:properties>{items}</spiffworkflow:properties>"


def start(key: str = "begin") -> str:
    """Draw a start event."""
    return f'<startEvent id="{key}"/>'


def end(key: str = "finish", inside: str = "", **values: str) -> str:
    """Draw an end event."""
    about = extensions(properties(**values)) if values else ""
    return f'<endEvent id="{key}">{about}{inside}</endEvent>'


def user(key: str, actorRole: str = "applicant", extra: str = "", **values: str) -> str:  # noqa: N803 - the property's name
    """Draw a user task."""
    inside = extensions(properties(actorRole=actorRole, **values) + extra)
    return f'<userTask id="{key}" name="{key}">{inside}</userTask>'


def service(key: str, operation: str, result: str = "", **parameters: str) -> str:
    """Draw a service task."""
    items = "".join(
        f'<spiffworkflow:parameter id="{name}" type="str" value="{value}"/>'
        for name, value in parameters.items()
    )
    variable = f' resultVariable="{result}"' if result else ""
    inside = (
        f'<spiffworkflow:serviceTaskOperator id="{operation}"{variable}>'
        f"<spiffworkflow:parameters>{items}</spiffworkflow:parameters>"
        "</spiffworkflow:serviceTaskOperator>"
    )
    return f'<serviceTask id="{key}" name="{key}">{extensions(inside)}</serviceTask>'


def rule(key: str, decision: str) -> str:
    """Draw a business rule task."""
    inside = f"<spiffworkflow:calledDecisionId>{decision}</spiffworkflow:calledDecisionId>"
    return f'<businessRuleTask id="{key}">{extensions(inside)}</businessRuleTask>'


def gateway(key: str, default: str = "") -> str:
    """Draw an exclusive gateway whose default leads to `default`."""
    chosen = f' default="{key}_{default}"' if default else ""
    return f'<exclusiveGateway id="{key}"{chosen}/>'


def boundary(key: str, on: str, definition: str, interrupts: bool = True) -> str:
    """Draw a boundary event."""
    cancel = "true" if interrupts else "false"
    return (
        f'<boundaryEvent id="{key}" attachedToRef="{on}" cancelActivity="{cancel}">{definition}'
        "</boundaryEvent>"
    )


def timer(value: str, kind: str = "timeDuration") -> str:
    """Write a timer definition."""
    return (
        f'<timerEventDefinition><{kind} xsi:type="tFormalExpression"><![CDATA[{value}]]></{kind}>'
        "</timerEventDefinition>"
    )


def error(reference: str = "") -> str:
    """Write an error definition."""
    return (
        f'<errorEventDefinition errorRef="{reference}"/>'
        if reference
        else "<errorEventDefinition/>"
    )


def message(reference: str) -> str:
    """Write a message definition."""
    return f'<messageEventDefinition messageRef="{reference}"/>'


def subprocess(key: str, body: str) -> str:
    """Draw an embedded subprocess."""
    return f'<subProcess id="{key}">{body}</subProcess>'
