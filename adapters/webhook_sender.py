"""Sending messages to addresses that others gave us, without being led into our own network.

The name is resolved once; every address it has must be one of the public internet, and the
connection goes to the address that was judged, whatever the name says a moment later. No redirect
is followed, no proxy asked, and the whole conversation is bounded in time and bytes.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import httpx
import structlog

from adapters.wire.deadline import bounded
from refusals.refusal import Refusal

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]

CONNECT_S = 3.0
TIMEOUT_S = 10.0  #: for the whole answer
LARGEST_BYTES = 65_536  #: of an answer, which nobody reads
LONGEST = 500  #: characters of an address
_PORTS = {"https": 443, "http": 80}
_NAT64 = ip_network("64:ff9b::/96")

_LOG = structlog.get_logger(__name__)


class TargetInvalid(Refusal):
    """接收地址应为https://开头、不含用户名和密码的网址，最多500个字符。请修改后重新提交。"""

    code = "E_WEBHOOK_URL"


class TargetInner(Refusal):
    """接收地址指向内部网络，不能使用。请使用能够从互联网访问的地址。"""

    code = "E_WEBHOOK_INNER"
    is_denial = True


class TargetSilent(Refusal):
    """接收地址没有在{seconds}秒内应答（{why}）。请检查接收程序后重试。"""

    code = "E_WEBHOOK_SILENT"
    may_pass = True


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class WebhooksOverHttp:
    """Posts messages; `inner` are networks of our own that may be sent to nevertheless."""

    def __init__(
        self,
        *,
        inner: Iterable[Network] = (),
        resolve: Resolve = _resolve,
        transport: httpx.BaseTransport | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Take how names are resolved, and what stands for the network."""
        self._inner = tuple(inner)
        self._resolve = resolve
        self._timeout_s = timeout_s
        self._transport = transport

    def examine(self, url: str) -> None:
        """Refuse an address that nothing may be sent to.

        Raises: TargetInvalid, TargetInner, TargetSilent when its name is nobody's.
        """
        self._judged(_read(url))

    def send(self, url: str, headers: Mapping[str, str], content: bytes) -> int:
        """Post `content` once and return the status of the answer, also of a redirect.

        Raises: as `examine`, and TargetSilent.
        """
        target = _read(url)
        address = self._judged(target)
        pinned = target.copy_with(host=str(address))
        own = {**headers, "Host": target.netloc.decode("ascii"), "Connection": "close"}
        try:
            with (
                httpx.Client(
                    transport=bounded(self._transport, seconds=self._timeout_s),
                    timeout=httpx.Timeout(self._timeout_s, connect=CONNECT_S),
                    follow_redirects=False,
                    trust_env=False,
                ) as client,
                client.stream(
                    "POST",
                    pinned,
                    headers=own,
                    content=content,
                    extensions={"sni_hostname": target.host},
                ) as answer,
            ):
                size = 0
                with suppress(httpx.ReadTimeout):
                    for piece in answer.iter_raw():
                        size += len(piece)
                        if size > LARGEST_BYTES:
                            break  # its status is known; what it goes on to say is not asked
                return answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            _LOG.warning("webhook_failed", error=type(error).__name__)
            why = type(error).__name__
            raise TargetSilent(seconds=round(self._timeout_s), why=why) from error

    def _judged(self, target: httpx.URL) -> Address:
        """Give an address of the target, every one of which may be sent to."""
        try:
            found = self._resolve(target.host, target.port or _PORTS[target.scheme])
            addresses = [ip_address(text.partition("%")[0]) for text in found]
        except (OSError, UnicodeError, ValueError) as error:
            raise TargetSilent(seconds=round(self._timeout_s), why="NoSuchName") from error
        if not addresses:
            raise TargetSilent(seconds=round(self._timeout_s), why="NoSuchName")
        are_inner = [self._is_allowed_inner(address) for address in addresses]
        if not all(
            known or is_public(address) for known, address in zip(are_inner, addresses, strict=True)
        ):
            raise TargetInner
        if target.scheme != "https" and not all(are_inner):
            raise TargetInvalid
        return addresses[0]

    def _is_allowed_inner(self, address: Address) -> bool:
        return any(address.version == net.version and address in net for net in self._inner)


def is_public(address: Address) -> bool:
    """Tell whether an address is of the public internet, also when it is wrapped in another.

    >>> is_public(ip_address("1.1.1.1")), is_public(ip_address("::ffff:10.0.0.1"))
    (True, False)
    """
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        wrapped = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None:
            return False
        if wrapped is not None:
            return is_public(wrapped)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _read(url: str) -> httpx.URL:
    try:
        target = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise TargetInvalid from error
    is_plain = not (target.userinfo or target.fragment)
    if len(url) > LONGEST or target.scheme not in _PORTS or not target.host or not is_plain:
        raise TargetInvalid
    return target
