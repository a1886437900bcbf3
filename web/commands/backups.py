"""Backup and restore: the whole service into a folder, and back; the keys of stored files."""

from __future__ import annotations

from pathlib import Path

import click

from web.commands import answers, offices


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@answers.as_json
def backup(folder: Path, as_json: bool) -> None:
    """Copy register, keys and files.

    FOLDER is new or empty. The service may go on. The secret (ZHUCE_SECRET) is not in it: keep it
    apart.
    """
    from web.process import backups, wiring

    settings = offices.settings()
    wiring.require_schema(settings.database_url)
    taken = backups.take(
        settings,
        folder,
        wiring.utc_now(),
        watch=lambda digests: answers.bar(digests, "复制文件", length=len(digests)),
    )
    with offices.opened(settings) as office:
        backups.note(office, backups.TAKEN)
    if as_json:
        counts = {"files": len(taken.files), "sealed_to": taken.sealed_to}
        return answers.say_json({"ok": True, "taken_at": taken.taken_at, **counts})
    answers.say(f"已备份到 {folder}：登记库、密钥库和文件 {len(taken.files)} 份")
    answers.say("备份中没有 ZHUCE_SECRET，请另行保管：没有它，备份打不开")
    return None


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@answers.as_json
def restore(folder: Path, as_json: bool) -> int:
    """Bring a backup into empty databases.

    FOLDER is what `zhuce backup` wrote. Afterwards the audit trail and all files are checked; the
    exit status is 1 when something is wrong.
    """
    from registry.trail.audit import Checkpoint
    from web.process import backups, wiring

    settings = offices.settings()

    def watch(label: str) -> backups.Watch:
        return lambda digests: answers.bar(digests, label, length=len(digests))

    brought = backups.restore(settings, folder, watch=watch("备份文件"))
    wiring.migrate_database(settings)
    with offices.opened(settings) as office:
        sealed = Checkpoint(seq=brought.sealed_to, root=brought.root)
        faults = wiring.verify_store(office, [sealed], watch=watch("核对文件"))
        backups.note(office, backups.RESTORED)
    if as_json:
        counts = {"files": len(brought.files), "sealed_to": brought.sealed_to}
        answers.say_json(
            {"ok": not faults, "taken_at": brought.taken_at, **counts, "faults": faults}
        )
        return 1 if faults else 0
    for fault in faults:
        answers.tell(fault)
    answers.say(f"已恢复 {brought.taken_at} 的备份：文件 {len(brought.files)} 份")
    answers.say(f"核对有 {len(faults)} 处不符" if faults else "审计记录和文件核对无误")
    return 1 if faults else 0


@click.group()
def files() -> None:
    """Look after stored files and their keys."""


@files.command("renew-keys")
@answers.as_json
def renew_keys(as_json: bool) -> int:
    """Wrap every file by the key of today.

    Set ZHUCE_FILE_KEY, put the former one into ZHUCE_FORMER_FILE_KEYS, start all processes anew,
    then run this; the former one may go when the exit status is 0. The service may go on.
    """
    from web.process import file_keys

    settings = offices.settings()
    with offices.opened(settings) as office:
        renewed = file_keys.renew(
            settings,
            office,
            watch=lambda digests: answers.bar(digests, "更换密钥", length=len(digests)),
        )
    if as_json:
        counts = {"renewed": renewed.done, "files": renewed.files}
        answers.say_json({"ok": not renewed.faults, **counts, "faults": renewed.faults})
        return 1 if renewed.faults else 0
    for fault in renewed.faults:
        answers.tell(fault)
    answers.say(f"共{renewed.files}份文件，更换了{renewed.done}份的密钥")
    return 1 if renewed.faults else 0


@click.group()
def secret() -> None:
    """Look after the secrets of the deployment."""


@secret.command()
@answers.as_json
def rotate(as_json: bool) -> int:
    """Move what lies under former secrets to those of today.

    Set a new ZHUCE_REGISTER_KEY, ZHUCE_SIGNING_KEY, ZHUCE_SESSION_KEY or ZHUCE_FILE_KEY, put the
    one before into ZHUCE_FORMER_…_KEYS, start all processes anew, then run this while the service
    works. The former ones may go when the exit status is 0, and backups no longer need them.
    """
    from web.process import secret_keys

    settings = offices.settings()
    with offices.opened(settings, alone="secret") as office:
        rotated = secret_keys.rotate(settings, office)
    if as_json:
        answers.say_json({"ok": not rotated.faults, **vars(rotated)})
        return 1 if rotated.faults else 0
    for fault in rotated.faults:
        answers.tell(fault)
    counts = f"登记数据{rotated.register}项，签名密钥{rotated.keys}个，文件{rotated.files}份"
    answers.say(f"已改用现在的密钥：{counts}")
    return 1 if rotated.faults else 0
