"""The operations that the check knows are those that cases run."""

from __future__ import annotations

from casework import opening
from engine import operations
from professions.operations import DECLARED


def test_what_is_declared_is_what_is_registered() -> None:
    """A folder is checked without an office: names and parameters stand in one list."""
    assert opening.OPERATIONS
    assert operations.known.declared().schemas == DECLARED.schemas
