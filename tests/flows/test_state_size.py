"""How much the buckets remember is told as it is saved."""

import pytest

from flows.cells import Cells
from flows.state_size import StateSize
from observability.metrics import Metrics
from tests.flows.made import Bank, Counting, NoticingSilence, plan_of, use

PLAN = plan_of(Counting(), NoticingSilence(), one_log=True)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def told(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"riskdesk_{name}", labels)


def cells_of(count: int, counted: int = 1) -> Cells:
    """Make cells of so many keys, of which the one detector counted and the other saw nothing."""
    cells = Cells(PLAN, {})
    for number in range(count):
        cells.start(f"k{number}", 1000)[2] = [counted]
    cells.save(1000)
    return cells


def test_keys_and_bytes_are_those_that_were_saved(metrics):
    StateSize(PLAN, metrics).tell_saved(cells_of(40), 900)
    assert told(metrics, "keys_held", scope="card") == 40
    assert told(metrics, "state_bytes", scope="card") == 900


def test_a_detector_has_the_keys_that_it_remembers_anything_of_and_their_bytes(metrics):
    StateSize(PLAN, metrics).tell_saved(cells_of(40), 900)
    assert told(metrics, "detector_keys", detector="Counting") == 40
    assert told(metrics, "detector_keys", detector="NoticingSilence") == 0
    # Each state is an array of one small number: two bytes.
    assert told(metrics, "detector_state_bytes", detector="Counting") == 80


def test_few_keys_are_all_looked_at_and_none_twice(metrics):
    for count in (0, 1, 7, 8, 9, 15, 16):
        size = StateSize(PLAN, metrics)
        before = told(metrics, "detector_state_bytes", detector="Counting")
        size.tell_saved(cells_of(count), 0)
        assert told(metrics, "detector_state_bytes", detector="Counting") - before == 2 * count


def test_buckets_add_up_and_each_tells_what_changed_in_it(metrics):
    one, other = StateSize(PLAN, metrics), StateSize(PLAN, metrics)
    one.tell_saved(cells_of(10), 500)
    other.tell_saved(cells_of(30), 700)
    assert (told(metrics, "keys_held", scope="card"), told(metrics, "state_bytes", scope="card")) == (
        40,
        1200,
    )
    one.tell_saved(cells_of(2), 100)
    assert (told(metrics, "keys_held", scope="card"), told(metrics, "state_bytes", scope="card")) == (32, 800)
    assert told(metrics, "detector_keys", detector="Counting") == 32


def test_a_flow_that_saves_nothing_tells_its_keys_alone():
    bank = Bank(plan_of(Counting(), one_log=True), saves=False)
    bank.read(("p", [use("e1", 0, "a"), use("e2", 1, "b")], False))
    bank.end_epoch()
    assert told(bank.metrics, "keys_held", scope="card") == 2
    assert told(bank.metrics, "state_bytes", scope="card") == 0


def test_a_flow_tells_its_state_at_each_snapshot():
    bank = Bank(plan_of(Counting(), one_log=True))
    bank.read(("p", [use("e1", 0, "a"), use("e2", 1, "b")], False))
    assert told(bank.metrics, "keys_held", scope="card") == 0
    bank.end_epoch()
    assert told(bank.metrics, "keys_held", scope="card") == 2
    assert told(bank.metrics, "state_bytes", scope="card") == told(bank.metrics, "snapshot_bytes_total") > 0
