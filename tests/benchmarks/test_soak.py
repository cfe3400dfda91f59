import pytest

from benchmarks.soak import growth


def test_growth_is_told_by_the_two_ends_and_no_single_sample_decides() -> None:
    assert growth([100.0] * 50) == 0
    assert growth([100.0] * 25 + [110.0] * 25) == pytest.approx(0.1)
    assert growth([100.0] * 49 + [900.0]) == 0
