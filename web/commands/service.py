"""Running the service: the database, the pages, the jobs; and the commands in a shell."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

import click

from web.commands import answers, offices

if TYPE_CHECKING:
    from web.settings import Settings


@click.command()
@answers.as_json
def migrate(as_json: bool) -> None:
    """Bring the database to the present schema."""
    from web.process import wiring

    began = time.monotonic()
    wiring.migrate_database(offices.settings())
    seconds = time.monotonic() - began
    if as_json:
        return answers.say_json({"ok": True, "seconds": round(seconds, 1)})
    return answers.say(f"数据库已是最新结构（{seconds:.1f} 秒）")


@click.command()
@click.option(
    "--prepare", is_flag=True, help="Do migrate, deploy and seed --population first: one start."
)
def serve(prepare: bool) -> None:
    """Serve the pages and do the jobs until told to stop."""
    settings = offices.settings()
    if settings.metrics_port:  # before anything that counts is imported
        import_module("web.process.sharing").begin()
    from web import page_modules
    from web.process import logs, watcher, wiring

    serving = import_module("web.serving")  # imported once, here: each process is a copy
    page_modules(settings)
    if prepare and (status := watcher.apart(_prepare)):
        raise SystemExit(status)
    wiring.require_schema(settings.database_url)
    wiring.require_built(settings)
    listener = wiring.bind_port(settings)
    logs.configure()
    for line in _greeting():
        answers.say(line)
    beside = _monitor(settings) if settings.metrics_port else None
    watcher.Watcher(listener, serving.main, settings.processes, beside).run()


def _monitor(settings: Settings) -> Callable[[int, int], None]:
    """Bind the port of the monitor; give what a process does to answer there."""
    from web.process import monitor

    listener = monitor.bind(settings)
    return lambda _, life: monitor.main(settings, listener, life)


def _prepare() -> int:
    """Do by themselves what comes before the first page; give the status of what failed."""
    cli = import_module("web.cli")  # as a shell would start it, in a copy of this process
    for words in (["migrate"], ["deploy"], ["seed", "--population"]):
        if status := int(cli.main(words)):
            return status
    _open_first_page()
    return 0


def _open_first_page() -> None:
    """Open the first page once on a machine: its templates are compiled for whoever comes."""
    from web import create_app
    from web.ui import compiled

    settings = offices.settings()
    with offices.opened(settings) as office:
        app = create_app(settings, office)
        if compiled.is_empty(app.jinja_env):
            app.test_client().get("/")


def _greeting() -> list[str]:
    """Tell the address and who can sign in."""
    from adapters import world

    settings = offices.settings()
    base = settings.base_url
    if not (settings.demo and settings.is_embedded):
        return [f"地址  {base}"]
    people = "、".join(citizen.name for citizen in world.CITIZENS)
    officers = "、".join(official.name for official in world.OFFICIALS)
    companies = [company for company in world.COMPANIES if company.pin]
    return [
        f"地址  {base}",
        f"个人  {base}/sign-in/person  {people}",
        *(
            f"企业  {base}/sign-in/enterprise  {company.name}，证书密码 {company.pin}"
            for company in companies
        ),
        f"机关  {base}/sign-in/officer  {officers}",
        f"短信  {base}/phone",
    ]


@click.command()
@click.option("--metrics-port", type=int, help="Where a monitor reads; not that of `zhuce serve`.")
def worker(metrics_port: int | None) -> None:
    """Do jobs without serving pages, until told to stop."""
    from web.operations import traces
    from web.process import heap, monitor, twins, wiring

    heap.be_thrifty()
    settings = offices.settings()
    traces.begin(settings)
    settings = replace(settings, metrics_port=metrics_port or 0)
    with ExitStack() as open_things:
        listener = monitor.bind(settings) if metrics_port else None
        office = open_things.enter_context(offices.opened(settings))
        if listener is not None:
            monitor.Monitor(office, settings, listener).start()
        crew = wiring.Crew(office, max(settings.worker_threads, 1))
        crew.start()
        heap.settle()
        twins.wait_for_the_end()
        crew.stop()


@click.command()
def token() -> None:
    """Hold the agency's token for all processes.

    Until told to stop, for this host. ZHUCE_TOKEN_MODULE, _LABEL and _PIN say which; it answers at
    ZHUCE_TOKEN_SOCKET.
    """
    import threading
    from pathlib import Path

    from web.process import logs, twins
    from web.settings import SettingsError

    settings = offices.settings()
    for name in ("token_socket", "token_module", "token_label", "token_pin"):
        if not getattr(settings, name):
            raise SettingsError(
                f"ZHUCE_{name.upper()} is missing: zhuce token cannot do without it"
            )
    logs.configure()
    try:
        device = import_module("adapters.keys.device")
    except ModuleNotFoundError as error:
        raise SettingsError("python-pkcs11 is not installed: make setup EXTRAS=pkcs11") from error
    held = device.Device(Path(settings.token_module), settings.token_label, settings.token_pin)
    service = import_module("adapters.keys.service").TokenService(Path(settings.token_socket), held)
    answering = threading.Thread(target=service.serve_forever, name="token", daemon=True)
    answering.start()
    answers.say(f"密码设备  {settings.token_label}  {settings.token_socket}")
    twins.wait_for_the_end()
    service.shutdown()
    service.server_close()


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
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.BadParameter(shell)
    script = kind(ctx.find_root().command, {}, "zhuce", "_ZHUCE_COMPLETE").source()
    answers.say(script)
