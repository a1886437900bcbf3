"""Every table of the register: importing this module makes `Base.metadata` complete."""

from __future__ import annotations

from registry import numbering
from registry.applications import (
    applications,
    attachments,
    case_messages,
    correction_answers,
    decisions,
    documents,
    ofd_files,
    statements,
    timeline,
)
from registry.authority import (
    bans,
    ex_officio,
    identities,
    opinion_templates,
    reopenings,
    reports,
)
from registry.certificates import certificates, copies, qualifications, registrations
from registry.clients import clients, requests, webhooks
from registry.enterprises import enterprises, rename_items, renames, seal_batches
from registry.law import calendars, parameters
from registry.packages import drafts, publications, scenarios
from registry.people import (
    data_exports,
    languages,
    message_choices,
    officers,
    persons,
    second_factors,
)
from registry.trail import (
    audit,
    day_counts,
    factor_requests,
    key_requests,
    notices,
    post_requests,
    skips,
    version_corrections,
)
from storage.database import Base

MODULES = (
    applications,
    attachments,
    audit,
    bans,
    calendars,
    case_messages,
    certificates,
    clients,
    copies,
    correction_answers,
    data_exports,
    day_counts,
    decisions,
    documents,
    drafts,
    enterprises,
    ex_officio,
    factor_requests,
    identities,
    key_requests,
    languages,
    message_choices,
    notices,
    numbering,
    officers,
    ofd_files,
    opinion_templates,
    parameters,
    persons,
    post_requests,
    publications,
    qualifications,
    registrations,
    rename_items,
    renames,
    reopenings,
    reports,
    requests,
    scenarios,
    seal_batches,
    second_factors,
    skips,
    statements,
    timeline,
    version_corrections,
    webhooks,
)
metadata = Base.metadata
