#!/usr/bin/env bash
# One would guess  A document that is printed again with other names costs what the names cost: what stays the same is
#                  laid out once and known. A border of a few hundred fine waves is some kilobytes of coordinates.
# What happens     Every bend (cubic or quadratic) of a line that Typst strokes costs some 10 to 20 µs at every printing,
#                  also when nothing at all has changed: a border of 888 bends 10 ms and more, as much as the rest of a
#                  page thrice over. Straight lines, the same bends filled, and the same bends stroked inside an SVG
#                  picture cost little, and the SVG ends as the same operators on the page.
# Versions         typst 0.15.2 (PyPI)
# Source           Seen by running; the cost is linear in the bends and independent of how many curves hold them
# Why it matters   A third of printing a certificate was its ornament. Written as SVG it looks the same.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check typst==0.15.2
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
from time import thread_time

import typst

COUNT = 888
WAVE = ", ".join(f"curve.cubic(({i + .3}pt, 3pt), ({i + .6}pt, 3pt), ({i + 1}pt, 0pt))" for i in range(COUNT))
ZIGZAG = ", ".join(f"curve.line(({i + 1}pt, {i % 2}pt))" for i in range(COUNT))
SVG = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 888 3'><path fill='none' stroke='#000' d='M0 0"
    + "".join("c.3 3 .6 3 1 0" for _ in range(COUNT))
    + "'/></svg>"
)
PAGES = {
    "nothing": "",
    "bends, stroked": f"#curve(stroke: .3pt, curve.move((0pt, 0pt)), {WAVE})",
    "bends, filled": f"#curve(fill: black, curve.move((0pt, 0pt)), {WAVE})",
    "lines, stroked": f"#curve(stroke: .3pt, curve.move((0pt, 0pt)), {ZIGZAG})",
    "bends in an SVG": f'#image(bytes("{SVG}"), format: "svg")',
}


def cost(source: str) -> float:
    """CPU milliseconds of printing once more what was printed before, the best of five rounds."""
    page, files = typst.Compiler(ignore_system_fonts=True), {"main.typ": source.encode()}
    page.compile(input=files)
    rounds = []
    for _ in range(5):
        start = thread_time()
        for _ in range(10):
            page.compile(input=files)
        rounds.append((thread_time() - start) * 100)
    return min(rounds)


print("typst", version("typst"))
took = {name: cost(source) for name, source in PAGES.items()}
for name, ms in took.items():
    print(f"{name:16} {ms:6.2f} ms")
assert took["bends, stroked"] > 4 * max(ms for name, ms in took.items() if name != "bends, stroked")
PYTHON
