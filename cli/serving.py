"""What the commands share that Prometheus scrapes."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType

from connectors.desk_watch import DeskWatch
from observability.described import MetricSet
from observability.desk import DeskCollector
from observability.metrics import serve
from observability.probes import Probes


@contextmanager
def served(
    metrics: MetricSet,
    port: int,
    store: str | None,
    host: str = "127.0.0.1",
    probes: Probes = MappingProxyType({}),
) -> Iterator[None]:
    """Serve metrics and probes on a port (0: nowhere), and with them how the desk of a `store` stands.

    Raises PortTakenError when another process listens there.
    """
    if not port:
        yield
        return
    if store is not None:
        DeskCollector(DeskWatch(store), metrics.registry)
    stop = serve(metrics, port, host, probes)
    try:
        yield
    finally:
        stop()
