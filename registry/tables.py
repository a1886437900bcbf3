"""Every table of the register: importing this module makes `Base.metadata` complete."""

from __future__ import annotations

from registry import (
    applications,
    attachments,
    audit,
    bans,
    calendars,
    certificates,
    copies,
    decisions,
    documents,
    enterprises,
    ex_officio,
    identities,
    notices,
    numbering,
    officers,
    parameters,
    persons,
    qualifications,
    registrations,
    rename_items,
    renames,
    reports,
    statements,
    timeline,
)
from registry.database import Base

MODULES = (
    applications,
    attachments,
    audit,
    bans,
    calendars,
    certificates,
    copies,
    decisions,
    documents,
    enterprises,
    ex_officio,
    identities,
    notices,
    numbering,
    officers,
    parameters,
    persons,
    qualifications,
    registrations,
    rename_items,
    renames,
    reports,
    statements,
    timeline,
)
metadata = Base.metadata
