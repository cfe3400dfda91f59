"""Source: files and topics as one."""

from typing import Any

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from connectors.blocks import Block
from connectors.errors import InputError
from connectors.files import FileSource
from connectors.kafka_source import KafkaSource


class JoinedSource(FixedPartitionedSource[Block, tuple[Any, ...]]):
    """The partitions of files beside those of topics; everything is as with FileSource and KafkaSource."""

    def __init__(self, files: FileSource, topics: KafkaSource) -> None:
        """Join the two. Raises InputError where a file has the name of a topic's partition."""
        self._files = files
        self._topics = topics
        self._of_topics = frozenset(topics.list_parts())
        both = sorted(self._of_topics & set(files.list_parts()))
        if both:
            raise InputError(
                f"these are files and partitions of topics too: {', '.join(both)}; rename the files"
            )

    def list_parts(self) -> list[str]:
        return sorted([*self._files.list_parts(), *self._of_topics])

    def build_part(
        self, step_id: str, for_part: str, resume_state: tuple[Any, ...] | None
    ) -> StatefulSourcePartition[Block, tuple[Any, ...]]:
        source = self._topics if for_part in self._of_topics else self._files
        return source.build_part(step_id, for_part, resume_state)
