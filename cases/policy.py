"""What a bank decides about its queue, as one value: a profile's `queue` part."""

from dataclasses import field
from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from cases.accounts.policy import AccountPolicy
from cases.actions.policy import ActionPolicy
from cases.alarm_figures.policy import AlarmFigurePolicy
from cases.alarms.policy import AlarmPolicy
from cases.calling.policy import CallingPolicy
from cases.combination import CombinationPolicy
from cases.delivery.policy import DeliveryPolicy
from cases.floods.policy import FloodPolicy
from cases.grouping import GroupingPolicy
from cases.kpi.policy import KpiPolicy
from cases.models.policy import ModelPolicy
from cases.ranking import RankPolicy
from cases.retention.policy import RetentionPolicy
from cases.work.policy import WorkPolicy


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class QueuePolicy:
    """When alerts make one case, what puts a case first, and how cases are worked.

    `flood` says from how many alerts of one detector on these make one case (None: never).
    `store_patience` is how long a flow waits for a store that is away or held by others; None for as long
    as it takes, which loses nothing.
    """

    grouping: GroupingPolicy = field(default_factory=GroupingPolicy)
    combination: CombinationPolicy = field(default_factory=CombinationPolicy)
    ranking: RankPolicy = field(default_factory=RankPolicy)
    work: WorkPolicy = field(default_factory=WorkPolicy)
    actions: ActionPolicy = field(default_factory=ActionPolicy)
    calling: CallingPolicy = field(default_factory=CallingPolicy)
    delivery: DeliveryPolicy = field(default_factory=DeliveryPolicy)
    kpi: KpiPolicy = field(default_factory=KpiPolicy)
    alarms: AlarmPolicy = field(default_factory=AlarmPolicy)
    alarm_figures: AlarmFigurePolicy = field(default_factory=AlarmFigurePolicy)
    retention: RetentionPolicy = field(default_factory=RetentionPolicy)
    accounts: AccountPolicy = field(default_factory=AccountPolicy)
    models: ModelPolicy = field(default_factory=ModelPolicy)
    flood: FloodPolicy | None = field(default_factory=FloodPolicy)
    store_patience: Annotated[timedelta, Field(gt=timedelta(0))] | None = None
