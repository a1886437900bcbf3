"""How a command answers: words for people, JSON for machines, a bar while it lasts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
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
