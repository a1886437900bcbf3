"""Every table of an installation: importing this module makes `metadata` complete."""

from __future__ import annotations

from adapters import (
    certificate_store,
    enterprise_qualifications,
    faults,
    qualification_register,
    sms,
)
from casework import tables as casework_tables
from engine import tables as engine_tables
from registry import tables as registry_tables
from storage.database import Base
from web.lists import saved
from web.sign_in import portal
from web.visitors import rate_limits, sessions, witness

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
    rate_limits,
    witness,
    saved,
    portal,
)
metadata = Base.metadata
