"""What a bank staffs its desk for."""

from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

Share = Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class StaffingPolicy:
    """`target` of all calls are to be taken up within `within`, by agents busy `max_occupancy` at most.

    `shrinkage` is the share of paid time away from cases: breaks, training, illness.
    """

    target: Share = 0.8
    within: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(hours=2))] = timedelta(seconds=20)
    max_occupancy: Share = 0.85
    shrinkage: Annotated[float, Field(ge=0, lt=1)] = 0.3
