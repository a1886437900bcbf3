"""Diagrams and tables mean the same after an analyst has opened and saved them in the modeler.

bpmn-js and dmn-js run as an analyst's editor runs them, in Chromium: they draw what they read,
and write what they drew. `tests/engine/language/test_moddle.py` asks their readers alone.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from engine.language.dmn import read_tables
from engine.language.xml import read_xml
from tests.engine.language.test_moddle import ASSETS, FILES, elements, meaning, order

ESBUILD = ASSETS / "node_modules/.bin/esbuild"
SOURCE = """
import BpmnModeler from 'bpmn-js/lib/Modeler';
import DmnModeler from 'dmn-js/lib/Modeler';
import { keeping } from './src/studio/keeping.js';

window.saved = async (kind, xml) => {
  const container = document.body.appendChild(document.createElement('div'));
  container.style.height = '600px';
  const modeler = new (kind === '.bpmn' ? BpmnModeler : DmnModeler)({ container });
  try {
    const { warnings } = await modeler.importXML(xml);
    const drawn = container.querySelectorAll('.djs-element, .dmn-decision-table-container td');
    const written = await modeler.saveXML({ format: true });
    const told = warnings.map(warning => warning.message);
    return { xml: written.xml, warnings: told, drawn: drawn.length };
  } finally {
    modeler.destroy();
    container.remove();
  }
};

window.copied = async (xml, ids) => {
  const container = document.body.appendChild(document.createElement('div'));
  const modeler = new BpmnModeler({ container, additionalModules: [keeping] });
  try {
    await modeler.importXML(xml);
    const shapes = ids.map(id => modeler.get('elementRegistry').get(id));
    modeler.get('copyPaste').copy(shapes);
    modeler.get('copyPaste').paste({ element: shapes[0].parent, point: { x: 300, y: 300 } });
    return (await modeler.saveXML({ format: true })).xml;
  } finally {
    modeler.destroy();
    container.remove();
  }
};
"""
COPIED = ("fill_form", "void_withdrawn")
#: What the engine reads of them: role, form, operation, parameter.
KEPT = (
    'name="formKey"',
    'name="actorRole"',
    "serviceTaskOperator id=",
    "<spiffworkflow:parameter ",
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        shutil.which("node") is None or not (ASSETS / "node_modules/dmn-js").is_dir(),
        reason="the modelers come with `make assets`",
    ),
]


@pytest.fixture(scope="module")
def saved(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Mapping[Path, Any]:
    """Open every shipped file once in the modeler and save it; they are bundled for this alone."""
    bundle = tmp_path_factory.mktemp("modeler") / "modeler.js"
    subprocess.run(
        [ESBUILD, "--bundle", "--format=iife", "--log-level=error", f"--outfile={bundle}"],
        cwd=ASSETS,
        input=SOURCE.encode(),
        check=True,
    )
    page = browser.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.set_content("<!doctype html><body></body>")
    page.add_script_tag(path=bundle)
    came = {
        path: page.evaluate(
            "([kind, xml]) => saved(kind, xml)", [path.suffix, path.read_text("utf-8")]
        )
        for path in FILES
    }
    renewal = next(path for path in FILES if path.name == "renewal.bpmn")
    text = renewal.read_text("utf-8")
    copied = page.evaluate("([xml, ids]) => copied(xml, ids)", [text, list(COPIED)])
    came[renewal]["counts"] = {part: copied.count(part) - text.count(part) for part in KEPT}
    page.close()
    assert wrong == []
    return came


def test_a_copy_keeps_what_the_engine_reads(saved: Mapping[Path, Any]) -> None:
    """A user task and a service task, copied and pasted: the modeler alone drops all of it."""
    [counts] = [came["counts"] for came in saved.values() if "counts" in came]

    assert counts == dict.fromkeys(KEPT, 1)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_file_saved_in_the_modeler_is_the_same_to_the_engine(
    saved: Mapping[Path, Any], path: Path
) -> None:
    """It is drawn without a warning, and written with nothing lost, moved or reordered."""
    came = saved[path]
    before, after = read_xml(path.read_bytes()), read_xml(came["xml"].encode())

    assert came["warnings"] == []
    assert came["drawn"] > 0
    if path.suffix == ".dmn":
        assert list(map(meaning, read_tables(after))) == list(map(meaning, read_tables(before)))
    else:
        assert elements(after) == elements(before)
        assert order(after) == order(before)
