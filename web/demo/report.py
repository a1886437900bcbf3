"""`make demo`: every matter against a freshly started server, and everything it left behind."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from web.demo import tales
from web.demo.casts import main_cast
from web.demo.server import Server
from web.demo.story import Story
from web.demo.visitor import Visitor


def run(folder: Path, *, fonts: Path) -> int:
    """Walk every matter, leave PDFs, pictures and report.json in `folder`.

    Returns the exit status: 0 when every signature of every document is valid.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _say("启动全新的服务")
    server = Server(folder / "service", fonts=fonts)
    server.prepare()
    _say("演示人员办到各自的状态")
    server.command("seed", "--population")
    server.start()
    try:
        _say(f"地址 {server.base}")
        stories = [Story(server.base, main_cast()), *tales.all_of(server.base)]
        matters = [_told(story, server, folder, at) for at, story in enumerate(stories, 1)]
    finally:
        server.stop()
    (folder / "report.json").write_text(
        json.dumps({"matters": matters}, ensure_ascii=False, indent=1)
    )
    return _conclude(matters, folder)


def _told(story: Story, server: Server, folder: Path, number: int) -> dict[str, Any]:
    """Tell one story, keep its documents and have them judged as they stand at its end."""
    _say(f"\n{number}. {story.matter}")
    story.tell(lambda name, seconds: _say(f"   {name:<14}{seconds * 1000:8.0f} ms"))
    files = _save(story, folder / f"{number}-{story.matter}")
    names = [str(path) for path in files]
    verdicts = json.loads(server.command("verify", *names, accept=(0, 1)))
    answer = Visitor(server.base).open(story.certificate_link())
    story.close()
    return {
        "matter": story.matter,
        "steps": [{"name": name, "seconds": round(s, 3)} for name, s in story.seconds.items()],
        "documents": [_described(path, verdicts) for path in files],
        "certificate_page": answer.text,
    }


def _save(story: Story, folder: Path) -> list[Path]:
    """Keep the documents and a picture of each page."""
    folder.mkdir()
    files = []
    for number, (title, content) in enumerate(story.documents().items(), 1):
        path = folder / f"{number}-{title.replace('/', '-').replace(' ', '-')}.pdf"
        path.write_bytes(content)
        files.append(path)
        _tool("pdftoppm", "-r", "80", "-png", str(path), str(path.with_suffix("")))
    return files


def _described(path: Path, verdicts: dict[str, Any]) -> dict[str, Any]:
    return {
        "file": f"{path.parent.name}/{path.name}",
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


def _conclude(matters: list[dict[str, Any]], folder: Path) -> int:
    """Print the verdicts of every matter; return 0 when all of ours are good."""
    good = True
    for matter in matters:
        _say(f"\n{matter['matter']}")
        for document in matter["documents"]:
            ok = bool(document["verification"]["ok"])
            good = good and ok
            _say(f"{'有效' if ok else '无效'}  {document['file']}  {document['bytes']} 字节")
            for line in document["pdfsig"]:
                if "Validation:" in line or "Total document signed" in line or "Signer" in line:
                    _say(f"        pdfsig {line.strip()}")
            for finding in document["verification"].get("findings", []):
                _say(f"        {finding}")
    _say(f"\n{'全部文件验证通过' if good else '有文件未通过验证'}；文件、图片与报告在 {folder}")
    return 0 if good else 1


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201
