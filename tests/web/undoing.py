"""Every act of every page: does it ask once more, or how is it undone? One table.

The manual knows no act that is done by a slip: what cannot be undone is asked once more, on a page
that says what it ends. Endpoint, or a pattern of some → its row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Asks:
    """The first press is answered with a page that asks, and has changed nothing."""

    only: str = ""  #: which of its buttons, by a part of the name; the others are undone by `by`
    by: str = ""


@dataclass(frozen=True)
class OwnPage:
    """Stands only on a page of its own, which says what it ends: that is the asking."""

    page: str  #: its endpoint


@dataclass(frozen=True)
class Undone:
    """Is undone, or done again otherwise, by another act."""

    by: str  #: endpoints, apart by blanks


@dataclass(frozen=True)
class Second:
    """Only asks another person, who is asked once more or can be undone."""

    confirmed: str  #: endpoint


@dataclass(frozen=True)
class Harmless:
    """Changes nothing that anybody could want back."""

    why: str


Row = Asks | OwnPage | Undone | Second | Harmless
_VERSION = "studio_files.restore"  #: every save of a draft stays in its history

UNDOING: Mapping[str, Row] = {
    # applicants and enterprises: a case
    r"applicant\.withdraw": OwnPage("applicant.ask_to_withdraw"),
    r"roster\.withdraw": OwnPage("roster.ask_to_withdraw"),
    r"applicant\.(start|resubmit|go_on_as_initial)": Undone("applicant.withdraw"),
    r"contested\.submit|exchange\.submit|signing_steps\.confirm": Undone("applicant.withdraw"),
    r"application_form\.(submit|keep|group|verify)": Undone("application_form.submit"),
    r"roster\.start": Undone("roster.withdraw"),
    r"roster\.(submit|keep|group)": Undone("roster.submit"),
    r"roster\.put_seal": Undone("roster.withdraw"),
    r"enterprise\.answer": Undone("applicant.resubmit enterprise.answer applicant.withdraw"),
    r"enterprise\.put_seal": OwnPage("enterprise.seal"),
    r"enterprise_seals\.compose": Undone("enterprise_seals.stop"),
    r"enterprise_seals\.confirm": OwnPage("enterprise_seals.batch"),
    r"enterprise_seals\.stop": Undone("enterprise_seals.compose"),
    r"enterprise_rename\.(compute|cancel|retry)": Undone("enterprise_rename.compute"),
    r"enterprise_rename\.confirm": OwnPage("enterprise_rename.batch"),
    r"(contested|enterprise)\.give_answer|hearings\.say": Asks(),
    r"certificates\.claim": OwnPage("certificates.ask"),
    r"certificates\.report|change\.report|case_messages\.write": Undone("case_messages.write"),
    r"certificate_copies\.ask": OwnPage("certificate_copies.shown"),
    # their keys, posts, data
    r"digital_certificate\.revoke": OwnPage("digital_certificate.ask_to_revoke"),
    r"digital_certificate\.(apply|renew)": Undone("digital_certificate.revoke"),
    r"digital_certificate\.change_pin": Undone("digital_certificate.change_pin"),
    r"enterprise_operators\.(appoint|withdraw)": Undone(
        "enterprise_operators.withdraw enterprise_operators.appoint"
    ),
    r"enterprise_operators\.(change|require_second_factor)": Undone(
        "enterprise_operators.change enterprise_operators.require_second_factor"
    ),
    r"enterprise_operators\.reset_factors": Asks(),
    r"own_data\.close": OwnPage("own_data.ask_to_close"),
    r"own_data\.consent": Asks(only="withdraw", by="own_data.consent"),
    r"own_data\.(export|delete)": Undone("own_data.delete own_data.export"),
    r"channels\.(choose|email)": Undone("channels.choose channels.email"),
    r"second_factor\.(codes|remove)": Asks(),
    r"second_factor\.enrol_(authenticator|passkey)": Undone("second_factor.remove"),
    r"kept_forms\.forget": OwnPage("kept_forms.give"),
    # officers
    r"agency\.act": Asks(only="formal_check decide extend confirm_ examine", by="agency.act"),
    r"agency\.claim": Undone("agency.act held.take_back"),
    r"held\.(take_back|hand_over)": Undone("agency.claim"),
    r"case_files\.withdraw": Asks(),
    r"acts\.open_(act|correction)|reopenings\.open_reopening": Second("agency.act"),
    r"people\.(impose|lift)": Undone("people.lift people.impose"),
    r"opinion_templates\.add": Undone("opinion_templates.drop"),
    r"opinion_templates\.drop": Asks(),
    r"holidays\.load": Undone("holidays.load"),
    # operators
    r"posts\.ask": Second("posts.settle"),
    r"posts\.settle": Undone("posts.dismiss posts.ask"),
    r"posts\.dismiss": OwnPage("posts.dismissing"),
    r"factor_resets\.ask": Second("factor_resets.settle"),
    r"factor_resets\.settle": Asks(only="confirm", by="factor_resets.ask"),
    r"key_holders\.ask": Second("key_holders.settle"),
    r"key_holders\.settle": Asks(only="confirm", by="key_holders.ask"),
    r"operations\.settle": Asks(only="confirm", by="operations.settle"),
    r"outside_systems\.switch": Undone("outside_systems.switch"),
    r"versions\.ask|studio_migrations\.ask": Second("versions.settle"),
    r"versions\.settle": Undone("versions.settle"),  # its button 撤回更正
    # programs
    r"programs\.(void|end)": OwnPage("programs.ask_to_void programs.ask_to_end"),
    r"programs\.give_secret": OwnPage("programs.ask_for_secret"),
    r"programs\.add": Undone("programs.end"),
    r"program_webhooks\.remove": OwnPage("program_webhooks.ask_to_remove"),
    r"program_webhooks\.add": Undone("program_webhooks.remove"),
    r"program_webhooks\.(pause|resume)": Undone("program_webhooks.resume program_webhooks.pause"),
    r"program_webhooks\.again": Harmless("whoever takes a message twice knows it by its id"),
    # analysts
    r"studio_drafts\.delete": Asks(),
    r"studio_(drafts\.(begin|load)|new_types\.begin)": Undone("studio_drafts.delete"),
    r"studio_(drafts\.(add|merge)|files\.(save|remove|restore)|\w+_editor\.save)": Undone(_VERSION),
    r"studio_new_steps\.\w+|studio_coverage\.notice": Undone(_VERSION),
    r"studio_plays\.act": Asks(only="delete", by="studio_plays.act"),  # its button goes back
    r"studio_plays\.begin": Undone("studio_plays.act"),
    r"studio_publications\.ask": Second("studio_publications.settle"),
    r"studio_publications\.settle": Asks(only="confirm", by="studio_publications.ask"),
    r"studio_publications\.(stop|lift)": Undone(
        "studio_publications.lift studio_publications.stop"
    ),
    r"studio_drafts\.try_|studio_migrations\.try_|studio_files\.check": Harmless("only tries"),
    # of whoever looks
    r"saved_views\.(save|forget)": Undone("saved_views.forget saved_views.save"),
    r"applicant\.get_ready|signing_steps\.(begin|resend)": Harmless("leads on to what asks"),
    r"notices\.read|roster\.invite": Harmless("what was told is read, or told once more"),
    r"people\.(search|number)|key_holders\.search|list_check\.check": Harmless("only looks"),
    r"verification\.by_form|pki\.\w+|portal\.\w+": Harmless("only answers"),
    r"second_factor\.prove(_by_passkey)?|sessions\.\w+": Harmless("sign in again"),
    r"sign_in\.\w+|sign_up\.register": Harmless("sign in again; an account is closed by its owner"),
    r"api\..+": Harmless("the program asks its own people; each act has its key"),
}


def row_of(endpoint: str) -> Row | None:
    """Give the row of an endpoint; the first that fits."""
    fits = (row for words, row in UNDOING.items() if re.fullmatch(words, endpoint))
    return next(fits, None)


def undone_by(row: Row | None) -> list[str]:
    """Give the acts that a row says undo it."""
    match row:
        case Asks(by=by) | Undone(by=by) | Second(confirmed=by):
            return by.split()
    return []
