import os
from pathlib import Path

import pytest

from config.settings import PREFIX, Settings, SettingsError, load_settings, variable


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def test_every_setting_has_a_default_within_its_own_bounds_and_a_description() -> None:
    assert load_settings() == Settings()
    for name, field in Settings.model_fields.items():
        assert not field.is_required(), name
        assert field.description is not None
        assert field.description.endswith(".")


def test_the_environment_sets_what_no_option_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKDESK_EPOCH_S", "2.5")
    monkeypatch.setenv("RISKDESK_FOLLOW", "yes")
    monkeypatch.setenv("RISKDESK_LOG_LEVEL", "WARNING")
    settings = load_settings(epoch_s=None, log_level="debug")
    assert (settings.epoch_s, settings.follow, settings.log_level) == (2.5, True, "debug")


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKDESK_EPOCH_S", "")
    assert load_settings().epoch_s == 10.0


def test_inputs_are_separated_as_in_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKDESK_INPUTS", os.pathsep.join(["a b.jsonl", "", "folder"]))
    assert load_settings().inputs == (Path("a b.jsonl"), Path("folder"))
    assert load_settings(inputs=(Path("c"),)).inputs == (Path("c"),)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("epoch_s", "soon", "RISKDESK_EPOCH_S is 'soon': Input should be a valid number"),
        ("epoch_s", "0", "RISKDESK_EPOCH_S is '0': Input should be greater than or equal to 0.1"),
        ("epoch_s", "nan", "RISKDESK_EPOCH_S is 'nan': Input should be"),
        ("processes", "0", "RISKDESK_PROCESSES is '0': Input should be greater than or equal to 1"),
        ("metrics_port", "65536", "RISKDESK_METRICS_PORT is '65536': Input should be less than or equal"),
        ("log_level", "loud", "RISKDESK_LOG_LEVEL is 'loud': Input should be 'debug', 'info', 'warning' or"),
        ("store", "oracle://x", "RISKDESK_STORE is not right: String should match pattern '.*sqlite"),
    ],
)
def test_a_wrong_setting_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, given: str, said: str
) -> None:
    monkeypatch.setenv(variable(name), given)
    with pytest.raises(SettingsError, match=said):
        load_settings()


def test_all_wrong_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKDESK_EPOCH_S", "soon")
    monkeypatch.setenv("RISKDESK_PROCESSES", "all")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert len(str(refused.value).splitlines()) == 2


def test_no_password_that_stands_in_the_store_is_shown() -> None:
    assert "hunter2" not in repr(load_settings(store="postgresql://desk:hunter2@db/riskdesk"))
    with pytest.raises(SettingsError) as refused:
        load_settings(store="mysql://desk:hunter2@db/riskdesk")
    assert "hunter2" not in str(refused.value)


def test_an_unknown_override_is_refused() -> None:
    with pytest.raises(SettingsError, match="RISKDESK_EPOCH is not right: Extra inputs are not permitted"):
        load_settings(epoch=10)
