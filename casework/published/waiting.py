"""How many cases wait where on a version: some minutes old where they are very many."""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.office import Office
from casework.tallies import Tally
from engine import queries


def at_nodes(
    office: Office, session: Session, version: str, process: str | None = None
) -> Tally[dict[str, int]]:
    """Count the running cases at each node, as `engine.queries.waiting_by_node`."""
    return office.tallies.of(
        ("waiting", version, process),
        lambda: queries.waiting_by_node(session, version, process),
        lambda counts: sum(counts.values()),
        office.now(),
    )
