"""A small fleet to look at, simulated once."""

import pytest

from tests.simulation.devices.recorded_month import PLAN, RecordedMonth, record


@pytest.fixture(scope="session")
def month() -> RecordedMonth:
    return record(PLAN)
