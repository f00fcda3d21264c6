"""Counters for Prometheus: requests and their time, who listens, waits for the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

# Labels come from these lists and never from a request, so that nobody can grow them.
OPERATIONS = ("query", "mutation", "subscription", "none")
STATUS_CLASSES = ("2xx", "3xx", "4xx", "5xx", "gone")
TRANSPORTS = ("websocket", "sse")
CLOSE_CODES = (
    *("1000", "1001", "1005", "1006", "1009", "1012", "1013"),
    *("4400", "4401", "4403", "4408", "4409", "4429", "other"),
)
BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """What one process counted since it started."""

    def __init__(self, acquire_timeouts: Callable[[], int]) -> None:
        """Count from zero; `acquire_timeouts` tells the pool's own count when asked."""
        self.registry = CollectorRegistry()
        requests = Counter(
            "cairn_graphql_requests",
            "GraphQL requests that were answered, by kind of operation and class of HTTP status"
            " (gone: the client left first; none: refused before the operation was known).",
            ["operation", "status"],
            registry=self.registry,
        )
        self._requests = {
            (operation, status): requests.labels(operation, status)
            for operation in OPERATIONS
            for status in STATUS_CLASSES
        }
        self._seconds = Histogram(
            "cairn_graphql_request_duration_seconds",
            "Time from a GraphQL request's headers to its last byte.",
            buckets=BUCKETS_SECONDS,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "cairn_graphql_requests_in_flight",
            "GraphQL requests that are being answered.",
            registry=self.registry,
        )
        self.listeners = Gauge(
            "cairn_live_listeners",
            "WebSockets and event streams of signed-in users that are open.",
            registry=self.registry,
        )
        self.subscriptions = Gauge(
            "cairn_live_subscriptions",
            "Subscriptions that are running.",
            registry=self.registry,
        )
        events = Counter(
            "cairn_live_events",
            "Events of subscriptions that were delivered.",
            ["transport"],
            registry=self.registry,
        )
        self._events = {transport: events.labels(transport) for transport in TRANSPORTS}
        closes = Counter(
            "cairn_live_socket_closes",
            "WebSockets that ended, by close code.",
            ["code"],
            registry=self.registry,
        )
        self._closes = {code: closes.labels(code) for code in CLOSE_CODES}
        self.registry.register(_PoolTimeouts(acquire_timeouts))

    def count(self, operation: str, status: int | None, seconds: float) -> None:
        """Count one request; `status` None means that the client went away."""
        status_class = "gone" if status is None else f"{status // 100}xx"
        operation = operation if operation in OPERATIONS else "none"
        self._requests[operation, status_class].inc()
        # A stream lasts as long as somebody looks at her screen.
        if operation != "subscription":
            self._seconds.observe(seconds)

    def count_event(self, transport: str) -> None:
        """Count one event that was delivered by `websocket` or `sse`."""
        self._events[transport].inc()

    def count_close(self, code: int) -> None:
        """Count one socket's end."""
        self._closes[str(code) if str(code) in self._closes else "other"].inc()

    def text(self) -> bytes:
        """Give all of it in Prometheus's text format."""
        return generate_latest(self.registry)


class _PoolTimeouts(Collector):
    def __init__(self, acquire_timeouts: Callable[[], int]) -> None:
        self._acquire_timeouts = acquire_timeouts

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily(
            "cairn_database_acquire_timeouts",
            "Requests that found no free session with the database in time.",
        )
        family.add_metric([], self._acquire_timeouts())
        yield family
