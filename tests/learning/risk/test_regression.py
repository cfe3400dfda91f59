"""The regression learns, fades, and goes on from plain numbers."""

from random import Random

import msgspec
import pytest
from river import linear_model, optim

from domain.risk_features import CROSSES, FEATURES, NAMES, position
from learning.risk.regression import Regression, RegressionState
from learning.risk.settings import Settings


def learnt(count: int = 400, **settings: object) -> Regression:
    made = Regression(Settings(keep_genuine=1.0, **settings))  # type: ignore[arg-type]
    teach(made, count)
    return made


def teach(made: Regression, count: int, seed: int = 1) -> None:
    """Teach that a ratio in its bin 15 is fraud, and little else is."""
    random = Random(seed)
    for _ in range(count):
        high = random.random() < 0.3
        bins = [random.randrange(2) for _ in NAMES]
        bins[position("ratio")] = 15 if high else 5
        made.learn(bytes(bins), fraud=random.random() < (0.9 if high else 0.05))


@pytest.mark.parametrize("optimiser", ["adagrad", "sgd"])
def test_what_tells_fraud_weighs_most(optimiser: str) -> None:
    _, weights = learnt(optimiser=optimiser).weights()
    assert weights["ratio:15"] > 0.5 > 0 > weights["ratio:5"]


def test_weights_are_named_by_bins_and_by_pairs_of_them() -> None:
    _, weights = learnt().weights()
    names = {tuple(part.split(":")[0] for part in key.split("|")) for key in weights}
    assert {(name,) for name in NAMES} | set(Settings().crosses) == names


@pytest.mark.parametrize("optimiser", ["adagrad", "sgd"])
def test_it_goes_on_to_the_last_bit(optimiser: str) -> None:
    whole, first = learnt(200, optimiser=optimiser), learnt(200, optimiser=optimiser)
    written = msgspec.msgpack.encode(first.dump())
    second = Regression(Settings(keep_genuine=1.0, optimiser=optimiser))  # type: ignore[arg-type]
    second.load(msgspec.msgpack.decode(written, type=RegressionState))
    for each in (whole, second):
        teach(each, 200, seed=2)
    assert second.dump() == whole.dump()
    assert whole.steps == 400


def test_it_steps_as_river_does_on_its_own() -> None:
    made, rivers = learnt(0), linear_model.LogisticRegression(optim.AdaGrad(0.1), intercept_lr=0.01)
    random = Random(3)
    names = [feature.name for feature in FEATURES]
    for _ in range(100):
        bins, fraud = [random.randrange(2) for _ in NAMES], random.random() < 0.3
        made.learn(bytes(bins), fraud=fraud)
        keys = [f"{name}:{number}" for name, number in zip(names, bins, strict=True)]
        at = dict(zip(names, keys, strict=True))
        rivers.learn_one(
            dict.fromkeys([*keys, *(f"{at[one]}|{at[other]}" for one, other in CROSSES)], 1.0), fraud
        )
    assert made.dump().weights == rivers.weights
    assert made.dump().intercept == rivers.intercept


def test_fading_makes_later_steps_larger() -> None:
    steps = []
    for share in (1.0, 0.5):
        made = learnt(1000)
        before = made.weights()[1]["ratio:15"]
        made.fade(share)
        bins = [0] * len(NAMES)
        bins[position("ratio")] = 15
        made.learn(bytes(bins), fraud=False)
        steps.append(before - made.weights()[1]["ratio:15"])
    assert 0 < steps[0] < steps[1]


def test_a_weight_that_is_no_number_is_never_published() -> None:
    made = Regression(Settings())
    made.load(RegressionState(0.0, {"ratio:1": float("nan")}, {}, 1))
    with pytest.raises(ArithmeticError, match="begin with an older one"):
        made.weights()
