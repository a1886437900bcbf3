"""What we stand on: known advisories, a bill of materials, licences.

`supply.py audit` asks PyPI's and npm's advisories about every version of the locks; `supply.py
sbom` writes build/sbom.python.json and build/sbom.assets.json (CycloneDX); `supply.py licences`
writes docs/licences.md. What could not be asked is said and is no success: pip-audit itself ends
well when it found none of the packages.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from tools import build_assets

ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "web" / "assets"
LOCKS = ("build", "otel", "pkcs11", "test")  #: what people run, and what judges it
LICENCES = ROOT / "docs" / "licences.md"
_NAME = re.compile(r"^([\w.-]+)==([^ ;\\]+)", re.M)
_CLASSIFIER = re.compile(r"^License :: (?:OSI Approved :: )?(.+)$")
_LONGEST = 60  #: of the field License; some packages put the whole text there
HEAD = """# Licences

Written by `make licences` from the metadata of what the locks name (`requirements/build.txt`,
`otel.txt`, `pkcs11.txt`, `web/assets/package-lock.json`); our own is Apache-2.0 (`LICENSE`). Fonts:
SIL Open Font License, whose text lies beside them (`var/fonts`). Why each is here:
`dependencies.md`.
"""


class NotAsked(Exception):
    """An index of advisories did not answer, or knows none of the packages."""


def packages(name: str) -> dict[str, str]:
    """Give the versions of a lock by the names of its packages."""
    return dict(_NAME.findall((ROOT / "requirements" / f"{name}.txt").read_text("utf-8")))


# -- advisories -----------------------------------------------------------------------------------


def python_advisories(said: str) -> list[str]:
    """Read what pip-audit says as JSON. Raises: NotAsked, naming what was not looked at."""
    try:
        rows = json.loads(said)["dependencies"]
    except (ValueError, KeyError) as error:
        raise NotAsked("pip-audit gave no answer; is PyPI reached?") from error
    if skipped := [row["name"] for row in rows if "skip_reason" in row]:
        some = ", ".join(skipped[:5]) + (" …" if len(skipped) > 5 else "")
        raise NotAsked(f"PyPI told nothing about {len(skipped)} of {len(rows)} packages: {some}.")
    return [
        f"{row['name']} {row['version']}: {found['id']}, mended in {found['fix_versions'] or '—'}"
        for row in rows
        for found in row["vulns"]
    ]


def asset_advisories(said: str) -> list[str]:
    """Read what npm audit says as JSON. Raises: NotAsked."""
    try:
        found = json.loads(said)["vulnerabilities"]
    except (ValueError, KeyError) as error:
        raise NotAsked("npm audit gave no answer; is its registry reached?") from error
    return [f"{name}: {row['severity']}, {row['range']}" for name, row in sorted(found.items())]


def audit() -> int:
    """Ask for advisories; 0 when there are none, 1 when there are, 2 when nobody could say."""
    locks = [word for name in LOCKS for word in ("-r", f"requirements/{name}.txt")]
    words = ("--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off")
    asked: tuple[tuple[str, list[str], Path, Callable[[str], list[str]]], ...] = (
        ("Python", [sys.executable, "-m", "pip_audit", *locks, *words], ROOT, python_advisories),
        ("assets", [*_npm(), "audit", "--json", "--package-lock-only"], ASSETS, asset_advisories),
    )
    status = 0
    for kind, command, folder, read in asked:
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        try:
            found = read(run.stdout)
        except NotAsked as error:
            said = (run.stderr.strip().splitlines() or [""])[-1]
            print(f"{kind}: NOT AUDITED. {error} {said}".rstrip())
            status = 2
            continue
        print(f"{kind}: " + ("no known advisory" if not found else f"{len(found)} advisories"))
        print("".join(f"   {line}\n" for line in found), end="")
        status = status or bool(found)
    return int(status)


def _npm() -> list[str]:
    return build_assets.node_of_machine() or build_assets.node_of_pypi()


# -- bill of materials ----------------------------------------------------------------------------


def sbom() -> int:
    """Write what runs, as CycloneDX: Python by its lock and hashes, assets by npm's."""
    (ROOT / "build").mkdir(exist_ok=True)
    python, assets = ROOT / "build" / "sbom.python.json", ROOT / "build" / "sbom.assets.json"
    words = ("requirements", "requirements/build.txt", "--output-reproducible", "--of", "JSON")
    command = [sys.executable, "-m", "cyclonedx_py", *words, "-o", str(python)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    words = ("sbom", "--sbom-format", "cyclonedx", "--package-lock-only", "--omit", "dev")
    said = subprocess.run([*_npm(), *words], cwd=ASSETS, check=True, capture_output=True)
    assets.write_bytes(said.stdout)
    for file in (python, assets):
        count = len(json.loads(file.read_text("utf-8"))["components"])
        print(f"{file.relative_to(ROOT)}: {count} packages")
    return 0


# -- licences -------------------------------------------------------------------------------------


def licence(facts: Any) -> str:
    """Read the licence of a package from its metadata: expression, classifiers or a short word."""
    if expression := facts.get("License-Expression"):
        return str(expression)
    classifiers = facts.get_all("Classifier") or []
    named = [match[1] for text in classifiers if (match := _CLASSIFIER.match(text))]
    word = str(facts.get("License") or "").strip()
    is_short = word and len(word) <= _LONGEST and "\n" not in word
    return "; ".join(named) or (word if is_short else "see the package")


def of_python(known: Mapping[str, str]) -> dict[str, str]:
    """Give the licences of the lock; of what is for another platform, what was written before."""
    found = {}
    for name in (name for group in ("build", "otel", "pkcs11") for name in packages(group)):
        try:
            found[name] = licence(metadata(name))
        except PackageNotFoundError:
            found[name] = known.get(name, "see the package")
    return found


def of_assets() -> dict[str, str]:
    """Give the licences of what is bundled or bundles, by npm's lock."""
    rows = json.loads((ASSETS / "package-lock.json").read_text("utf-8"))["packages"]
    return {
        path.rpartition("node_modules/")[2]: str(row.get("license", "see the package"))
        for path, row in sorted(rows.items())
        if path and not row.get("dev") and not row.get("optional")
    }


def page() -> str:
    """Give docs/licences.md as it should be."""
    written = LICENCES.read_text("utf-8") if LICENCES.exists() else ""
    known = dict(re.findall(r"^\| (\S+) \| (.+) \|$", written, re.M))
    parts = [HEAD]
    for title, rows in (("Python", of_python(known)), ("Assets", of_assets())):
        table = "".join(f"| {name} | {text} |\n" for name, text in rows.items())
        parts.append(f"\n## {title}\n| package | licence |\n|---|---|\n{table}")
    return "".join(parts)


def licences() -> int:
    """Write docs/licences.md."""
    LICENCES.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit({"audit": audit, "sbom": sbom, "licences": licences}[sys.argv[1]]())
