"""The one door out: requests to addresses that others choose, and connections only where they may lead.

Every address is judged where the socket is made, whatever it was written as: a name, a name that answers another address
the second time, a literal. No redirects, no proxies from the environment, no cookies, bounded time and size.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

TOTAL_SECONDS: Final = 15.0
MOST_BYTES: Final = 65_536  # of an answer
MAX_URL: Final = 2_048
LOOKUPS: Final = 64  # names that are asked for at one time, each in a thread of its own
USUAL_PORTS: Final = frozenset({80, 443})
LOOPBACK: Final = frozenset({"localhost", "localhost.localdomain"})

# What is no public address of a single host. Not `is_global`: it calls many of these global (reliability, section 3.7).
DENIED: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(one)
    for one in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' own
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "::/96",  # unspecified, loopback, IPv4-compatible
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64 of a network's own
        "100::/64",  # discard
        "100:0:0:1::/64",  # dummy prefix
        "2001::/23",  # Teredo, benchmarks, ORCHID and other protocols
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fc00::/7",  # private
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local
        "ff00::/8",  # multicast
    )
)
_PUBLIC_6: Final = ipaddress.ip_network("2000::/3")  # nothing else was ever given out


class Refused(Exception):
    """A URL or an address that we do not call; the message is a sentence for the one who gave it."""


class _DeniedAddress(OSError):
    """Raised where a socket would have been made."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``status`` is None if nothing did; then ``error`` is a sentence. ``seconds``: how long it took.

    ``retry_after_ms``: what the receiver asks for. ``body``: the beginning of the answer, bounded.
    """

    status: int | None
    seconds: float
    error: str | None = None
    retry_after_ms: int | None = None
    body: bytes = b""


class Gate:
    """Says which addresses and URLs may be called: public ones, and the networks that the operator allows."""

    def __init__(self, networks: Sequence[str] = (), *, http: bool = False) -> None:
        self._allowed = tuple(ipaddress.ip_network(one) for one in networks)
        self._http = http

    def admits(self, address: str, port: int) -> bool:
        """Whether a connection to a numeric address and port may be made."""
        try:
            found = _unwrapped(ipaddress.ip_address(address))
        except ValueError:
            return False
        if _within(found, self._allowed):
            return True
        if port not in USUAL_PORTS or _within(found, DENIED):
            return False
        return found.version == 4 or found in _PUBLIC_6

    def check(self, text: str) -> URL:
        """The URL, if it may be called as far as can be told before its name is looked up; raises Refused."""
        if len(text) > MAX_URL or not text.isprintable() or "\\" in text or " " in text:
            raise Refused(f"Send a URL of at most {MAX_URL} printable characters.")
        try:
            url = URL(text)
            port, host = url.port, url.raw_host
        except ValueError:
            raise Refused("This is no URL.") from None
        if url.scheme != "https" and not (url.scheme == "http" and self._http):
            raise Refused("Send a URL that begins with https://.")
        if not host:
            raise Refused("The URL names no host.")
        if url.raw_user is not None or url.raw_password is not None or "@" in (url.raw_authority or ""):
            raise Refused("Leave user and password out of the URL.")
        if url.raw_fragment or text.endswith("#"):
            raise Refused("Leave the part after # out of the URL.")
        if port not in USUAL_PORTS and not self._allowed:
            raise Refused("Use port 443; other ports need a network that the operator allows.")
        self._check_host(host, port or 0)
        return url

    def _check_host(self, host: str, port: int) -> None:
        name = host.rstrip(".").lower()
        sentence = "This address is not reachable from here: only public ones are, and networks that the operator allows."
        if _is_literal(host):
            if not self.admits(host, port):
                raise Refused(sentence)
        elif (name in LOOPBACK or name.endswith(".localhost")) and not self._allowed:
            raise Refused(sentence)


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _is_literal(host: str) -> bool:
    # What looks like a number is one to some reader of URLs, so it must be one to us: 127.1, 0x7f000001, 017700000001.
    last = host.rstrip(".").rpartition(".")[2].lower()
    return ":" in host or last.isdigit() or last.startswith("0x")


class GuardedResolver(AbstractResolver):
    """Looks names up, each in a thread of its own and once at a time, and keeps only addresses that are admitted.

    The event loop's own threads are few: one name server that hangs would make everybody wait.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._under_way: dict[tuple[str, int], asyncio.Future[list[tuple[Any, ...]]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Addresses of a name; raises OSError if there is none that is admitted."""
        found: list[ResolveResult] = []
        denied = False
        for kind, _, protocol, _, place in await self.look_up(host, port):
            address = str(place[0])
            if not self._gate.admits(address, port):
                denied = True
                continue
            found.append(
                ResolveResult(
                    hostname=host,
                    host=address,
                    port=port,
                    family=kind,
                    proto=protocol,
                    flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
                )
            )
        if not found:
            raise _DeniedAddress("denied") if denied else OSError("no address")
        return found

    async def look_up(self, host: str, port: int) -> list[tuple[Any, ...]]:
        """What the system's resolver says of a name."""
        place = (host, port)
        waiting = self._under_way.get(place)
        if waiting is None:
            if len(self._under_way) >= LOOKUPS:
                raise OSError("too many names are being looked up")
            waiting = self._begin(place)
        return await asyncio.shield(waiting)

    def _begin(self, place: tuple[str, int]) -> asyncio.Future[list[tuple[Any, ...]]]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[tuple[Any, ...]]] = loop.create_future()
        self._under_way[place] = future

        def done(found: list[tuple[Any, ...]] | OSError) -> None:
            self._under_way.pop(place, None)
            if isinstance(found, OSError):
                future.set_exception(found)
                future.exception()  # perhaps nobody waits any more
            else:
                future.set_result(found)

        def ask() -> None:
            found: list[tuple[Any, ...]] | OSError
            try:
                found = list(socket.getaddrinfo(*place, type=socket.SOCK_STREAM))
            except OSError as failure:
                found = failure
            except UnicodeError:  # a label that no name server could be asked for
                found = OSError("not a name")
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody asks any more
                loop.call_soon_threadsafe(done, found)

        threading.Thread(target=ask, name="look-up", daemon=True).start()
        return future

    async def close(self) -> None:
        """Nothing is held open."""


class Egress:
    """Sends requests through the gate. An async context."""

    def __init__(
        self, gate: Gate, *, total_seconds: float = TOTAL_SECONDS, resolver: AbstractResolver | None = None
    ) -> None:
        self.gate = gate
        self._seconds = total_seconds
        self._resolver = resolver or GuardedResolver(gate)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            resolver=self._resolver,
            use_dns_cache=False,
            socket_factory=self._socket,
            limit=0,  # bounded by who sends: one slow receiver must not take another's turn
            limit_per_host=0,
            keepalive_timeout=15,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=self._seconds),
            trust_env=False,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "moderation-webhooks/1", "Accept-Encoding": "identity"},
            skip_auto_headers=("Accept",),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._session is not None
        await self._session.close()

    def _socket(self, info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, place = info
        if not self.gate.admits(str(place[0]), int(place[1])):
            raise _DeniedAddress("denied")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, keep: int = 0) -> Answer:
        """Posts a body and says what came back, with up to ``keep`` bytes of the answer. Raises nothing of the network's."""
        assert self._session is not None
        began = time.monotonic()
        status: int | None = None
        try:
            checked = self.gate.check(url)
            async with self._session.post(checked, data=body, headers=headers, allow_redirects=False) as came:
                status = came.status
                wish = _wish_of(came.headers.get("Retry-After"))
                kept = b""
                # The status is the answer; what follows it is read so that the connection can be used again.
                with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                    kept = await _beginning(came.content, keep)
                return Answer(status, time.monotonic() - began, None, wish, kept)
        except Refused as refused:
            return Answer(None, time.monotonic() - began, str(refused))
        except Exception as failure:  # whatever a stranger's server sends must not stop deliveries to others
            return Answer(None, time.monotonic() - began, _sentence(failure, self._seconds))


async def _beginning(content: aiohttp.StreamReader, keep: int) -> bytes:
    kept, size = bytearray(), 0
    async for part in content.iter_chunked(8_192):
        size += len(part)
        if len(kept) < keep:
            kept += part[: keep - len(kept)]
        if size >= MOST_BYTES:
            break
    return bytes(kept)


def _wish_of(header: str | None) -> int | None:
    """``Retry-After``, seconds or a date, in milliseconds from now; None if there is none that can be read."""
    if header is None or len(header) > 40 or not header.isascii():
        return None
    if header.isdigit():
        return min(int(header), 10**9) * 1000
    try:
        return max(0, int((parsedate_to_datetime(header).timestamp() - time.time()) * 1000))
    except (ValueError, OverflowError):
        return None


def _sentence(failure: BaseException, seconds: float) -> str:
    """What went wrong, in our words: those of the library would quote addresses."""
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, _DeniedAddress):
            return "The name leads to an address that may not be called from here."
        cause = cause.__cause__ or cause.__context__
    if isinstance(failure, TimeoutError):
        return f"No answer within {seconds:g} seconds."
    if isinstance(failure, aiohttp.ClientConnectorCertificateError):
        return "The server's certificate is not valid for this name."
    if isinstance(failure, aiohttp.ClientSSLError):
        return "The server does not speak TLS as it should."
    if isinstance(failure, aiohttp.ClientConnectorDNSError):
        return "The name leads to no address."
    if isinstance(failure, aiohttp.ClientConnectorError):
        return "No connection could be made."
    if isinstance(failure, aiohttp.ClientResponseError):
        return "The answer is not HTTP."
    return "The connection ended before an answer came."
