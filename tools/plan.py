"""Measure the plan of the house: `make plan`, or `python tools/plan.py --against 9f70c38`.

Everything is read from the import graph and the sources; nothing of the product is run. Prints a
Markdown table (docs/decisions keeps one) or, with --json, the figures with their names.
"""

from __future__ import annotations

import argparse
import ast
import configparser
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import grimp

if __package__ in {None, ""}:
    sys.path.insert(0, str(Path(__file__).parents[1]))
from tools.revisions import lay_out

ROOT = Path(__file__).parents[1]
CHAPTER = re.compile(r"\b[B-G]\.\d{1,2}\b")  #: how sources cite the domain paper: C.7
CITING = {".py", ".bpmn", ".dmn", ".toml"}
HEIRS = 3  #: from which a class of errors is the base of a family
LONG_LINE = 140  #: of a template, in characters
Figures = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Module:
    """A file of the product."""

    path: Path  #: from the root
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Give its dotted name."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class House:
    """The product's modules under `root` and who imports whom."""

    def __init__(self, root: Path) -> None:
        settings = configparser.ConfigParser()
        settings.read(root / "setup.cfg")
        self.root = root
        self.packages = settings["importlinter"]["root_packages"].split()
        self.modules = [
            Module(path=path.relative_to(root), text=text, tree=ast.parse(text))
            for package in self.packages
            for path in sorted((root / package).rglob("*.py"))
            if "node_modules" not in path.parts
            for text in [path.read_text("utf-8")]
        ]
        sys.path.insert(0, str(root))
        graph = grimp.build_graph(*self.packages, cache_dir=None)
        self.imports = {
            name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules
        }

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[tuple[Module, ast.AST]]:
        """Yield every node of these kinds with its module."""
        for kind in kinds:
            yield from self._nodes[kind]

    @cached_property
    def _nodes(self) -> Mapping[type[ast.AST], Sequence[tuple[Module, ast.AST]]]:
        nodes = defaultdict[type[ast.AST], list[tuple[Module, ast.AST]]](list)
        for module in self.modules:
            for node in ast.walk(module.tree):
                nodes[type(node)].append((module, node))
        return nodes

    @cached_property
    def _tokens(self) -> Sequence[tokenize.TokenInfo]:
        return [token for module in self.modules for token in _words(module.text)]

    # -- size and shape -------------------------------------------------------------------------

    def flat_folders(self) -> str:
        """Name the four folders with most modules of their own, `__init__` counted."""
        folders = Counter(module.path.parent.as_posix() for module in self.modules)
        return ", ".join(f"{count} ({folder})" for folder, count in folders.most_common(4))

    def largest_package(self) -> str:
        """Name the package with most lines and its share of all."""
        lines = Counter[str]()
        for module in self.modules:
            lines[module.path.parts[0]] += module.text.count("\n")
        (package, most), *_ = lines.most_common(1)
        return f"{most / lines.total():.0%} ({package})"

    def imports_a_module(self) -> str:
        """Tell how many modules a module imports, foreign ones too: median and nine tenths."""
        counts = sorted(len(_imported(module.tree)) for module in self.modules)
        return f"{statistics.median(counts):.0f} / {counts[len(counts) * 9 // 10]}"

    def longest_function(self) -> str:
        """Tell the most lines of a function, its docstring not counted."""
        lengths = [
            (_length(node), f"{module.name}.{node.name}")
            for module, node in self.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        return "{} ({})".format(*max(lengths))

    def most_parameters(self) -> str:
        """Tell the most parameters of a function that is not a constructor's."""
        counts = [
            (len(node.args.posonlyargs + node.args.args + node.args.kwonlyargs), node.name)
            for _, node in self.nodes(ast.FunctionDef)
            if isinstance(node, ast.FunctionDef) and node.name != "__init__"
        ]
        many = sum(count >= 10 for count, _ in counts)
        return f"{max(counts)[0]}; {many} with 10 or more"

    # -- arrows ---------------------------------------------------------------------------------

    def circles(self) -> int:
        """Count the modules that import themselves by way of others."""
        rest = {name: set(imported) for name, imported in self.imports.items()}
        while True:  # who imports nobody is in no circle; nor, without him, who imported only him
            rest = {
                name: {other for other in imported if other in rest}
                for name, imported in rest.items()
            }
            leaves = [name for name, imported in rest.items() if not imported]
            if not leaves:
                return len(rest)
            for name in leaves:
                del rest[name]

    def arrows(self) -> str:
        """Count the arrows that somebody who draws the trade draws: between folders, or modules."""
        room = "casework" if "casework" in self.packages else "engine.casework"
        arrows = {
            (self._room(name, room), self._room(other, room))
            for name, imported in self.imports.items()
            for other in imported
            if name.startswith(f"{room}.") and other.startswith(f"{room}.")
        }
        arrows = {(start, end) for start, end in arrows if start != end}
        rooms = {end for arrow in arrows for end in arrow}
        back = sum((end, start) in arrows for start, end in arrows) // 2
        return f"{len(arrows)} between {len(rooms)}; {back} pairs lean on each other"

    def _room(self, name: str, room: str) -> str:
        depth = room.count(".") + 2
        return ".".join(name.split(".")[:depth])

    def engine_above(self) -> int:
        """Count the modules of the engine itself that import the register, the trade or the web."""
        above = {"registry", "casework", "professions", "adapters", "web", "signing", "pdfgen"}
        return sum(
            any(other.split(".")[0] in above for other in imported)
            for name, imported in self.imports.items()
            if name.startswith("engine.") and not name.startswith("engine.casework")
        )

    # -- words ----------------------------------------------------------------------------------

    def comments(self) -> str:
        """Tell the comments in 1,000 lines; those of fields (`#:`) and of tools do not count."""
        told = _comments(self._tokens)
        lines = sum(module.text.count("\n") for module in self.modules)
        return f"{told * 1000 / lines:.0f}"

    def error_bases(self) -> str:
        """Name the classes of errors with a constructor of their own and three heirs or more."""
        return f"{len(self._bases)} ({', '.join(sorted(self._bases))})"

    @cached_property
    def _bases(self) -> set[str]:
        classes = [node for _, node in self.nodes(ast.ClassDef) if isinstance(node, ast.ClassDef)]
        heirs = Counter(_last(base) for node in classes for base in node.bases)
        return {
            node.name
            for node in classes
            if [ast.unparse(base) for base in node.bases] == ["Exception"]
            and heirs[node.name] >= HEIRS
            and any(isinstance(item, ast.FunctionDef) for item in node.body)
        }

    def caught_together(self) -> str:
        """Count the tuples with several of the error bases that handlers catch: kinds, places."""
        bases = self._bases
        tuples = Counter(
            tuple(sorted(names))
            for _, node in self.nodes(ast.ExceptHandler)
            if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Tuple)
            for names in [{_last(error) for error in node.type.elts}]
            if names & bases
        )
        return f"{len(tuples)} in {tuples.total()} places"

    def same_names(self) -> str:
        """Count the names that several classes of modules have."""
        names = Counter(
            node.name
            for module in self.modules
            for node in module.tree.body
            if isinstance(node, ast.ClassDef)
        )
        most = ", ".join(f"{name} {count}x" for name, count in names.most_common(3) if count > 1)
        return f"{sum(count > 1 for count in names.values())}" + (f" ({most})" if most else "")

    def vague_words(self) -> str:
        """Count how often `one` and `found` stand as names."""
        words = Counter(token.string for token in self._tokens if token.type == tokenize.NAME)
        return f"{words['one']} / {words['found']}"

    def lost_references(self) -> int:
        """Count the citations of chapters that no heading of docs/domain.md answers."""
        paper = self.root / "docs" / "domain.md"
        text = paper.read_text("utf-8") if paper.exists() else ""
        headings = " ".join(re.findall("^#+ .*$", text, re.MULTILINE))
        chapters = set(CHAPTER.findall(headings))
        return sum(
            chapter not in chapters
            for package in self.packages
            for path in (self.root / package).rglob("*")
            if path.suffix in CITING and not {"node_modules", "dist"} & set(path.parts)
            for chapter in CHAPTER.findall(path.read_text("utf-8"))
        )

    def long_template_lines(self) -> int:
        """Count the lines of templates over 140 characters."""
        return sum(
            len(line) > LONG_LINE
            for package in self.packages
            for path in (self.root / package).rglob("*.html")
            if "templates" in path.parts
            for line in path.read_text("utf-8").splitlines()
        )

    # -- proofs ---------------------------------------------------------------------------------

    def tests(self) -> str:
        """Count the modules whose test bears their name, anywhere and in the mirrored folder."""
        tests = {path.relative_to(self.root) for path in (self.root / "tests").rglob("test_*.py")}
        names = {path.name for path in tests}
        modules = [module.path for module in self.modules if module.path.name != "__init__.py"]
        named = sum(f"test_{path.name}" in names for path in modules)
        folders = {path.parent for path in tests}
        mirrored = sum(Path("tests") / path.parent in folders for path in modules)
        return f"{named} of {len(modules)}; {mirrored} have their folder under tests/"

    def figures(self) -> Figures:
        """Give every figure by its name, in the order of the table."""
        return {
            "modules; lines of the product": (
                f"{len(self.modules)}; {sum(module.text.count(chr(10)) for module in self.modules)}"
            ),
            "most modules in one flat folder": self.flat_folders(),
            "largest package, share of product lines": self.largest_package(),
            "imports a module, median / p90": self.imports_a_module(),
            "modules in import circles": str(self.circles()),
            "arrows on the plan of casework": self.arrows(),
            "modules of the engine that import what stands on or beside it": str(
                self.engine_above()
            ),
            "longest function, lines": self.longest_function(),
            "most parameters of a function": self.most_parameters(),
            "comments in 1,000 lines": self.comments(),
            "error bases": self.error_bases(),
            "tuples of errors caught together": self.caught_together(),
            "class names that exist twice or more": self.same_names(),
            "words `one` / `found` as names": self.vague_words(),
            "references to chapters that the repository does not hold": str(self.lost_references()),
            "template lines over 140 characters": str(self.long_template_lines()),
            "modules with a test of their name": self.tests(),
        }


def _imported(tree: ast.Module) -> set[str]:
    r"""Give the modules that import statements name.

    >>> sorted(_imported(ast.parse("import os\nfrom registry import persons, statuses")))
    ['os', 'registry']
    """
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def _last(name: ast.expr) -> str:
    """Give the last word of a dotted name."""
    return ast.unparse(name).rpartition(".")[2]


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def _words(text: str) -> Iterator[tokenize.TokenInfo]:
    """Yield the names and the comments of a module."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in {tokenize.NAME, tokenize.COMMENT}:
            yield token


def _comments(tokens: Iterable[tokenize.TokenInfo]) -> int:
    r"""Count the comments that tell a reader something.

    >>> _comments(_words("a = 1  # why\nb: int  #: of what\nc = 2  # noqa: X1\n"))
    1
    """
    return sum(
        token.type == tokenize.COMMENT
        and not re.match(r"#:|#!|# *(noqa|type:|pragma)", token.string)
        for token in tokens
    )


def measure(root: Path) -> Figures:
    """Measure a folder in a process of its own, whose imports are those of the folder."""
    command = [sys.executable, __file__, "--json", "--root", str(root)]
    done = subprocess.run(
        command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(root)}
    )
    figures: Figures = json.loads(done.stdout)
    return figures


def table(columns: dict[str, Figures]) -> str:
    """Give a Markdown table with one column for each revision."""
    names = list(dict.fromkeys(name for figures in columns.values() for name in figures))
    lines = ["| measured | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for name in names:
        cells = " | ".join(figures.get(name, "–") for figures in columns.values())
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    """Measure what the command line names and print it."""
    parser = argparse.ArgumentParser(prog="tools/plan.py", description=__doc__)
    parser.add_argument("--against", metavar="REV", help="show that revision in a column before")
    parser.add_argument("--json", action="store_true", help="print figures instead of a table")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    columns = {"now": House(chosen.root).figures()}
    if chosen.against:
        columns = {chosen.against: measure(lay_out(chosen.against))} | columns
    if chosen.json:
        told = columns if chosen.against else columns["now"]
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        print(table(columns))


if __name__ == "__main__":
    main()
