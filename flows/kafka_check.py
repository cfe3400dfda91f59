"""Whether Kafka can be used by a run: a broker answers, knows us, and has the topics."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from config.kafka import SecretError
from config.profiles import Profile
from connectors.errors import InputError, KafkaTroubleError
from connectors.kafka_topics import TopicInput, find_parts
from domain.wording import counted
from flows.findings import Finding, note, problem
from flows.inputs import connection_of, kafka_of
from flows.job import Job

# A run waits as long as the profile says; who asks whether all is well wants to know now.
_PATIENCE = timedelta(seconds=10)


def kafka_findings(job: Job, profile: Profile) -> Iterator[Finding]:
    """Ask for the topics that a job reads, and those that the profile names for what it tells."""
    try:
        topics = {TopicInput.of(text).topic for text in job.topics}
        if job.publish and profile.kafka is not None:
            topics |= {topic for topic in (profile.kafka.alerts, profile.kafka.dead_letters) if topic}
        if not topics:
            return
        connection = replace(connection_of(kafka_of(profile)), patience=_PATIENCE)
        parts = find_parts(connection, topics)
    except (InputError, KafkaTroubleError, SecretError) as error:
        yield problem(str(error))
    else:
        amount = f"{counted(len(topics), 'topic')} with {counted(len(parts), 'partition')}"
        yield note(f"{connection.servers} has {amount}")
