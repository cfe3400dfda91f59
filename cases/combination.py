"""How the probability of a case comes from the findings of its detectors, as a bank sets it."""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from domain.combining import combined

Share = Annotated[float, Field(ge=0, le=1)]
LogOdds = Annotated[float, Field(ge=-10, le=10)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class CombinationPolicy:
    """How several detectors' findings are taken together; see `domain.combining`.

    `base` is what any finding is worth, `further` the share in which all but the strongest count, and
    `offsets` each detector's correction in log odds. `riskdesk learn combination` gives all of it from closed
    cases; the defaults stand where there are none yet: three tenths is below what independent findings
    would be worth, and a detector is believed as it says.
    """

    base: Annotated[float, Field(gt=0, lt=1)] = 0.05
    further: Share = 0.3
    offsets: dict[str, LogOdds] = field(default_factory=dict)

    def probability(self, findings: Mapping[str, float]) -> float:
        """Give the probability that a case is what its detectors say, from the strongest finding of each."""
        return round(combined(findings, base=self.base, further=self.further, offsets=self.offsets), 6)
