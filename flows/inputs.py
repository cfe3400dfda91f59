"""What a job reads, and which topics it writes: from the profile and the command to connectors."""

from collections.abc import Iterable
from typing import Any

from bytewax.inputs import FixedPartitionedSource

from config.kafka import Kafka
from config.profiles import Profile
from connectors.blocks import Block
from connectors.errors import InputError
from connectors.files import FileSource, name_partitions
from connectors.joined import JoinedSource
from connectors.kafka_connection import KafkaConnection
from connectors.kafka_marks import MarkRules
from connectors.kafka_source import KafkaSource
from connectors.kafka_topics import TopicInput, is_of
from connectors.pacing import Pace, PacedSource
from connectors.stopping import StopSign
from flows.broken_input import EndingSource
from flows.job import Job
from observability.metrics import Metrics

EventSource = FixedPartitionedSource[Block, tuple[Any, ...]]


def check_inputs(job: Job, profile: Profile) -> None:
    """Raise InputError when what the job is to read is not there, as far as no broker need be asked."""
    topics = [TopicInput.of(text) for text in job.topics]
    if job.inputs or not topics:
        name_partitions(job.inputs)
    if topics:
        kafka_of(profile)


def open_inputs(
    job: Job, profile: Profile, stop: StopSign, metrics: Metrics, known: Iterable[str]
) -> tuple[EventSource, tuple[str, ...]]:
    """Give the job's source, and the names of the partitions that it reads.

    `known` names those that the recovery store remembers. Raises InputError, KafkaTroubleError or
    SecretError.
    """
    check_inputs(job, profile)
    topics = [TopicInput.of(text) for text in job.topics]
    names = [each.topic for each in topics]
    of_topics = {name for name in known if is_of(name, names)}
    paths = name_partitions(job.inputs) if job.inputs else {}
    files = FileSource(
        paths,
        follow=job.follow,
        stop=stop,
        known=set(known) - of_topics,
        block_bytes=job.block_bytes,
        metrics=metrics,
    )
    if not topics:
        return _paced(EndingSource(files, stop), job, stop), tuple(paths)
    kafka = kafka_of(profile)
    marks = None if kafka.marks is None else MarkRules(kafka.marks.lag, kafka.marks.every, kafka.marks.settle)
    source = KafkaSource(
        connection_of(kafka),
        topics,
        follow=job.follow,
        stop=stop,
        known=of_topics,
        latest=kafka.start == "latest",
        lost=kafka.lost_messages,
        marks=marks,
        metrics=metrics,
    )
    joined = EndingSource(JoinedSource(files, source), stop)
    return _paced(joined, job, stop), (*paths, *source.list_parts())


def _paced(source: EventSource, job: Job, stop: StopSign) -> EventSource:
    return PacedSource(source, None if job.speed is None else Pace(job.speed), stop)


def kafka_of(profile: Profile) -> Kafka:
    """Give the profile's kafka part. Raises InputError when it has none."""
    if profile.kafka is None:
        raise InputError(
            f"the input names a topic, and the profile {profile.name} does not say where Kafka is; give it a "
            "`kafka` part with bootstrap_servers and group"
        )
    return profile.kafka


def connection_of(kafka: Kafka) -> KafkaConnection:
    """Give the connection that a profile describes. Raises SecretError."""
    return KafkaConnection(
        common=kafka.client_settings(),
        group=kafka.group,
        consumer=kafka.consumer,
        producer=kafka.producer,
        patience=kafka.patience,
    )
