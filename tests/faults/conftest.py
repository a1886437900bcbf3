"""The office and the town around it, on both databases."""

from tests.databases import database_url, engine, sessions
from tests.offices import (
    founded_keys,
    hand_clock,
    office,
    policy,
    signatures,
    town,
    world,
)

__all__ = [
    "database_url",
    "engine",
    "founded_keys",
    "hand_clock",
    "office",
    "policy",
    "sessions",
    "signatures",
    "town",
    "world",
]
