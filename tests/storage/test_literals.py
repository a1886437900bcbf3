"""Constants in the text of a statement are words of the house, never what somebody typed."""

from __future__ import annotations

import pytest
from sqlalchemy import column, select

from storage.literals import ONE, literal, literals


def test_constants_stand_in_the_text() -> None:
    """Nothing is bound, so that SQLite need not prepare the statement again."""
    query = select(column("id")).where(column("status").in_(literals(["OPEN", "DONE"]))).limit(ONE)

    compiled = query.compile()

    assert "IN ('OPEN', 'DONE')" in str(compiled)
    assert "LIMIT 1" in str(compiled)
    assert compiled.params == {}


@pytest.mark.parametrize("typed", ["", "a b", "x'; --", "员", "A\n", "role:%"])
def test_what_is_no_word_is_refused(typed: str) -> None:
    """A quote, a space, another alphabet: it could be somebody's."""
    with pytest.raises(ValueError, match="not a word"):
        literal(typed)
