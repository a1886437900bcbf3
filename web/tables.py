"""Every table of an installation: importing this module makes `metadata` complete."""

from __future__ import annotations

from adapters import (
    certificate_store,
    enterprise_qualifications,
    faults,
    qualification_register,
    sms,
)
from engine import tables as engine_tables
from engine.casework import tables as casework_tables
from registry import tables as registry_tables
from registry.database import Base
from web import guards, portal, sessions

MODULES = (
    registry_tables,
    engine_tables,
    casework_tables,
    sms,
    certificate_store,
    enterprise_qualifications,
    faults,
    qualification_register,
    sessions,
    guards,
    portal,
)
metadata = Base.metadata
