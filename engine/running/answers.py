"""What decision tables said about cases, kept so that each answer can be asked again.

An answer of a diagram is written with the action that the diagram goes on with; one that an act
asks for, and refuses by, is written by the act.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from engine.definitions import Definition
from engine.language.decisions import Answer
from engine.tables import TableAnswer, core
from storage.database import new_id

_ADD = insert(core(TableAnswer))


def row(
    business_key: str, definition: str, answer: Answer, *, at: datetime, node: str | None = None
) -> dict[str, Any]:
    """Return the row of an answer about a case."""
    return {
        "id": new_id(),
        "business_key": business_key,
        "definition": definition,
        "decision": answer.table,
        "node": node,
        "inputs": list(answer.inputs),
        "rows": list(answer.rows),
        "value": answer.value,
        "at": at,
    }


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write answers in the transaction of what follows from them."""
    session.connection().execute(_ADD, rows)


def of(session: Session, business_key: str) -> list[TableAnswer]:
    """Return what tables said about a case, oldest first."""
    return list(session.scalars(_OF, {"b_key": business_key}))


_OF = (
    select(TableAnswer)
    .where(TableAnswer.business_key == bindparam("b_key"))
    .order_by(TableAnswer.id)
)


def holds(stored: TableAnswer, definition: Definition) -> bool:
    """Tell whether the table of its version gives the same answer by the same rows again."""
    again = definition.table(stored.decision).answer(stored.inputs)
    return (list(again.rows), again.value) == (stored.rows, stored.value)
