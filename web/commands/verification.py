"""Proof: signed PDFs, the audit log, stored files, and the register against what was signed."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from web import display
from web.commands import answers, offices

if TYPE_CHECKING:
    from datetime import datetime

    from casework.certificate.sealed_words import Watch
    from registry.trail.audit import Checkpoint

_MOST_BYTES = 64 * 1024 * 1024  #: more than any file that is judged


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--log", type=click.Path(path_type=Path), help="Kept log with audit checkpoints.")
@click.option("--list", "listed", type=click.Path(path_type=Path), help="CSV: numbers and names.")
@answers.as_json
def verify(files: tuple[Path, ...], log: Path | None, listed: Path | None, as_json: bool) -> int:
    """Check papers, or the audit log and all stored files.

    With FILES these (PDF, OFD) are judged by their signatures and by the register of today.
    With --list up to 10,000 certificates are looked up by number and name, as 批量查验 does.
    Without, each sealed certificate and letter is held against the register, and the first
    difference of each is named.
    """
    from registry.trail.audit import Checkpoint

    try:
        pdfs = {str(path): _start_of(path) for path in files}
        asked = _start_of(listed) if listed else None
        lines = log.read_text("utf-8").splitlines() if log else ()
    except (OSError, ValueError) as error:
        why = answers.why(error) if isinstance(error, OSError) else error
        raise answers.Misused(f"文件无法读取：{why}") from error
    if asked is not None and (pdfs or log):
        raise answers.Misused("--list 不能与文件或者 --log 同时使用")
    if asked is not None:
        return _listed(asked, as_json)
    if pdfs:
        return _files(pdfs, as_json)
    return _store([point for point in map(Checkpoint.from_line, lines) if point], as_json)


def _listed(content: bytes, as_json: bool) -> int:
    """Answer each line of a list: as CSV, or as objects with the same names."""
    from web.enterprise import list_check
    from web.lists.exports import defused

    lines = list_check.read(content, most=list_check.MOST_OF_COMMAND)
    with offices.opened() as office, office.sessions() as session:
        shown = answers.bar(lines, "查验证书", length=len(lines))
        rows = list(list_check.answers(session, shown, office.today()))
    if as_json:
        items = [dict(zip(list_check.HEADS, row, strict=True)) for row in rows]
        answers.say_json({"ok": all(row[3] == "有效" for row in rows), "items": items})
    else:
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\n")
        writer.writerows([list_check.HEADS, *([defused(cell) for cell in row] for row in rows)])
        answers.say(written.getvalue().rstrip("\n"))
    return 0 if all(row[3] == "有效" for row in rows) else 1


def _start_of(path: Path) -> bytes:
    """Read a file as far as anything is judged: what is longer is told as too large."""
    with path.open("rb") as stream:
        return stream.read(_MOST_BYTES)


def _files(pdfs: dict[str, bytes], as_json: bool) -> int:
    from web.public.verification import examine

    with offices.opened() as office:
        shown = answers.bar(pdfs.items(), "查验文件", length=len(pdfs))
        verdicts = {name: examine(office, pdf) for name, pdf in shown}
    if as_json:
        answers.say_json({name: verdict.to_json() for name, verdict in verdicts.items()})
    else:
        for name, verdict in verdicts.items():
            standing = verdict.standing.words if verdict.standing else "不是本系统登记的文件"
            said = "通过" if verdict.ok else "真实但未完成" if verdict.waits else "未通过"
            answers.say(f"{name}：{said}，{standing}")
            for signature in verdict.signatures:
                answers.say(f"  {signature['role']} {signature['signer']}：{signature['words']}")
    return 0 if all(verdict.ok for verdict in verdicts.values()) else 1


def _store(trusted: list[Checkpoint], as_json: bool) -> int:
    from casework import checkpoints
    from casework.certificate import register_check
    from casework.notice import letter_check
    from registry.trail import audit
    from web.process import wiring

    with offices.opened() as office:
        folder = office.policy.checkpoints
        kept = checkpoints.read(office, sorted(folder.glob("audit-*.json")) if folder else ())
        proofs = [*trusted, *kept.trusted]
        faults = [
            *kept.faults,
            *wiring.verify_store(
                office,
                proofs,
                watch=lambda digests: answers.bar(digests, "核对文件", length=len(digests)),
            ),
            *(
                difference.words
                for differences, bar in (
                    (register_check.differences, "核对证书与登记"),
                    (letter_check.differences, "核对文书与登记"),
                )
                for difference in differences(office, watch=_bar(bar))
            ),
        ]
        proven_to = max((proof.seq for proof in proofs), default=0)
        with office.sessions() as session:
            since, behind = audit.after(session, proven_to)
    ok = bool(proofs) and not faults
    if as_json:
        answers.say_json({"ok": ok, "proven": bool(proofs), "faults": faults})
        return 0 if ok else 1
    for fault in faults:
        answers.tell(fault)
    answers.say(_words(faults, proofs, since, behind))
    return 0 if ok else 1


def _bar(title: str) -> Watch:
    return lambda listed: answers.bar(listed, title, length=len(listed))


def _words(faults: list[str], proofs: list[Checkpoint], since: datetime | None, behind: int) -> str:
    if faults:
        return f"审计记录、文件和登记有 {len(faults)} 处不符"
    if not proofs:
        return (
            "未见不符，但没有外部存证，不能证明审计记录没有被截断或整体改写；"
            "请运行 zhuce checkpoint"
        )
    last = max(proof.seq for proof in proofs)
    moment = f"（{display.clock_time(since)}）" if since else ""
    return (
        f"审计记录、文件和登记完好：第{last}条{moment}为止有外部存证；"
        f"此后的记录（现有{behind}条）尚未证明，如有删除不能发现"
    )


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="File; by default in the folder.")
@answers.as_json
def checkpoint(out: Path | None, as_json: bool) -> None:
    """Keep a stamped checkpoint of the audit log.

    A daily duty does the same. Copy the files to another machine: `zhuce verify` reads them.
    """
    from casework import checkpoints

    with offices.opened() as office:
        folder = office.policy.checkpoints
        if out is not None:
            try:
                checkpoints.write(out, checkpoints.take(office))
            except OSError as error:
                raise answers.Misused(f"存证无法写入：{error}") from error
            path = out
        elif folder is not None:
            path = checkpoints.keep(office, folder)
        else:
            raise answers.Misused("请用 --out 写明存证文件，或者设置 ZHUCE_CHECKPOINTS")
    if as_json:
        return answers.say_json({"ok": True, "file": str(path)})
    return answers.say(f"存证已写入 {path}")


@click.command()
@click.argument("number", metavar="APPLICATION_NO")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The ZIP to write.")
@answers.as_json
def evidence(number: str, out: Path, as_json: bool) -> None:
    """Write everything of a case to one ZIP.

    Its README.md says how each file is checked with openssl and pdfsig. Taking it is audited.
    """
    from casework.authority import evidence_package
    from engine import actors

    with offices.opened() as office:
        content = evidence_package.build(office, number, actors.SYSTEM)
    try:
        out.write_bytes(content)
    except OSError as error:
        raise answers.Misused(f"案卷无法写入：{error}") from error
    if as_json:
        return answers.say_json({"ok": True, "file": str(out), "bytes": len(content)})
    return answers.say(f"案卷已写入 {out}（{len(content)} 字节），核验方法见其中的 README.md")
