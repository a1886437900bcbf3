"""The command line `zhuce`: one group; each command is a small function of `web.commands`.

Exit status: 0 done; 1 the answer is no, or the house refused (code and text on stderr); 2 the
command was misused: unknown words, unreadable files, wrong settings.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from keyword import iskeyword

import click
from click.exceptions import NoSuchCommand

from web.commands import COMMANDS
from web.process import heap

MISUSED = 2  #: exit status of wrong words, files and settings
STOPPED = 130  #: exit status after Ctrl+C, as shells give it


class Commands(click.Group):
    """A group that imports a command when it is asked for, so that help and completion are fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of a service's life."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command with this name, None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"web.commands.{COMMANDS[cmd_name]}")
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(module, f"{name}_" if iskeyword(name) else name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown word is answered with the nearest ones there are."""
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            raise NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx) from error


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zhuce")
def zhuce() -> None:
    """Zhuce (注册): professional registration as running diagrams."""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    heap.look_less_often()
    try:
        status = zhuce.main(
            None if words is None else list(words), prog_name="zhuce", standalone_mode=False
        )
    except click.ClickException as error:
        error.show()
        if isinstance(error, click.UsageError):
            click.echo(_misused(error), err=True)
        return error.exit_code
    except click.Abort:
        return STOPPED
    except _misuses() as error:
        click.echo(str(error), err=True)
        return MISUSED
    except _refusals() as error:
        click.echo(_told(error), err=True)
        return 1
    return int(status or 0)


def _misused(error: click.UsageError) -> str:
    """Say in Chinese what kind of word was wrong, and where the right ones are found."""
    kinds: list[tuple[type[click.UsageError], str]] = [
        (NoSuchCommand, "没有这个命令"),
        (click.NoSuchOption, "没有这个选项"),
        (click.MissingParameter, "缺少必须写明的参数或者选项"),
        (click.BadParameter, "参数或者选项的值不对"),
    ]
    what = next((words for kind, words in kinds if isinstance(error, kind)), "写法不对")
    path = error.ctx.command_path if error.ctx is not None else "zhuce"
    return f"{what}，命令没有执行。可用的写法见 {path} --help。"


def _refusals() -> tuple[type[Exception], ...]:
    """Return what ends a command with a code and a sentence instead of a trace.

    Asked only when something was raised: a command that goes well does not import all this.
    """
    from sqlalchemy.exc import OperationalError

    from refusals.refusal import Refusal

    return (Refusal, OperationalError)


def _told(error: Exception) -> str:
    """Say a refusal with its code; of a database that is away, what it said and what to look at."""
    from sqlalchemy.exc import OperationalError

    if not isinstance(error, OperationalError):
        return f"{getattr(error, 'code', 'E_REFUSED')} {error}"
    said = str(error.orig).strip().partition("\n")[0]
    remedy = "请检查 ZHUCE_DATABASE_URL、ZHUCE_KEYS_URL 和数据库服务后重试"
    return f"E_DATABASE 数据库无法使用（{said}）。{remedy}。"


def _misuses() -> tuple[type[Exception], ...]:
    from web.process.twins import NoSuchFault
    from web.settings import SettingsError

    return (SettingsError, NoSuchFault)


if __name__ == "__main__":
    sys.exit(main())
