"""A change to a JSON file leaves every other byte as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.studio.editing import json_edits

FORMS = sorted((Path(__file__).parents[4] / "bpmn").glob("*/forms/*.json"))
TEXT = '{\n  "a": {"x": 1, "y": [1, 2]},\n  "b": "，\\"",\n  "c": []\n}\n'


def test_a_value_is_replaced_where_it_stands() -> None:
    assert json_edits.replace(TEXT, ("a", "y", 1), 5) == TEXT.replace("[1, 2]", "[1, 5]")
    assert json_edits.put(TEXT, ("b",), "新") == TEXT.replace('"，\\""', '"新"')


def test_what_is_new_stands_as_its_neighbours_do() -> None:
    """On a line of its own where they have one, else in their line."""
    assert json_edits.put(TEXT, ("d",), True) == TEXT.replace('"c": []', '"c": [],\n  "d": true')
    assert json_edits.put(TEXT, ("a", "z"), None) == TEXT.replace("2]}", '2], "z": null}')
    assert json_edits.append(TEXT, ("c",), 1) == TEXT.replace("[]", "[1]")


def test_what_is_taken_out_leaves_no_comma() -> None:
    assert json_edits.remove(TEXT, ("a", "x")) == TEXT.replace('"x": 1, ', "")
    assert json_edits.remove(TEXT, ("a", "y")) == TEXT.replace(', "y": [1, 2]', "")
    assert json_edits.remove(TEXT, ("c",)) == TEXT.replace(',\n  "c": []', "")
    assert json_edits.remove(TEXT, ("none", "x")) == TEXT


def test_what_is_no_json_or_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        json_edits.put("{", ("a",), 1)
    with pytest.raises(KeyError):
        json_edits.replace(TEXT, ("none",), 1)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    whole=st.dictionaries(st.text(max_size=3), _VALUES, min_size=1, max_size=4),
    value=_VALUES,
    indent=st.sampled_from([None, 2, 4]),
    data=st.data(),
)
def test_the_text_says_what_the_change_says(
    whole: dict[str, object], value: object, indent: int | None, data: st.DataObject
) -> None:
    """Whatever the file holds and however it is laid out, it reads as if the value were set."""
    text = json.dumps(whole, ensure_ascii=data.draw(st.booleans()), indent=indent)
    name = data.draw(st.sampled_from(sorted(whole)) | st.text(max_size=3))

    assert json.loads(json_edits.put(text, (name,), value)) == {**whole, name: value}
    rest = {key: kept for key, kept in whole.items() if key != name}
    assert json.loads(json_edits.remove(text, (name,))) == rest


def test_shipped_forms_come_back_byte_for_byte() -> None:
    """Each member of each shipped form, replaced by itself, changes nothing but its own layout."""
    assert FORMS
    for path in FORMS:
        text = path.read_text("utf-8")
        for name, value in json.loads(text).items():
            if isinstance(value, str):
                assert json_edits.put(text, (name,), value) == text
            gone = json_edits.remove(text, (name,))
            assert set(json.loads(text)) - set(json.loads(gone)) == {name}
