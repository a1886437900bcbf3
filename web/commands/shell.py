"""Completion of commands and options in shells."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from web.commands import answers


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands in a shell.

    \b
    bash: zhuce completion bash > ~/.local/share/bash-completion/completions/zhuce
    zsh:  zhuce completion zsh  > "${fpath[1]}/_zhuce"
    fish: zhuce completion fish > ~/.config/fish/completions/zhuce.fish
    """  # noqa: D301 (click keeps the lines of a block that begins with this mark)
    kind = get_completion_class(shell)
    if kind is None:
        raise click.BadParameter(shell)
    script = kind(ctx.find_root().command, {}, "zhuce", "_ZHUCE_COMPLETE").source()
    answers.say(script)
