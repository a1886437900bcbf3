"""The secrets of the deployment: moving what lies under a former one to that of today."""

from __future__ import annotations

import click

from web.commands import answers, offices


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
