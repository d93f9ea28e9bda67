"""The composition root: settings -> store -> worker, webhooks and web. The only module that sees everything."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import logging
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from moderation.errors import Unfit
from moderation.metrics import Metrics
from moderation.models import LoadedModel
from moderation.scoring import Scoring
from moderation.settings import Settings
from moderation.store import Store, advice, check_fitness
from moderation.store.client import Link
from moderation.store.embedded import EmbeddedServer, socket_of_running
from moderation.web import answers, routes
from moderation.webhooks.akismet import Pushes
from moderation.webhooks.coral import Verdicts
from moderation.webhooks.dispatcher import Dispatcher
from moderation.webhooks.egress import Egress, Gate
from moderation.webhooks.kinds import Kind, Signed
from moderation.worker.judge import Judge
from moderation.worker.loop import Worker, contexts_of
from moderation.worker.sweep import sweep_forever

log = logging.getLogger(__name__)

KEEPALIVE_SECONDS: Final = (
    15.0  # also bounds silent connections; aiohttp's own default for a runner is an hour
)
SHUTDOWN_SECONDS: Final = 8.0  # requests under way may take so long to end after SIGTERM


@contextlib.asynccontextmanager
async def open_store(settings: Settings, *, cli: bool = False) -> AsyncIterator[Store]:
    """A connected store: on the given server if it is fit, else on the embedded one, which starts and stops with it.

    ``cli``: a command for the moment, which uses the server of a running service if there is one. Raises Unfit or
    StoreUnavailable with the sentence to show.
    """
    async with contextlib.AsyncExitStack() as stack:
        url = await _server(settings, stack, cli=cli)
        link = Link(url, event_days=settings.event_days)
        await link.start()
        stack.push_async_callback(link.close)
        await _require_fit(link, settings)
        store = await Store.settle(
            link,
            secret=_secret(settings),
            partitions=settings.partitions,
            queue_limit=settings.queue_limit,
        )
        yield store


async def _server(settings: Settings, stack: contextlib.AsyncExitStack, *, cli: bool) -> str:
    if settings.redis_url is not None:
        return settings.redis_url.get_secret_value()
    if cli and (running := await socket_of_running(settings.data_dir)) is not None:
        return f"unix://{running}"
    embedded = EmbeddedServer(
        settings.data_dir,
        binary=settings.redis_server,
        appendfsync=settings.appendfsync,
        role="cli" if cli else "serve",
    )
    path = await embedded.start()
    stack.push_async_callback(embedded.stop)
    return f"unix://{path}"


async def _require_fit(link: Link, settings: Settings) -> None:
    wrong = await check_fitness(link)
    if wrong and not settings.allow_unfit:
        raise Unfit("Redis is not fit to hold comments: " + "; ".join(wrong) + ".")
    for sentence in wrong:
        log.warning("Redis is not fit to hold comments, and was allowed: %s", sentence)
    for sentence in await advice(link):
        log.warning("Redis would be better so: %s", sentence)


def _secret(settings: Settings) -> bytes | None:
    return settings.secret.get_secret_value().encode() if settings.secret else None


def loaded_model(settings: Settings, metrics: Metrics) -> LoadedModel:
    """The model in use, loaded; without one that is fit every comment goes to a human."""
    model = LoadedModel(models_folder(settings), fixed=settings.model_dir, changed=metrics.worker.model_is)
    model.load()
    return model


def models_folder(settings: Settings) -> Path:
    """The folder of models that ``moderation model`` manages."""
    return settings.data_dir / "models"


def run(settings: Settings, roles: frozenset[str]) -> int:
    """Runs the roles ``api`` and ``worker`` until SIGTERM or SIGINT; returns the exit status."""
    try:
        import uvloop  # absent on Windows
    except ImportError:
        return asyncio.run(_run(settings, roles))
    return uvloop.run(_run(settings, roles))


async def _run(settings: Settings, roles: frozenset[str]) -> int:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    metrics = Metrics()
    async with open_store(settings) as store, contextlib.AsyncExitStack() as stack:
        model = loaded_model(settings, metrics)  # after the store: a refused start says its one sentence only
        watch = asyncio.create_task(model.watch(), name="watch-model")
        stack.callback(watch.cancel)
        await store.feed.start()
        stack.push_async_callback(store.feed.close)
        crew: list[asyncio.Task[None]] = []
        if "worker" in roles:
            crew.append(await stack.enter_async_context(_workers(store, settings, model, metrics)))
            crew.append(await stack.enter_async_context(_dispatcher(store, settings, metrics, stopping)))
            for task in crew:  # a service without its worker must not look alive
                task.add_done_callback(lambda _: stopping.set())
        if "api" in roles:
            url = await stack.enter_async_context(_web(store, settings, metrics, model))
            print(f"ready {url}", flush=True)  # promised by the contract
        else:
            print("ready", flush=True)
        # What is here now stays: the collector need not look at it again, and requests leave no cycles to hurry for.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        await stopping.wait()
        log.info("stopping: what is under way is finished")
    return _status(crew)


def _status(crew: Sequence[asyncio.Task[None]]) -> int:
    for task in crew:
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.critical("the %s failed: %s", task.get_name(), type(failure).__name__, exc_info=failure)
            return 1
    return 0


@contextlib.asynccontextmanager
async def _workers(
    store: Store, settings: Settings, model: LoadedModel, metrics: Metrics
) -> AsyncIterator[asyncio.Task[None]]:
    """One worker for each partition, until the end of the context; they finish what they hold."""
    consumer = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    judge = Judge(model, functools.partial(contexts_of, store), metrics.worker)
    workers = [
        Worker(
            inbox, judge, metrics.worker, batch_size=settings.batch_size, lease_seconds=settings.lease_seconds
        )
        for inbox in store.inboxes(consumer)
    ]
    # The embedded server is ours alone: whoever held entries there is dead.
    alone = settings.redis_url is None
    crew = asyncio.create_task(_together(workers, alone=alone), name="workers")
    stopping = asyncio.Event()
    sweeper = asyncio.create_task(sweep_forever(store, consumer, stopping), name="sweeper")
    try:
        yield crew
    finally:
        stopping.set()
        for worker in workers:
            worker.stop()
        await asyncio.wait([crew, sweeper])
        judge.close()


async def _together(workers: list[Worker], *, alone: bool) -> None:
    async with asyncio.TaskGroup() as tasks:
        for worker in workers:
            tasks.create_task(worker.run(alone=alone))


@contextlib.asynccontextmanager
async def _dispatcher(
    store: Store, settings: Settings, metrics: Metrics, stopping: asyncio.Event
) -> AsyncIterator[asyncio.Task[None]]:
    """Delivers webhooks until the end of the context; what is under way then may end, or comes back with its lease."""
    gate = Gate(settings.webhook_allow_networks, http=settings.webhook_allow_http)
    async with Egress(gate) as egress:
        # One line for each kind of delivery; see moderation/webhooks/kinds.py.
        kinds: dict[str, Kind] = {
            "webhook": Signed(store.webhooks.secrets_of, functools.partial(_card, store)),
            "akismet": Pushes(store.akismet, store.comments),
            "coral": Verdicts(store.coral),
        }
        dispatcher = Dispatcher(store, kinds, egress, metrics.webhooks, stopping=stopping)
        sending = asyncio.create_task(dispatcher.run(), name="dispatcher")
        try:
            yield sending
        finally:
            dispatcher.stop()
            await asyncio.wait([sending])


async def _card(store: Store, site: str, comment_id: str) -> dict[str, Any] | None:
    """A comment as the site may read it; None if it was erased."""
    (found,) = await store.comments.many(site, [comment_id])
    return None if found is None else answers.comment_answer(found)


@contextlib.asynccontextmanager
async def _web(store: Store, settings: Settings, metrics: Metrics, model: LoadedModel) -> AsyncIterator[str]:
    """The HTTP server, until the end of the context; yields its URL."""
    scoring = Scoring(model)
    scoring.start()
    app = routes.build(store, settings, metrics, lambda: model.current is not None, scoring)
    runner = web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        handler_cancellation=False,
        keepalive_timeout=KEEPALIVE_SECONDS,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    await runner.setup()
    try:
        yield await _listen(runner, settings)
    finally:
        store.feed.wake_all()  # long polls end now
        await runner.cleanup()
        await scoring.close()


async def _listen(runner: web.AppRunner, settings: Settings) -> str:
    try:
        await web.TCPSite(runner, settings.host, settings.port, backlog=1024).start()
    except OSError as failure:
        raise Unfit(
            f"The address {settings.host}:{settings.port} cannot be used ({failure.strerror}): "
            "choose another with --host and --port."
        ) from failure
    host, port = runner.addresses[0][:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
