"""Diagrams and tables mean the same after an analyst's editor has read and written them.

bpmn-js and dmn-js read and write through bpmn-moddle and dmn-moddle; what these drop, or write
otherwise, an analyst would lose with the first save. They come with the assets (`make assets`).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from engine.language.decisions import Table
from engine.language.dmn import read_tables
from engine.language.xml import read_xml

ROOT = Path(__file__).parents[3]
ASSETS = ROOT / "web/assets"
FILES = sorted(path for path in (ROOT / "bpmn").rglob("*.*mn") if path.suffix in (".bpmn", ".dmn"))
SCRIPT = """
import { BpmnModdle } from 'bpmn-moddle';
import { DmnModdle } from 'dmn-moddle';
import { readFileSync } from 'node:fs';
const readers = { bpmn: new BpmnModdle(), dmn: new DmnModdle() };
const said = {};
for (const path of JSON.parse(readFileSync(0, 'utf8'))) {
  const reader = readers[path.split('.').pop()];
  const { rootElement, warnings } = await reader.fromXML(readFileSync(path, 'utf8'));
  const { xml } = await reader.toXML(rootElement, { format: true });
  said[path] = { xml, warnings: warnings.map(warning => warning.message) };
}
console.log(JSON.stringify(said));
"""
pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (ASSETS / "node_modules/dmn-moddle").is_dir(),
    reason="the editors' readers come with `make assets`",
)


@cache
def written() -> Mapping[str, Mapping[str, object]]:
    """Let the editors read and write all files at once."""
    said = subprocess.run(
        ["node", "--input-type=module", "-e", SCRIPT],
        cwd=ASSETS,
        input=json.dumps([str(path) for path in FILES]),
        capture_output=True,
        text=True,
        check=True,
    )
    result: Mapping[str, Mapping[str, object]] = json.loads(said.stdout)
    return result


def elements(root: etree._Element) -> Counter[object]:
    """Count what a diagram holds beside its drawing: each element with place and attributes."""
    found: Counter[object] = Counter()
    for process in root:
        if "/DI" in str(process.tag):
            continue
        for element in process.iter(etree.Element):
            around = tuple(str(node.tag) for node in element.iterancestors())
            names = tuple(sorted(element.attrib.items()))
            found[element.tag, around, names, (element.text or "").strip()] += 1
    return found


def order(root: etree._Element) -> list[str]:
    return [flow.get("id") or "" for flow in root.iter("{*}sequenceFlow")]


def meaning(table: Table) -> object:
    rules = [(rule.cells, rule.outputs) for rule in table.rules]
    columns = [(column.heading, column.type, column.named) for column in (*table.read, *table.said)]
    inputs = [expression.source for expression in table.inputs]
    return table.id, table.policy, table.aggregation, inputs, table.outputs, columns, rules


@pytest.mark.proves("F:calendar-3")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_saved_file_is_the_same_to_the_engine(path: Path) -> None:
    """Nothing is dropped, moved to another branch, or read with a warning."""
    said = written()[str(path)]
    before, after = read_xml(path.read_bytes()), read_xml(str(said["xml"]).encode())

    assert said["warnings"] == []
    if path.suffix == ".dmn":
        assert list(map(meaning, read_tables(after))) == list(map(meaning, read_tables(before)))
    else:
        assert elements(after) == elements(before)
        assert order(after) == order(before)
