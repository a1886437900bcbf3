"""How a command answers: words for people, JSON for machines, a bar while it lasts."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

Item = TypeVar("Item")

as_json = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")


class Misused(click.ClickException):
    """A word or file on the command line that cannot be used; exit status 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Tell it in one line."""
        tell(self.message)


def read(path: Path) -> bytes:
    """Read a file that was named on the command line. Raises: Misused."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misused(f"文件无法读取：{why(error)}") from error


def why(error: OSError) -> str:
    """Say in Chinese what the machine says of a file or folder, and of which."""
    said = _WHY.get(error.errno or 0) or str(error.strerror or error)
    return f"{error.filename} {said}"


_WHY = {
    errno.ENOENT: "不存在，请核对路径",
    errno.EISDIR: "是文件夹，请写明其中的文件",
    errno.ENOTDIR: "路径中有一段不是文件夹，请核对路径",
    errno.EEXIST: "已经存在，请换一个名称",
    errno.EACCES: "没有权限，请用运行本服务的账户执行",
    errno.EPERM: "没有权限，请用运行本服务的账户执行",
    errno.EROFS: "所在的磁盘只能读取，请换一个位置",
    errno.ENOSPC: "磁盘已满，请清理或者换一个位置",
}


def say(text: str) -> None:
    """Print a line of the answer, at once."""
    click.echo(text)
    sys.stdout.flush()


def tell(text: str) -> None:
    """Print what is wrong, on stderr."""
    click.echo(text, err=True)


def say_json(answer: object) -> None:
    """Print the whole answer as one JSON document."""
    say(json.dumps(answer, ensure_ascii=False, indent=1))


def bar(items: Iterable[Item], label: str, *, length: int | None = None) -> Iterator[Item]:
    """Yield `items` while a bar grows on stderr; where that is no terminal nothing is printed.

    `length` is how many there are, where `items` cannot tell.
    """
    with click.progressbar(
        items, length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as shown:
        yield from shown
