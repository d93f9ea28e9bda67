"""What is counted and timed, in Prometheus' words. No label ever carries a text, an id, a name or an address."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_REQUEST_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_BATCH_BUCKETS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)


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


class Metrics:
    """One process's metrics."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.worker = WorkerMetrics(self.registry)
        self.requests = Counter(
            "moderation_http_requests_total",
            "Requests by route, method and status.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "moderation_http_request_seconds",
            "Seconds to answer, by route.",
            ["route"],
            buckets=_REQUEST_BUCKETS,
            registry=self.registry,
        )
        self.waiting = Gauge(
            "moderation_waiting_comments",
            "Comments that wait for a score, at the last look.",
            registry=self.registry,
        )

    def text(self) -> bytes:
        """All of it in the text format."""
        return generate_latest(self.registry)
