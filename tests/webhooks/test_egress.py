"""The door out: no evil URL reaches a listener of this machine, and no receiver takes more than its time and size."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from moderation.webhooks.egress import DENIED, LOOKUPS, MOST_BYTES, Egress, Gate, GuardedResolver, Refused
from tests.support.receiver import Came, Receiver

# {port} is the canary's: a listener on every address of this machine, IPv4 and IPv6.
EVIL = [
    "http://127.0.0.1:{port}/", "http://127.0.0.1:{port}", "https://127.0.0.1:{port}/", "http://127.1:{port}/",
    "http://127.0.1:{port}/", "http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://0x7f.0.0.1:{port}/",
    "http://0x7f.1:{port}/", "http://017700000001:{port}/", "http://0177.0.0.1:{port}/", "http://0177.1:{port}/",
    "http://127.0.0.1.:{port}/", "http://127.255.255.254:{port}/", "http://0.0.0.0:{port}/", "http://0:{port}/",
    "http://0x0:{port}/", "http://00000000:{port}/", "http://127.000.000.001:{port}/", "http://4294967296:{port}/",
    "http://localhost:{port}/", "http://LOCALHOST:{port}/", "http://localhost.:{port}/", "http://foo.localhost:{port}/",
    "http://localhost.localdomain:{port}/", "http://ip6-localhost:{port}/", "http://[::1]:{port}/", "http://[::]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/", "http://[0000::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/", "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/", "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/", "http://[64:ff9b::7f00:1]:{port}/", "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/", "http://[2001:0:7f00:1::]:{port}/", "http://[fe80::1%25lo]:{port}/",
    "http://[fe80::1%lo]:{port}/", "http://[fec0::1]:{port}/", "http://[fc00::1]:{port}/", "http://[ff02::1]:{port}/",
    "http://[5f00::1]:{port}/", "http://[100::1]:{port}/", "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/latest/meta-data/", "http://[::ffff:a9fe:a9fe]/", "http://2852039166/",
    "http://0xa9fea9fe/", "http://metadata.google.internal/", "http://10.0.0.1/", "http://172.16.0.1/",
    "http://192.168.1.1/", "http://100.64.0.1/", "http://192.0.0.8/", "http://192.88.99.1/", "http://198.18.0.1/",
    "http://224.0.0.1/", "http://255.255.255.255/", "http://user:pass@127.0.0.1:{port}/", "http://example.com@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@example.com/", "http://127.0.0.1:{port}#@example.com/", "http://example.com#@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.com/", "http://example.com\\@127.0.0.1:{port}/", "http://①②⑦.0.0.1:{port}/",
    "http://127。0。0。1:{port}/", "http://127．0．0．1:{port}/", "http://ⓛocalhost:{port}/", "http://１２７.0.0.1:{port}/",
    "http://127.0.0.1%00.example.com:{port}/", "http://127.0.0.1%2eexample.com:{port}/", "http://127.0.0.1\t:{port}/",
    "http://127.0.0.1\r\n:{port}/", "http:///127.0.0.1:{port}/", "http:127.0.0.1:{port}/", "//127.0.0.1:{port}/",
    "127.0.0.1:{port}", "file:///etc/passwd", "gopher://127.0.0.1:{port}/_x", "ftp://127.0.0.1:{port}/",
    "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "ws://127.0.0.1:{port}/",
    "javascript:alert(1)", "data:text/plain,x", "http://", "https://", "", "http://[", "http://[::1", "http://a b/",
    "http://evil.test:{port}/", "http://twofaced.test:{port}/", "http://cname.test:{port}/", "http://mapped.test:{port}/",
    "http://nat64.test:{port}/", "http://mixed.test:{port}/", "http://127.0.0.1.nip.test:{port}/", "http://evil.test/",
    "https://evil.test:{port}/", "https://twofaced.test:{port}/",
]  # fmt: skip

# What the world's name servers say: public addresses here are documentation's, which nobody has, or this machine's.
NAMES = {
    "evil.test": ["127.0.0.1"],
    "cname.test": ["127.0.0.1", "::1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "mixed.test": ["169.254.169.254", "127.0.0.1", "10.0.0.1"],
    "127.0.0.1.nip.test": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
}


class Names(GuardedResolver):
    """The real resolver on names of our own. ``twofaced.test`` is public the first time only."""

    asked = 0

    async def look_up(self, host: str, port: int) -> list[tuple[Any, ...]]:
        if host == "twofaced.test":
            self.asked += 1
            found = ["8.8.8.8"] if self.asked == 1 else ["127.0.0.1"]
        elif host in NAMES:
            found = NAMES[host]
        elif host.isascii() and host.endswith((".test", "example.com")):
            raise OSError("no such name")
        else:
            return await super().look_up(host, port)
        families = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in found]
        return [
            (family, socket.SOCK_STREAM, 6, "", (one, port))
            for family, one in zip(families, found, strict=True)
        ]


class Canary:
    """Counts connections to this machine on any of its addresses."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    found = Canary()
    server = await asyncio.start_server(found._connected, "0.0.0.0", 0)
    found.port = server.sockets[0].getsockname()[1]
    with contextlib.suppress(OSError):  # a machine without IPv6 has nothing there to reach
        six = await asyncio.start_server(found._connected, "::1", found.port)
        async with server, six:
            yield found
        return
    async with server:
        yield found


def test_there_are_enough_of_them() -> None:
    assert len(set(EVIL)) >= 100


async def test_the_canary_sings(canary: Canary) -> None:
    """The listener would notice: with its network allowed it is reached."""
    gate = Gate(["127.0.0.0/8"], http=True)
    async with Egress(gate, resolver=Names(gate)) as egress:
        await egress.post(f"http://127.0.0.1:{canary.port}/", {}, b"{}")
        assert canary.connections == 1
        await egress.post(f"http://evil.test:{canary.port}/", {}, b"{}")
        assert canary.connections == 2


@pytest.mark.parametrize("networks", [(), ("10.99.0.0/16",)], ids=["public only", "a network allowed"])
async def test_no_evil_url_reaches_the_canary(canary: Canary, networks: tuple[str, ...]) -> None:
    """With HTTP allowed, and with a network allowed, so that no early check alone holds them back."""
    gate = Gate(networks, http=True)
    # The one public address is never really called: the test must not leave this machine.
    made: list[str] = []

    class Watched(Egress):
        def _socket(self, info: tuple[Any, ...]) -> socket.socket:
            made.append(str(info[4][0]))
            real = super()._socket(info)
            real.close()
            raise OSError("the test ends here")

    async with Watched(gate, total_seconds=3, resolver=Names(gate)) as egress:
        for url in EVIL:
            for _ in range(2):  # a rebinding name answers otherwise the second time
                answer = await egress.post(url.format(port=canary.port), {}, b"{}")
                assert answer.status is None, url
                assert answer.error, url
                assert "127.0.0.1" not in answer.error
    assert canary.connections == 0
    public = {one for one in made if gate.admits(one, 443)}
    assert public <= {"8.8.8.8"}


async def test_a_literal_is_judged_at_the_socket_too(canary: Canary) -> None:
    """aiohttp does not ask the resolver for literals: where the URL's check fails, the socket's does not."""

    class Open(Gate):
        def _check_host(self, host: str, port: int) -> None:
            return

    for url in EVIL:
        gate = Open(["10.99.0.0/16"], http=True)
        async with Egress(gate, total_seconds=1, resolver=Liar(gate)) as egress:
            if "example.com" not in url and "twofaced" not in url:
                await egress.post(url.format(port=canary.port), {}, b"{}")
    assert canary.connections == 0


class Liar(AbstractResolver):
    """A resolver without a guard that says what the attacker likes."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=6, flags=0)
        ]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("url", EVIL)
def test_a_bad_url_is_refused_with_a_sentence_or_left_to_the_socket(url: str) -> None:
    text = url.format(port=8080)
    said = ""
    try:
        Gate().check(text)
    except Refused as refused:
        said = str(refused)
    assert said.endswith(".") or "https://" in text and ".test" in text, (
        "only what has to be looked up may pass"
    )


@pytest.mark.parametrize(
    "address",
    ["64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "::127.0.0.1", "fec0::1", "224.0.0.1", "ff02::1", "192.88.99.1",
     "192.0.0.8", "::ffff:10.0.0.1", "0.0.0.0", "::", "::1", "2001::1", "2001:db8::1", "3fff::1", "4000::1", "fe80::1%1"],
)  # fmt: skip
def test_what_python_calls_global_and_is_not(address: str) -> None:
    assert not Gate().admits(address, 443)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "172.32.0.1", "100.128.0.1"]
)
def test_public_addresses_are_admitted_on_the_usual_ports(address: str) -> None:
    gate = Gate()
    assert gate.admits(address, 443)
    assert gate.admits(address, 80)
    assert not gate.admits(address, 6379)


def test_each_end_of_each_denied_network_is_denied() -> None:
    for network in DENIED:
        for address in (network[0], network[-1]):
            assert not Gate().admits(str(address), 443), address


def test_an_operator_allows_a_network_and_no_more() -> None:
    gate = Gate(["10.1.0.0/16", "fd00::/8"])
    assert gate.admits("10.1.2.3", 8080)
    assert gate.admits("::ffff:10.1.2.3", 8080)
    assert gate.admits("fd12::1", 8443)
    assert not gate.admits("10.2.0.1", 443)
    assert not gate.admits("169.254.169.254", 80)
    with pytest.raises(ipaddress.AddressValueError):
        ipaddress.IPv4Address("10.1")
    with pytest.raises(Refused, match="https"):
        gate.check("http://10.1.2.3:8080/")
    assert str(gate.check("https://10.1.2.3:8443/x?y=1")) == "https://10.1.2.3:8443/x?y=1"


LOCAL = Gate(["127.0.0.0/8"], http=True)

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """A server of bytes, by its URL; at the end every connection is over."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await serve(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        await asyncio.gather(*tasks, return_exceptions=True)


def redirect(place: str, status: int) -> Callable[[Came], web.StreamResponse]:
    return lambda _: web.Response(status=status, headers={"Location": place})


async def test_a_redirect_is_not_followed(canary: Canary) -> None:
    async with Receiver() as receiver, Egress(LOCAL) as egress:
        for place in (f"http://127.0.0.1:{canary.port}/", "http://169.254.169.254/", "/elsewhere"):
            for status in (301, 302, 303, 307, 308):
                receiver.answer = redirect(place, status)
                assert (await egress.post(receiver.url, {}, b"{}")).status == status
        assert len(receiver.came) == 15
    assert canary.connections == 0


async def test_a_proxy_of_the_environment_is_not_used(
    canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    async with Receiver() as receiver, Egress(LOCAL) as egress:
        assert (await egress.post(receiver.url, {}, b"{}")).status == 204
    assert canary.connections == 0


async def test_an_answer_is_read_up_to_a_bound_and_not_unpacked() -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while sent < 64_000_000:
                writer.write(b"x" * 65_536)
                await writer.drain()
                sent += 65_536

    async with listening(serve) as url, Egress(LOCAL) as egress:
        answer = await egress.post(url, {}, b"{}", keep=1024)
        assert (answer.status, answer.body) == (200, b"x" * 1024)
        assert answer.error is None
    assert sent < 64_000_000, "the rest was not read"
    assert MOST_BYTES == 65_536


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (None, "No answer within 0.3 seconds."),
        (b"HTTP/1.1 200 OK\r\nX: ", "No answer within 0.3 seconds."),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "The answer is not HTTP."),
        (b"", "The connection ended before an answer came."),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000, "The answer is not HTTP."),
    ],
    ids=["nothing", "half a head", "another protocol", "a hang-up", "headers without end"],
)
async def test_a_broken_receiver_has_its_sentence(said: bytes | None, error: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if said is not None:
            writer.write(said)
        if said and not said.endswith(b"X: "):
            with contextlib.suppress(ConnectionError):
                await writer.drain()
        if said is None or said.endswith(b"X: "):
            await reader.read()

    async with listening(serve) as url, Egress(LOCAL, total_seconds=0.3) as egress:
        answer = await egress.post(url, {}, b"{}")
    assert answer.status is None
    assert answer.error == error


async def test_a_dripping_body_takes_no_longer_than_the_time() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(b"x")
                await writer.drain()
                await asyncio.wait({asyncio.ensure_future(reader.read(1))}, timeout=0.02)
                if reader.at_eof():
                    break

    async with listening(serve) as url, Egress(LOCAL, total_seconds=0.3) as egress:
        answer = await asyncio.wait_for(egress.post(url, {}, b"{}"), 5)
    assert answer.status == 200, "the status came in time"


@pytest.mark.parametrize(
    ("header", "wish"),
    [("120", 120_000), ("0", 0), ("-1", None), ("soon", None), ("9" * 38, 10**12), ("²", None)],
)
async def test_retry_after(header: str, wish: int | None) -> None:
    headers = {"Retry-After": header}
    async with (
        Receiver(lambda _: web.Response(status=429, headers=headers)) as receiver,
        Egress(LOCAL) as egress,
    ):
        assert (await egress.post(receiver.url, {}, b"{}")).retry_after_ms == wish


async def test_retry_after_as_a_date_that_is_over() -> None:
    headers = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    async with (
        Receiver(lambda _: web.Response(status=503, headers=headers)) as receiver,
        Egress(LOCAL) as egress,
    ):
        assert (await egress.post(receiver.url, {}, b"{}")).retry_after_ms == 0


async def test_a_name_is_asked_for_once_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def count(*place: Any, **more: Any) -> Any:
        asked.append(place[0])
        return real("127.0.0.1", place[1], **more)

    monkeypatch.setattr(socket, "getaddrinfo", count)
    resolver = GuardedResolver(LOCAL)
    found = await asyncio.gather(*(resolver.resolve("many.test", 80) for _ in range(20)))
    assert asked == ["many.test"]
    assert {one["host"] for row in found for one in row} == {"127.0.0.1"}
    await resolver.resolve("many.test", 80)
    assert asked == ["many.test"] * 2


async def test_a_name_server_that_hangs_is_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """More names hang than any pool of threads has; others are looked up meanwhile, and the number is bounded."""
    answering, real = threading.Event(), socket.getaddrinfo

    def ask(*place: Any, **more: Any) -> Any:
        if str(place[0]).startswith("hang"):
            answering.wait(30)
        return real("127.0.0.1", place[1], **more)

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    resolver = GuardedResolver(LOCAL)
    hanging = [asyncio.ensure_future(resolver.resolve(f"hang{n}.test", 80)) for n in range(LOOKUPS - 1)]
    await asyncio.sleep(0)
    (found,) = await asyncio.wait_for(resolver.resolve("quick.test", 80), 10)
    assert found["host"] == "127.0.0.1"
    hanging.append(asyncio.ensure_future(resolver.resolve("hang.test", 80)))
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="too many"):
        await resolver.resolve("quick.test", 80)
    answering.set()
    await asyncio.gather(*hanging)
    assert await resolver.resolve("quick.test", 80)
