"""What a bank decides about its queue, as one value: a profile's `queue` part."""

from dataclasses import field

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from cases.grouping import GroupingPolicy
from cases.ranking import RankPolicy


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class QueuePolicy:
    """When alerts make one case, and what puts a case first."""

    grouping: GroupingPolicy = field(default_factory=GroupingPolicy)
    ranking: RankPolicy = field(default_factory=RankPolicy)
