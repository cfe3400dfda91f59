"""Small nights to look at, each simulated once."""

from dataclasses import replace

import pytest

from simulation.plan import Plan
from tests.simulation.recorded import USUAL_PLAN, Recorded, recorded


@pytest.fixture(scope="session")
def usual_plan() -> Plan:
    return USUAL_PLAN


@pytest.fixture(scope="session", params=(1, 2, 3), ids="seed {}".format)
def night(request: pytest.FixtureRequest) -> Recorded:
    return recorded(replace(USUAL_PLAN, seed=request.param))
