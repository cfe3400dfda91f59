"""A flow of real connectors, run as a process of its own so that a test can kill it at any moment.

Usage: flow_to_kill.py SOURCE RECOVERY ALERT_FILE STORE_URL [STOP_FILE]

With STOP_FILE the source is followed until that file is there.
"""

import sys
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
import orjson
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource
from bytewax.recovery import RecoveryConfig
from bytewax.testing import run_main

from connectors.alert_file import AlertFileSink
from connectors.blocks import Block
from connectors.case_queue import CaseQueueSink
from connectors.files import FileSource, name_partitions
from connectors.stopping import StopSign
from domain.alerts import Alert, alert_id
from domain.findings import Severity


def alerts_of(block: Block) -> list[tuple[str, Alert]]:
    """Make an alert of each line."""
    made = []
    for line in block.data.splitlines():
        number = orjson.loads(line)["number"]
        alert = Alert(
            id=alert_id("every_line", f"card-{number % 7}", f"event-{number}"),
            detector="every_line",
            version=1,
            parameters={},
            scope="card",
            key=f"card-{number % 7}",
            at_ms=1_700_000_000_000 + number,
            event_id=f"event-{number}",
            severity=Severity.LOW,
            probability=0.1,
            exposure_minor=number,
            currency="EUR",
            reason="a line",
            evidence={},
            customer=f"customer-{number % 7}",
        )
        made.append((alert.key, alert))
    return made


def alert_flow(source: FixedPartitionedSource, alert_file: Path, store_url: str) -> Dataflow:
    flow = Dataflow("killed")
    blocks = op.input("read", flow, source)
    alerts = op.flat_map("alerts", blocks, alerts_of)
    op.output("file", alerts, AlertFileSink(alert_file))
    op.output("queue", alerts, CaseQueueSink(store_url))
    return flow


if __name__ == "__main__":
    source, recovery, alert_file, store_url, *stop_file = sys.argv[1:]
    lines = FileSource(
        name_partitions([Path(source)]),
        follow=bool(stop_file),
        stop=StopSign(Path(stop_file[0])) if stop_file else None,
        block_bytes=512,
    )
    run_main(
        alert_flow(lines, Path(alert_file), store_url),
        epoch_interval=timedelta(milliseconds=20),
        recovery_config=RecoveryConfig(recovery, backup_interval=timedelta(0)),
    )
