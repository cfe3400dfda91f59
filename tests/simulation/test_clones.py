"""Where the owner of a cloned card is seen, only the owner can have been."""

from dataclasses import replace

import numpy as np
import pytest

from simulation import uses
from simulation.errors import DoesNotFitError
from simulation.hours import HOUR_MS
from simulation.incidents import ImpossibleTravel
from simulation.network import DAY_SHOP
from simulation.night import _build
from simulation.stage import Stage
from tests.simulation.recorded import USUAL_PLAN


@pytest.fixture
def stage() -> Stage:
    """Twenty people at home, who did nothing but take payments back."""
    stage = _build(replace(USUAL_PLAN, seed=1))
    folk = np.flatnonzero(stage.free)[:20]
    at_ms = np.full(20, stage.window.start_ms + 8 * HOUR_MS)
    shops = stage.network.pick(stage.rng, stage.people.home[folk], DAY_SHOP)
    stage.life = uses.at_shop(at_ms, folk, stage.people.first_card[folk], shops, np.full(20, 5_000))
    stage.life["part"] = uses.NONE
    stage.life["type"] = uses.REVERSAL
    return stage


@pytest.mark.parametrize("seen", range(5))
def test_a_reversal_does_not_show_where_an_owner_is(stage: Stage, seen: int) -> None:
    stage.life["type"][seen] = uses.PURCHASE
    ImpossibleTravel(1).act(stage, 7)
    assert np.flatnonzero(stage.life["part"] == 7).tolist() == [seen]


def test_without_any_sight_of_an_owner_it_is_said_what_to_do(stage: Stage) -> None:
    with pytest.raises(DoesNotFitError, match="simulate more events"):
        ImpossibleTravel(1).act(stage, 7)
