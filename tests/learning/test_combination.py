"""What findings are worth together is learnt from outcomes, and tells later cases better where it can."""

from math import log
from random import Random

import pytest

from domain.combining import ClosedCase, combined
from learning.combination import CombinationError, fit_combination


def cases(count: int, seed: int, *, further: float, wrong_by: float = 0.0) -> list[ClosedCase]:
    """Make cases whose outcomes follow the rule: detectors a and b, the latter wrong in log odds."""
    random = Random(seed)
    made = []
    for number in range(count):
        findings = {name: round(random.uniform(0.05, 0.8), 3) for name in "ab" if random.random() < 0.7}
        findings = findings or {"a": 0.3}
        true = combined(findings, base=0.05, further=further, offsets={"b": wrong_by})
        made.append(ClosedCase(f"c{number:05}", number, random.random() < true, findings))
    return made


def loss_of_a_sum(told: list[ClosedCase]) -> float:
    summed = [(min(0.99, sum(case.findings.values())), case.fraud) for case in told]
    return -sum(log(said if fraud else 1 - said) for said, fraud in summed) / len(told)


def test_it_finds_the_share_and_the_detector_that_is_wrong():
    fitted = fit_combination(cases(3000, 3, further=0.5, wrong_by=-1.5))
    assert fitted.offsets["b"] == pytest.approx(-1.5, abs=0.25)
    assert fitted.offsets["a"] == pytest.approx(0.0, abs=0.25)
    assert fitted.further == pytest.approx(0.5, abs=0.2)
    assert fitted.helps
    assert fitted.detectors == {"a": pytest.approx(2200, rel=0.1), "b": pytest.approx(2100, rel=0.1)}


def test_what_it_says_is_calibrated_on_later_cases():
    fitted = fit_combination(cases(3000, 5, further=0.5, wrong_by=-1.5))
    later = cases(20_000, 6, further=0.5, wrong_by=-1.5)
    bins: dict[int, list[tuple[float, bool]]] = {}
    for case in later:
        said = combined(case.findings, base=fitted.base, further=fitted.further, offsets=fitted.offsets)
        bins.setdefault(int(said * 10), []).append((said, case.fraud))
    for found in bins.values():
        if len(found) >= 300:
            mean = sum(said for said, _ in found) / len(found)
            assert sum(fraud for _, fraud in found) / len(found) == pytest.approx(mean, abs=0.06)


def test_it_beats_a_plain_sum_of_what_detectors_say():
    told = cases(1500, 7, further=0.3)
    fitted = fit_combination(told)
    assert fitted.loss_after < loss_of_a_sum(told[1000:])


def test_few_cases_move_a_detector_but_little():
    few = [ClosedCase(f"c{number}", number, number % 2 == 0, {"a": 0.5}) for number in range(60)]
    few += [ClosedCase(f"d{number}", number, False, {"b": 0.5}) for number in range(3)]
    fitted = fit_combination(few, least=20)
    assert -1.0 < fitted.offsets["b"] <= 0.0


def test_detectors_that_are_right_already_stay():
    random = Random(11)
    told = [
        ClosedCase(f"c{number}", number, random.random() < said, {"a": said})
        for number, said in enumerate(random.choices([0.1, 0.3, 0.6], k=3000))
    ]
    assert fit_combination(told).offsets["a"] == pytest.approx(0.0, abs=0.15)


def test_the_order_in_which_cases_are_given_does_not_matter():
    told = cases(150, 13, further=0.3)
    shuffled = told.copy()
    Random(1).shuffle(shuffled)
    assert fit_combination(told) == fit_combination(shuffled)


def test_too_few_cases_and_a_single_outcome_are_refused():
    with pytest.raises(CombinationError, match="50 are needed"):
        fit_combination(cases(10, 1, further=0.3))
    with pytest.raises(CombinationError, match="one outcome"):
        fit_combination([ClosedCase(f"c{number}", number, True, {"a": 0.5}) for number in range(90)])
