"""Two hosts of one machine: a network namespace each, with a cable to whatever is outside."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

NAMES = ("a", "b")
BELIEVED = "/etc/ssl/certs/ca-certificates.crt"  #: where Debian keeps whom it believes


class NoNamespaces(Exception):
    """The kernel refuses network namespaces; the text is what it said."""


class Hosts:
    """The hosts and their cables.

    Each host reaches `outside`, an address of this machine, knows `names` under it, and believes
    one `authority` (a PEM file). As a context manager it makes and unmakes them.
    """

    def __init__(self, folder: Path, names: Sequence[str], authority: Path) -> None:
        self._authority = authority
        self._number = os.getpid() % 250
        self.outside = f"10.77.{self._number}.1"
        self._names = folder / "hosts"
        self._names.write_text(
            "127.0.0.1 localhost\n" + "".join(f"{self.outside} {name}\n" for name in names)
        )

    def address(self, host: str) -> str:
        """Give the address of a host."""
        return f"10.77.{self._number}.{10 + NAMES.index(host)}"

    def inside(self, host: str, *command: str) -> list[str]:
        """Give what runs a command on a host."""
        own = f"mount --bind {self._names} /etc/hosts && mount --bind {self._authority} {BELIEVED}"
        named = f'{own} && exec "$@"'
        return ["ip", "netns", "exec", self._space(host), "sh", "-c", named, "sh", *command]

    def __enter__(self) -> Hosts:
        """Make the hosts. Raises: NoNamespaces."""
        bridge = f"zh{self._number}"
        try:
            _ip("link", "add", bridge, "type", "bridge")
            _ip("addr", "add", f"{self.outside}/24", "dev", bridge)
            _ip("link", "set", bridge, "up")
            for host in NAMES:
                space, here, there = self._space(host), f"{bridge}{host}", f"{bridge}{host}h"
                _ip("netns", "add", space)
                _ip("link", "add", here, "type", "veth", "peer", "name", there)
                _ip("link", "set", here, "master", bridge, "up")
                _ip("link", "set", there, "netns", space)
                _ip("-n", space, "addr", "add", f"{self.address(host)}/24", "dev", there)
                _ip("-n", space, "link", "set", there, "up")
                _ip("-n", space, "link", "set", "lo", "up")
                subprocess.run(
                    self.inside(host, "true"), check=True, capture_output=True, text=True
                )
        except (OSError, subprocess.CalledProcessError) as error:
            self.__exit__()
            raise NoNamespaces(getattr(error, "stderr", "") or str(error)) from error
        return self

    def __exit__(self, *_: object) -> None:
        for words in (
            ("link", "del", f"zh{self._number}"),
            *(("netns", "del", self._space(host)) for host in NAMES),
        ):
            subprocess.run(["ip", *words], capture_output=True, check=False)

    def _space(self, host: str) -> str:
        return f"zhuce-{self._number}-{host}"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
