"""Settings of the learner, refused where they cannot be."""

from datetime import timedelta
from typing import Any

import pytest

from domain.risk_features import CROSSES, FEATURES
from domain.tables import FeatureBins
from learning.risk.settings import DAY, Settings, SettingsError


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"keep_genuine": 0}, "keep_genuine is 0; it lies between 0.0001 and 1"),
        ({"rate": 11}, "rate is 11"),
        ({"fading": 1.1}, "fading is 1.1"),
        ({"fading": float("nan")}, "fading is nan"),
        ({"alert_probability": 1}, "alert_probability is 1"),
        ({"audit_share": -0.1}, "audit_share is -0.1"),
        ({"most_kept": 0}, "most_kept is 0"),
        ({"model_every": timedelta(0)}, "model_every is 0"),
        ({"confirm_after": 91 * DAY}, "confirm_after is 7862400000; it lies between 0 and 7776000000"),
        ({"features": (FeatureBins(name="moon", edges=()),), "crosses": ()}, "no feature 'moon'"),
        ({"features": FEATURES[:1]}, "take that feature; name it as well"),
        ({"crosses": (("amount", "moon"),)}, "no feature 'moon'"),
    ],
)
def test_a_setting_out_of_bounds_is_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        Settings(**wrong)


def test_a_card_has_every_setting_but_bins_and_crosses() -> None:
    said = Settings(confirm_after=45 * DAY).said()
    assert (said["confirm_after_days"], said["rate"], said["optimiser"]) == (45, 0.1, "adagrad")
    fields = {name.removesuffix("_days") for name in said}
    assert fields == set(Settings.__struct_fields__) - {"features", "crosses"}


def test_every_pair_is_of_features_that_are_there() -> None:
    assert Settings().crosses == CROSSES
