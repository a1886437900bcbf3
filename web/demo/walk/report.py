"""`make demo`: every matter against a freshly started server, and everything it left behind."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from web.demo.walk import programme
from web.demo.walk.server import Server
from web.demo.walk.story import Story
from web.demo.walk.visitor import BrowserSession


def run(folder: Path, *, fonts: Path) -> int:
    """Walk every matter, leave PDFs, pictures and report.json in `folder`.

    Returns the exit status: 0 when every matter left documents and both verifiers pass all of them.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _say("启动全新的服务")
    server = Server(folder / "service", fonts=fonts)
    server.prepare()
    _say("演示人员办到各自的状态")
    server.command("seed", "--population", *programme.engineers())
    server.start()
    try:
        _say(f"地址 {server.base}")
        stories = programme.stories(server.base)
        matters = [_told(story, server, folder, at) for at, story in enumerate(stories, 1)]
    finally:
        server.stop()
    (folder / "report.json").write_text(
        json.dumps({"matters": matters}, ensure_ascii=False, indent=1)
    )
    return conclude(matters, folder)


def _told(story: Story, server: Server, folder: Path, number: int) -> dict[str, Any]:
    """Tell one story, keep its documents and have them judged as they stand at its end."""
    _say(f"\n{number}. {story.title}")
    story.tell(lambda name, seconds: _say(f"   {name:<14}{seconds * 1000:8.0f} ms"))
    place = folder / f"{number}-{story.title}"
    place.mkdir()
    documents = story.documents()
    saved = _save(documents, place)
    paper_of = dict(zip(documents, saved, strict=True))
    files = dict.fromkeys(saved, True)
    files |= dict.fromkeys(_save(story.former(), place, first=len(files) + 1), False)
    forms = _save_forms(story.forms(documents), place)
    names = [str(path) for path in (*files, *forms)]
    verdicts = (
        json.loads(server.command("verify", "--json", *names, accept=(0, 1))) if names else {}
    )
    answer = BrowserSession(server.base).open(story.certificate_link())
    story.close()
    return {
        "matter": story.title,
        "steps": [
            {"name": name, "seconds": round(second, 3)} for name, second in story.seconds.items()
        ],
        "documents": [
            _described(path, verdicts[str(path)], counts=counts) for path, counts in files.items()
        ],
        "forms": [
            {
                "file": f"{path.parent.name}/{path.name}",
                "bytes": path.stat().st_size,
                "good": verdicts[str(path)]["ok"] and says_the_same(path, paper_of[title]),
            }
            for path, title in forms.items()
        ],
        "certificate_page": answer.text,
    }


def _save(documents: Mapping[str, bytes], folder: Path, *, first: int = 1) -> list[Path]:
    """Keep documents and a picture of each page; return where they are."""
    files = []
    for number, (title, content) in enumerate(documents.items(), first):
        path = folder / f"{number}-{title.replace('/', '-').replace(' ', '-')}.pdf"
        path.write_bytes(content)
        files.append(path)
        _tool("pdftoppm", "-r", "80", "-png", str(path), str(path.with_suffix("")))
    return files


def _save_forms(forms: Mapping[str, bytes], folder: Path) -> dict[Path, str]:
    """Keep the OFD forms; return where they are, each with its title."""
    files = {}
    for title, content in forms.items():
        path = folder / f"{title.replace('/', '-').replace(' ', '-')}.ofd"
        path.write_bytes(content)
        files[path] = title
    return files


def says_the_same(ofd: Path, pdf: Path) -> bool:
    """Tell whether an OFD has the characters of its PDF, both read by software that is not ours.

    A band over a copy runs out of the page, where the PDF's reader still reads it. Without ofdkit,
    which the tests need, or poppler there is nothing to say.
    """
    try:
        kit = import_module("ofdkit")
    except ImportError:
        return True
    if shutil.which("pdftotext") is None:
        return True
    with kit.open(ofd.read_bytes()) as opened:
        read = Counter("".join(run.text for page in opened.pages for run in page.runs))
    said = Counter(_tool("pdftotext", "-raw", str(pdf), "-"))
    for counted in (read, said):
        for sign in [sign for sign in counted if sign.isspace()]:
            del counted[sign]
    return bool(read) and read <= said and read.keys() == said.keys()


def _described(path: Path, verdict: dict[str, Any], *, counts: bool) -> dict[str, Any]:
    """Tell of one document what both verifiers say; `counts`: it has to count today."""
    pdfsig = _tool("pdfsig", "-nocert", str(path)).splitlines()
    standing = verdict["standing"] or {}
    genuine = verdict["report"]["ok"] and bool(standing.get("counts")) is counts
    return {
        "file": f"{path.parent.name}/{path.name}",
        "bytes": path.stat().st_size,
        "counts": counts,
        "good": genuine and agrees(pdfsig),
        "verification": verdict,
        "pdfsig": pdfsig,
    }


def agrees(pdfsig: Sequence[str]) -> bool:
    """Tell whether poppler found a valid signature and none that is not.

    It does not know document time stamps and says so; without poppler there is nothing to say.

    >>> agrees(["  - Signature Validation: Signature is Valid."])
    True
    >>> agrees(["  - Signature Validation: Digest Mismatch."])
    False
    """
    said = [line.split(":", 1)[1].strip() for line in pdfsig if "Signature Validation:" in line]
    if not said:
        return any("is not installed" in line for line in pdfsig)
    known = {"Signature is Valid.", "Signature has not yet been verified."}
    return "Signature is Valid." in said and known.issuperset(said)


def _tool(*command: str) -> str:
    """Run a program of poppler-utils; the text says so when the machine has none."""
    if shutil.which(command[0]) is None:
        return f"{command[0]} is not installed (Debian: apt-get install poppler-utils)"
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout + done.stderr


def conclude(matters: Sequence[Mapping[str, Any]], folder: Path) -> int:
    """Print every document, then a line for each matter; return 0 when all of them are good.

    A matter that left no document is not good.
    """
    for matter in matters:
        _say(f"\n{matter['matter']}")
        for document in matter["documents"]:
            _say_of(document)
        for form in matter.get("forms", ()):
            word = "有效" if form["good"] else "无效"
            _say(f"{word}  {form['file']}  {form['bytes']} 字节")
    _say("")
    for matter in matters:
        seconds = sum(step["seconds"] for step in matter["steps"])
        word, number = "通过" if _is_good(matter) else "未通过", len(matter["documents"])
        _say(f"{word}  {number} 份文件  {seconds:5.1f} 秒  {matter['matter']}")
    good = sum(map(_is_good, matters))
    files = sum(len(matter["documents"]) for matter in matters)
    _say(f"\n{len(matters)} 项业务，{good} 项的文件全部验证通过，共 {files} 份")
    _say(f"文件、图片与报告在 {folder}")
    return 0 if matters and good == len(matters) else 1


def _is_good(matter: Mapping[str, Any]) -> bool:
    documents = matter["documents"]
    every = [*documents, *matter.get("forms", ())]
    return bool(documents) and all(document["good"] for document in every)


def _say_of(document: Mapping[str, Any]) -> None:
    """Print the verdicts on one document."""
    word = ("有效" if document["counts"] else "真实，已失效") if document["good"] else "无效"
    _say(f"{word}  {document['file']}  {document['bytes']} 字节")
    for line in document["pdfsig"]:
        if "Validation:" in line or "Total document signed" in line or "Common Name" in line:
            _say(f"        pdfsig {line.strip()}")
    for finding in document["verification"]["report"].get("findings", []):
        _say(f"        {finding}")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201
