"""What every sink must do, over all of them."""

import json
import pickle
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.outputs import FixedPartitionedSink
from bytewax.testing import run_main

from cases.store import open_store
from connectors.alert_file import AlertFileSink, ExpendableAlertFileSink
from connectors.alert_webhook import AlertPost, AlertWebhookSink
from connectors.blocks import Block
from connectors.case_queue import CaseQueueSink
from connectors.dead_letters import DeadLetterFileSink, DeadLetterSink
from connectors.files import FileSource
from connectors.kafka_sinks import KafkaAlertSink, KafkaDeadLetterSink
from tests.connectors.kafka_parts import connect_to, read_topic
from tests.connectors.webhooks import SECRET, receiver
from tests.kafka.broker import KafkaBroker


class SinkCase(NamedTuple):
    """A sink in a folder, what makes it an item with a number, and how to see the ids that came through."""

    kind: type
    make: Callable[[Path], Any]
    item: Any
    delivered: Callable[[Path], list[str]]


def _in_file(folder: Path) -> list[str]:
    return [json.loads(line)["id"] for line in (folder / "lines.jsonl").read_bytes().splitlines()]


def _in_case_queue(folder: Path) -> list[str]:
    with open_store(_store_url(folder)) as store:
        return [alert["id"] for case in store.cases.list() for alert in store.cases.show(case.id).evidence]


def _in_dead_letters(folder: Path) -> list[str]:
    with open_store(_store_url(folder)) as store:
        return [letter.id for letter in store.dead_letters.list(limit=10_000)]


def _posting(folder: Path) -> AlertWebhookSink:
    return AlertWebhookSink(AlertPost(receiver().url(str(folder)), SECRET, lambda: 0))


def _at_the_receiver(folder: Path) -> list[str]:
    return receiver().ids(str(folder))


def _producing(kind: type, broker: KafkaBroker, folder: Path) -> Any:
    if _topic(folder) not in broker.admin.list_topics(timeout=30).topics:
        broker.create_topic(_topic(folder))
    return kind(connect_to(broker.bootstrap), _topic(folder))


def _in_the_topic(broker: KafkaBroker, folder: Path) -> list[str]:
    # As readers must: the first of each id counts.
    ids = [dict(message.headers())["id"].decode() for message in read_topic(broker, _topic(folder))]
    return list(dict.fromkeys(ids))


def _topic(folder: Path) -> str:
    return f"sink.{crc32(str(folder).encode())}"


def _store_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'desk.db'}"


SINKS = [
    SinkCase(AlertFileSink, lambda folder: AlertFileSink(folder / "lines.jsonl"), "make_alert", _in_file),
    SinkCase(
        ExpendableAlertFileSink,
        lambda folder: ExpendableAlertFileSink(folder / "lines.jsonl"),
        "make_alert",
        _in_file,
    ),
    SinkCase(AlertWebhookSink, _posting, "make_alert", _at_the_receiver),
    SinkCase(CaseQueueSink, lambda folder: CaseQueueSink(_store_url(folder)), "make_alert", _in_case_queue),
    SinkCase(
        DeadLetterFileSink,
        lambda folder: DeadLetterFileSink(folder / "lines.jsonl"),
        "make_rejected",
        _in_file,
    ),
    SinkCase(
        DeadLetterSink, lambda folder: DeadLetterSink(_store_url(folder)), "make_rejected", _in_dead_letters
    ),
]

KAFKA_SINKS = [
    SinkCase(KafkaAlertSink, partial(_producing, KafkaAlertSink), "make_alert", _in_the_topic),
    SinkCase(KafkaDeadLetterSink, partial(_producing, KafkaDeadLetterSink), "make_rejected", _in_the_topic),
]

# Sinks that the contract cannot be asked of, each with the reason.
WAIVED: dict[type, str] = {}


# Each producer takes half a second to be given its number by the broker.
_SLOW = [pytest.param(case, marks=pytest.mark.slow, id=case.kind.__name__) for case in KAFKA_SINKS]


@pytest.fixture(params=[*SINKS, *_SLOW], ids=lambda case: case.kind.__name__)
def sink(request) -> SinkCase:
    case = request.param._replace(item=request.getfixturevalue(request.param.item))
    if request.param not in KAFKA_SINKS:
        return case
    broker = request.getfixturevalue("kafka_broker")
    return case._replace(make=partial(case.make, broker), delivered=partial(case.delivered, broker))


def test_every_sink_is_held_to_the_contract(connectors_of):
    assert connectors_of(FixedPartitionedSink) == {case.kind for case in [*SINKS, *KAFKA_SINKS]} | set(WAIVED)


def test_a_sink_delivers_what_it_was_given(sink, tmp_path):
    items = [sink.item(number) for number in range(10)]
    _written(sink, tmp_path, None, [items[:3], [], items[3:]]).close()
    assert sorted(sink.delivered(tmp_path)) == sorted(item.id for item in items)


def test_a_sink_delivers_once_when_resumed_at_any_batch(sink, tmp_path):
    batches = [[sink.item(3 * batch + number) for number in range(3)] for batch in range(5)]
    ids = sorted(item.id for batch in batches for item in batch)
    for committed in range(len(batches) + 1):
        for written_since in range(len(batches) + 1 - committed):
            folder = tmp_path / f"{committed}-{written_since}"
            folder.mkdir()
            partition = _written(sink, folder, None, batches[:committed])
            state = pickle.loads(pickle.dumps(partition.snapshot())) if committed else None
            for batch in batches[committed : committed + written_since]:
                partition.write_batch(batch)
            partition.close()  # nothing that was written since is committed
            _written(sink, folder, state, batches[committed:]).close()
            assert sorted(sink.delivered(folder)) == ids


def test_a_sink_has_delivered_when_its_snapshot_is_taken(sink, tmp_path):
    with closing(_written(sink, tmp_path, None, [[sink.item(1)]])) as partition:
        partition.snapshot()
        assert sink.delivered(tmp_path) == [sink.item(1).id]


def test_a_flow_that_is_aborted_again_and_again_delivers_each_item_once(sink, tmp_path, recovery, aborting):
    def items_of(block: Block) -> list[tuple[str, Any]]:
        numbers = [json.loads(line)["number"] for line in block.data.splitlines()]
        return [(f"key-{number % 3}", sink.item(number)) for number in numbers]

    events = tmp_path / "events.jsonl"
    events.write_bytes(b"".join(b'{"number": %d}\n' % number for number in range(60)))
    for batches in (1, 2, 5, 3, 4, 1000):
        flow = Dataflow("aborted")
        blocks = op.input("read", flow, aborting(FileSource({"p": events}, block_bytes=64), batches))
        op.output("write", op.flat_map("items_of", blocks, items_of), sink.make(tmp_path))
        run_main(flow, epoch_interval=timedelta(0), recovery_config=recovery)
    assert sorted(sink.delivered(tmp_path)) == sorted(sink.item(number).id for number in range(60))


def _written(sink: SinkCase, folder: Path, state: Any, batches: list[Any]) -> Any:
    connector = sink.make(folder)
    partition = connector.build_part("step", connector.list_parts()[0], state)
    for batch in batches:
        partition.write_batch(batch)
    return partition
