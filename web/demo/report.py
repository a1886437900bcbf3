"""`make demo`: the whole job against a freshly started server, and everything it left behind."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from web.demo.casts import main_cast
from web.demo.server import Server
from web.demo.story import Story
from web.demo.visitor import Visitor


def run(folder: Path, *, fonts: Path) -> int:
    """Walk one registration, leave PDFs, pictures and report.json in `folder`.

    Returns the exit status: 0 when every signature of every document is valid.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _say("启动全新的服务")
    with Server(folder / "service", fonts=fonts) as server:
        _say(f"地址 {server.base}")
        story = Story(server.base, main_cast())
        story.tell(lambda name, seconds: _say(f"{name:<12}{seconds * 1000:8.0f} ms"))
        files = _save(story, folder)
        answer = Visitor(server.base).open(story.certificate_link())
        names = [str(path) for path in files]
        verdicts = json.loads(server.command("verify", *names, accept=(0, 1)))
        story.close()
    report = {
        "steps": [{"name": name, "seconds": round(s, 3)} for name, s in story.seconds.items()],
        "documents": [_described(path, verdicts) for path in files],
        "certificate_page": answer.text,
    }
    (folder / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=1))
    return _conclude(report, folder)


def _save(story: Story, folder: Path) -> list[Path]:
    """Keep the documents and a picture of each first page."""
    files = []
    for number, (title, content) in enumerate(story.documents().items(), 1):
        path = folder / f"{number}-{title.replace('/', '-').replace(' ', '-')}.pdf"
        path.write_bytes(content)
        files.append(path)
        _tool("pdftoppm", "-r", "80", "-png", str(path), str(path.with_suffix("")))
    return files


def _described(path: Path, verdicts: dict[str, Any]) -> dict[str, Any]:
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "verification": verdicts[str(path)],
        "pdfsig": _tool("pdfsig", "-nocert", str(path)).splitlines(),
    }


def _tool(*command: str) -> str:
    """Run a program of poppler-utils; the text says so when the machine has none."""
    if shutil.which(command[0]) is None:
        return f"{command[0]} is not installed (Debian: apt-get install poppler-utils)"
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout + done.stderr


def _conclude(report: dict[str, Any], folder: Path) -> int:
    """Print the verdicts; return 0 when all of ours are good."""
    good = True
    for document in report["documents"]:
        ok = bool(document["verification"]["ok"])
        good = good and ok
        _say(f"{'有效' if ok else '无效'}  {document['file']}  {document['bytes']} 字节")
        for line in document["pdfsig"]:
            if "Validation:" in line or "Total document signed" in line or "Signer" in line:
                _say(f"        pdfsig {line.strip()}")
        for finding in document["verification"].get("findings", []):
            _say(f"        {finding}")
    _say(f"文件、图片与报告在 {folder}")
    return 0 if good else 1


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201
