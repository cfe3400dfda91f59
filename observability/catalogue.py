"""Every metric there is, by who tells it."""

from observability.beside import DeskMetrics, ListenerMetrics, SupervisorMetrics, SweepMetrics
from observability.described import Described
from observability.desk import DESCRIBED
from observability.metrics import Metrics


def catalogue() -> dict[str, tuple[Described, ...]]:
    """Give what is said of each metric, under a sentence on where it is told."""
    return {
        "Each process of a flow": tuple(Metrics().described),
        "The supervisor, `riskdesk run`": tuple(SupervisorMetrics().described),
        "What listens for a flow, `riskdesk listen http|tcp|iso8583 --metrics-port`": tuple(
            ListenerMetrics().described
        ),
        "The sweep, `riskdesk queue sweep --follow --metrics-port`": tuple(SweepMetrics().described),
        "The web desk, `riskdesk desk --metrics-port`": tuple(DeskMetrics().described),
        "The desk's store, asked by the supervisor of a live run, the sweep and the web desk": DESCRIBED,
    }
