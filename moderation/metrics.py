"""What is counted and timed, in Prometheus' words. No label ever carries a text, an id, a name or an address."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

_REQUEST_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ATTEMPT_BUCKETS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)
_BATCH_BUCKETS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)


class RequestMetrics(Collector):
    """Requests by route, method and status, and how long they took.

    Counted in plain lists on the request path (a locked counter and a histogram cost 3 us a request) and turned into
    Prometheus' families when they are scraped. One event loop writes, so no lock is needed.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, int], int] = {}
        self._buckets: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request was answered. ``route`` is a path of the table, never what was asked for."""
        place = (route, method if method in _METHODS else "other", status)
        self._counts[place] = self._counts.get(place, 0) + 1
        buckets = self._buckets.get(route)
        if buckets is None:
            buckets = self._buckets[route] = [0] * (len(_REQUEST_BUCKETS) + 1)
            self._sums[route] = 0.0
        buckets[bisect_left(_REQUEST_BUCKETS, seconds)] += 1
        self._sums[route] += seconds

    def collect(self) -> Iterator[Metric]:
        """The families, for the registry."""
        requests = CounterMetricFamily(
            "moderation_http_requests",
            "Requests by route, method and status.",
            labels=["route", "method", "status"],
        )
        for (route, method, status), number in self._counts.items():
            requests.add_metric([route, method, str(status)], number)
        yield requests
        seconds = HistogramMetricFamily(
            "moderation_http_request_seconds", "Seconds to answer, by route.", labels=["route"]
        )
        bounds = [str(bound) for bound in _REQUEST_BUCKETS] + ["+Inf"]
        for route, buckets in self._buckets.items():
            running = list(zip(bounds, accumulate(buckets), strict=True))
            seconds.add_metric([route], running, self._sums[route])
        yield seconds


class WorkerMetrics:
    """The worker's counters."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._scored = Counter("moderation_scored_total", "Comments scored.", registry=registry)
        self._batch = Histogram(
            "moderation_batch_size", "Comments scored together.", buckets=_BATCH_BUCKETS, registry=registry
        )
        self._seconds = Histogram("moderation_score_seconds", "Seconds to score a batch.", registry=registry)
        self._dead = Counter(
            "moderation_dead_letters_total", "Comments that could not be scored.", registry=registry
        )
        self._recovered = Counter(
            "moderation_recovered_total",
            "Entries taken over from a worker that did not finish.",
            registry=registry,
        )
        self._commits = Counter(
            "moderation_commit_failures_total", "Commits that were refused.", registry=registry
        )
        self._store = Counter(
            "moderation_worker_store_failures_total",
            "Times the store did not answer the worker.",
            registry=registry,
        )
        self._checks = Counter(
            "moderation_check_failures_total", "Checks that broke.", ["check"], registry=registry
        )

        self._model = Gauge(
            "moderation_model_in_use", "1 for the model that scores.", ["version"], registry=registry
        )

    def model_is(self, version: str) -> None:
        """Another model scores from now on."""
        self._model.clear()
        self._model.labels(version).set(1)

    def scored(self, comments: int, seconds: float) -> None:
        """A batch was scored."""
        self._scored.inc(comments)
        self._batch.observe(comments)
        self._seconds.observe(seconds)

    def dead_letter(self) -> None:
        """A comment could not be scored."""
        self._dead.inc()

    def recovered(self) -> None:
        """An abandoned entry was taken over."""
        self._recovered.inc()

    def commit_failed(self) -> None:
        """A commit was refused."""
        self._commits.inc()

    def store_failed(self) -> None:
        """The store did not answer."""
        self._store.inc()

    def check_failed(self, name: str) -> None:
        """A check broke."""
        self._checks.labels(name).inc()


class WebhookMetrics:
    """What was told to whom, without saying to whom."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            "moderation_webhook_attempts_total",
            "Attempts to deliver by their end: delivered, failed, dead, gone.",
            ["kind", "end"],
            registry=registry,
        )
        self._seconds = Histogram(
            "moderation_webhook_attempt_seconds",
            "Seconds until a receiver answered, or none did.",
            buckets=_ATTEMPT_BUCKETS,
            registry=registry,
        )
        self._disabled = Counter(
            "moderation_webhooks_disabled_total", "Webhooks disabled for failing.", registry=registry
        )
        self._store = Counter(
            "moderation_webhook_store_failures_total",
            "Times the store did not answer a dispatcher.",
            registry=registry,
        )

    def attempted(self, kind: str, end: str, seconds: float) -> None:
        """An attempt ended."""
        self._attempts.labels(kind, end).inc()
        self._seconds.observe(seconds)

    def disabled(self) -> None:
        """A webhook was disabled."""
        self._disabled.inc()

    def store_failed(self) -> None:
        """The store did not answer."""
        self._store.inc()


class Metrics:
    """One process's metrics."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.worker = WorkerMetrics(self.registry)
        self.webhooks = WebhookMetrics(self.registry)
        self.requests = RequestMetrics()
        self.registry.register(self.requests)
        self.waiting = Gauge(
            "moderation_waiting_comments",
            "Comments that wait for a score, at the last look.",
            registry=self.registry,
        )

    def text(self) -> bytes:
        """All of it in the text format."""
        return generate_latest(self.registry)
