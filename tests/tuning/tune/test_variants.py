"""Variants of a profile: changed in one detector's parameters, and in nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import detectors
from config.located_yaml import LocatedYaml, ProfileError
from config.profiles import load_profile
from tests.tuning.tune_stream import PROFILE
from tuning.tune.parameters import ParameterError
from tuning.tune.variants import changed, read_tuned

SHIPPED = Path(__file__).parents[3] / "config" / "profiles" / "card_risk.yaml"
NIGHT = Path(__file__).parents[3] / "replay_data" / "night" / "profile.yaml"
PATH = Path("made.yaml")


def test_only_what_is_tried_is_changed() -> None:
    tuned = read_tuned(PATH, "burst", PROFILE)
    text = changed(tuned, PROFILE, {"uses": 4, "sums_minor.EUR": 100})
    before, after = LocatedYaml(PATH, PROFILE).data, LocatedYaml(PATH, text).data
    burst = after["detectors"].pop("burst")
    assert before["detectors"].pop("burst") == {"uses": 6, "window": "PT10M", "lateness": "PT1M"}
    amounts = burst.pop("sums_minor")
    assert burst == {"uses": 4, "window": "PT10M", "lateness": "PT1M"}
    assert after == before
    assert amounts == {**amounts, "CNY": 5_000_000, "EUR": 100}


def test_a_variant_runs_as_what_it_says() -> None:
    tuned = read_tuned(PATH, "burst", PROFILE)
    profile = load_profile(PATH, text=changed(tuned, PROFILE, {"window": "PT5M", "include_current": False}))
    as_it_is = {type(each).__name__: each for each in tuned.profile.build_detectors()}
    made = {type(each).__name__: each for each in profile.build_detectors()}
    assert made["AmountOutlier"] == as_it_is["AmountOutlier"]
    assert made["Burst"] == replace(as_it_is["Burst"], window=made["Burst"].window, include_current=False)
    assert made["Burst"].window.total_seconds() == 300
    assert (profile.name, profile.version, profile.bounds) == ("tuned", 3, tuned.profile.bounds)


def test_a_variant_alone_has_the_tuned_detector_and_all_else_of_the_profile() -> None:
    tuned = read_tuned(PATH, "burst", PROFILE)
    profile = load_profile(PATH, text=changed(tuned, PROFILE, {"uses": 4}, alone=True))
    assert list(profile.detectors) == ["burst"]
    assert profile.model_copy(update={"detectors": tuned.profile.detectors}) == tuned.profile


@pytest.mark.parametrize("path", [SHIPPED, NIGHT])
@pytest.mark.parametrize("alone", [False, True])
def test_a_shipped_profile_keeps_its_meaning_and_its_tables(path: Path, alone: bool) -> None:
    text = path.read_text("utf-8")
    tuned = read_tuned(path, "burst", text)
    profile = load_profile(path, text=changed(tuned, text, {"uses": 5}, alone=alone, version=9))
    assert profile.version == 9
    assert profile.tables == tuned.profile.tables
    (burst,) = [each for each in profile.build_detectors() if detectors.name_of(each) == "burst"]
    assert burst.uses == 5
    assert (len(profile.detectors) == 1) is alone


def test_words_that_older_yaml_takes_for_something_else_stay_words() -> None:
    text = PROFILE.replace("window: PT10M", "window: 00:10:00").replace("name: tuned", "name: 'no'")
    tuned = read_tuned(PATH, "burst", text)
    made = changed(tuned, text, {"uses": 4})
    assert load_profile(PATH, text=made).name == "no"
    assert yaml.safe_load(made)["detectors"]["burst"]["window"] == "00:10:00"


def test_what_is_in_force_is_told_also_where_it_is_the_default() -> None:
    tuned = read_tuned(PATH, "burst", PROFILE)
    assert (tuned.value("uses"), tuned.value("sum_uses"), tuned.value("sums_minor.CNY")) == (6, 3, 5_000_000)
    assert tuned.value("sums_minor.ZAR") is None


def test_a_detector_that_is_not_enabled_is_refused_with_those_that_are() -> None:
    with pytest.raises(ParameterError) as refused:
        read_tuned(PATH, "brust", PROFILE)
    assert "'brust' is not enabled in made.yaml; there are: amount_outlier, burst" in str(refused.value)


def test_a_profile_that_is_wrong_is_refused_with_its_line() -> None:
    with pytest.raises(ProfileError, match=r"made.yaml:8"):
        read_tuned(PATH, "burst", PROFILE.replace("uses: 6", "uses: 0"))


def test_a_combination_that_the_detector_refuses_is_told_with_its_reason() -> None:
    with pytest.raises(ParameterError, match="burst refuses window PT5M, uses 0: Input should be greater"):
        changed(read_tuned(PATH, "burst", PROFILE), PROFILE, {"window": "PT5M", "uses": 0})
