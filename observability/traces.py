"""Traces: where the time went of a block of events, and of the alerts that it brought. Off unless asked for.

    TracesError             traces were asked for, and cannot be made; the text says why and what to do

What makes and sends them is OpenTelemetry, which few need: it is imported when traces are asked for. A span
holds counts and ids of alerts, never a token of a card or a customer.
"""

import time
from collections.abc import Mapping
from importlib.metadata import version
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

# What a span says, beside when it began and ended; nothing else may stand in one.
Told = Mapping[str, str | int | tuple[str, ...]]

# The path that collectors take spans at.
_PATH = "/v1/traces"
_SEND_WITHIN_S = 5.0
# A collector that is away must not hold up the end of a run.
_END_WITHIN_S = 5.0
# A replay makes them faster than they are sent; what does not find room is left out.
_MOST_WAITING = 16_384


class TracesError(Exception):
    """Traces were asked for and cannot be made."""


class Traces:
    """Makes the spans of one process, and sends them from a thread of its own.

    Which traces are kept is decided once for each, when its first span is told; what belongs to one that is
    left out costs nothing more.
    """

    def __init__(self, provider: "TracerProvider") -> None:
        """Make spans with `provider`, which `open_traces` gives."""
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer("riskdesk")
        self._propagator = TraceContextTextMapPropagator()

    def tell(self, name: str, began_ns: int, ended_ns: int, told: Told, within: str | None = None) -> str:
        """Tell of something that is over, on the clock of `now_ns`.

        `within` is what this gave for the span that it is a part of, maybe in another process; without it a
        trace begins. Gives the span's place in its trace (a W3C `traceparent`), "" where the trace is left
        out.
        """
        above = self._propagator.extract({} if within is None else {"traceparent": within})
        span = self._tracer.start_span(name, context=above, start_time=began_ns, attributes=told)
        span.end(ended_ns)
        found = span.get_span_context()
        return f"00-{found.trace_id:032x}-{found.span_id:016x}-01" if found.trace_flags.sampled else ""

    def end(self) -> None:
        """Send what is still to be sent, as far as the collector takes it soon; nothing is told any more."""
        ending = Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(_END_WITHIN_S)


def now_ns() -> int:
    """Read the machine's clock: spans of several processes lie on one."""
    return time.time_ns()


def check_library() -> None:
    """See that OpenTelemetry is there. Raises TracesError saying how to come by it."""
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace  # noqa: F401 - to see whether they are there
    except ImportError as error:
        raise TracesError(
            "traces are made with OpenTelemetry, which is not installed; install it "
            "(pip install 'riskdesk[traces]'), or unset RISKDESK_TRACES"
        ) from error


def open_traces(url: str, share: float, process: int = 0) -> Traces:
    """Open the way to the collector at `url`, over OTLP/HTTP, for a `share` of all traces.

    Headers for the collector, such as a token, are those of OTEL_EXPORTER_OTLP_HEADERS. Raises TracesError
    where OpenTelemetry is not installed.
    """
    check_library()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    whose: dict[str, str | int] = {
        "service.name": "riskdesk",
        "service.version": version("riskdesk"),
        "riskdesk.process": process,
    }
    # We end it ourselves.
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(share)), resource=Resource.create(whose), shutdown_on_exit=False
    )
    exporter = OTLPSpanExporter(endpoint=url.rstrip("/") + _PATH, timeout=_SEND_WITHIN_S)
    provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=_MOST_WAITING))
    return Traces(provider)
