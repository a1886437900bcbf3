"""The words of the vocabulary are those that the house really says and knows."""

from __future__ import annotations

from pathlib import Path

from casework.case import reasons
from casework.notice.notice_texts import KINDS
from casework.rename import batches
from professions import vocabulary
from registry.applications.statuses import END
from registry.certificates.registrations import RegistrationStatus
from registry.enterprises.enterprises import EnterpriseStatus
from registry.people.officers import OfficerRole
from web.settings import AcceptanceMode


def words(name: str) -> frozenset[str]:
    return vocabulary.kind(name).words


def test_each_word_is_one_that_the_house_knows() -> None:
    """A list that stands in two places says the same in both."""
    assert words("notice") == {kind.partition("/")[0] for kind in KINDS}
    assert words("acceptance_mode") == {*AcceptanceMode}
    assert words("registered") == {"NONE", *RegistrationStatus}
    assert words("enterprise_state") == {"UNKNOWN", *EnterpriseStatus}
    assert words("ending") == END
    assert words("officer_role") <= {*OfficerRole}


def test_each_reason_has_a_text() -> None:
    """A code without a text would be read by the person as it stands."""
    told = words("menu_reason") | words("seal_reason") | words("code_result")
    assert told | words("certificate_result") <= {"OK", *reasons.TEXTS}
    assert words("rename_reason") == batches.TEXTS.keys()


def test_each_kind_of_the_vocabulary_is_known() -> None:
    """A shape that names no list would be found only when its table is checked."""
    assert vocabulary.SHAPES.keys() >= {"menu_availability", "deadline"}
    assert all(shape.outputs for shape in vocabulary.SHAPES.values())
    assert all(shape.optional <= shape.outputs.keys() for shape in vocabulary.SHAPES.values())


def test_places_that_texts_name_are_on_pages() -> None:
    """A guide sends people to what they find: each list and button stands in a template."""
    folder = Path(__file__).parents[2] / "web"
    pages = "".join(path.read_text("utf-8") for path in folder.glob("templates/**/*.html"))

    assert [name for name in vocabulary.PLACES if name not in pages] == []
