from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from config.located_yaml import LocatedYaml
from devices.codes import CATALOGUE, CLEARERS, CodesError, catalogue, load_catalogue
from domain.events import Telemetry
from domain.telemetry import Component

CODES = catalogue().codes

# What the design names, under the names it is known by here: none of these may go missing.
NAMED = """
card_retained card_jam capture_bin_high capture_bin_full card_read_degraded cash_retracted cash_uncertain
deposit_not_credited notes_left escrow_stuck dispense_short cdm_fatal cim_fatal shutter_jam note_jam
transport_inop note_error_rate cash_low cash_out cash_full reject_full cassette_missing
cassette_manipulated epp_fail keys_lost illegal_key_access receipt_low receipt_out receipt_jam journal_out
ej_backlog door_open_unplanned tamper seismic foreign_device fraud_attempt supervisor_enter
supervisor_exit supervisor_overstay power_fail ups_on_battery ups_low device_offline host_session_lost
branch_link_down host_down app_hang_suspected silent_device status_stale fault_rate_anomaly
decline_rate_anomaly reversal_burst dispense_without_auth counter_mismatch clock_stopped camera_fail
display_fail enrolment_unknown_device cash_out_soon flapping reader_tampering cash_trapped unknown_code
heartbeat counted
"""
NEVER_SUPPRESSED = """
card_retained cash_retracted cash_uncertain cash_trapped dispense_short deposit_not_credited notes_left
escrow_stuck cassette_manipulated illegal_key_access door_open_unplanned tamper seismic silent_alarm
foreign_device fraud_attempt reader_tampering dispense_without_auth counter_mismatch
"""


def test_every_code_that_the_design_names_is_there():
    assert set(NAMED.split()) <= set(CODES)


def test_exactly_customer_harm_and_security_are_never_suppressed():
    assert sorted(name for name in CODES if catalogue().never_suppressed(name)) == sorted(
        NEVER_SUPPRESSED.split()
    )


@pytest.mark.parametrize("name", CODES)
def test_a_code_says_in_both_languages_what_it_means_and_what_ends_it(name):
    code = CODES[name]
    assert code.name == name
    assert code.en.isascii()
    assert any("\u4e00" <= character <= "\u9fff" for character in code.zh)
    assert set(code.cleared_by) - set(CLEARERS) <= set(CODES)
    assert len(set(code.component)) == len(code.component)
    assert name in catalogue().family_of(name)


@pytest.mark.parametrize("name", CODES)
def test_a_code_is_held_back_and_due_as_its_handling_says(name):
    code = CODES[name]
    handling = catalogue().handling_of(code)
    if code.handling == "record":
        assert (handling.due_min, handling.escalate_min) == (None, None)
        return
    assert handling.due_min is not None
    assert handling.escalate_min is not None
    assert handling.due_min < handling.escalate_min
    if handling.never_suppress:
        assert (handling.hold_s, handling.hold_heartbeats) == (0, 0)


@pytest.mark.parametrize("name", CODES)
def test_a_code_fits_a_report(name):
    code = CODES[name]
    for component in code.component:
        Telemetry(event_id="e", at=None, device="d", component=component, code=name, edge="raise")
    assert len(name) <= 64
    assert set(code.component) <= set(get_args(Component))


def test_no_two_codes_have_the_same_words():
    for words in ([code.en for code in CODES.values()], [code.zh for code in CODES.values()]):
        assert len(set(words)) == len(words)


def test_most_alarms_are_of_low_priority_and_few_of_the_highest_are_no_harm():
    harmless = [
        name for name, code in CODES.items() if code.priority == 1 and not catalogue().never_suppressed(name)
    ]
    assert set(harmless) == {
        "branch_link_down",
        "branch_power_down",
        "region_link_down",
        "host_down",
        "reversal_burst",
    }


def test_levels_of_one_condition_are_one_family():
    assert catalogue().family_of("cash_out") == ("cash_low", "cash_out", "cash_full")
    assert catalogue().family_of("card_jam") == ("card_jam",)


@pytest.mark.parametrize(
    ("name", "severities"),
    [
        ("card_reader_fault", [3, 4]),
        ("cash_low", [2, 3, 4]),
        ("receipt_low", [1, 2, 3, 4]),
        ("tamper", [3, 4]),
    ],
)
def test_a_warning_about_a_module_is_not_yet_its_fault(name, severities):
    assert [severity for severity in range(5) if CODES[name].holds_at(severity)] == severities


def test_a_code_that_is_not_there_counts_as_unknown():
    assert catalogue()["made_up"].name == "unknown_code"
    assert not catalogue().never_suppressed("made_up")


def test_no_key_of_the_file_is_written_twice():
    LocatedYaml(CATALOGUE)


@pytest.fixture
def complain(tmp_path: Path):
    """Give what is said of the catalogue with one code changed; None takes a key out."""

    def complain(code: str, changes: dict[str, Any]) -> str:
        found = yaml.safe_load(CATALOGUE.read_text("utf-8"))
        changed = {**found["codes"].get(code, {}), **changes}
        found["codes"][code] = {key: value for key, value in changed.items() if value is not None}
        path = tmp_path / "codes.yaml"
        path.write_text(yaml.safe_dump(found, allow_unicode=True), "utf-8")
        with pytest.raises(CodesError) as error:
            load_catalogue(path)
        return str(error.value).removeprefix(f"{path}: ")

    return complain


@pytest.mark.parametrize(
    ("code", "changes", "said"),
    [
        ("card_jam", {"severity": 5}, "card_jam.severity: Input should be less than or equal to 4"),
        ("card_jam", {"priority": None}, "card_jam: priority and attention belong to every handling"),
        (
            "heartbeat",
            {"priority": 1},
            "heartbeat: priority and attention belong to every handling but record",
        ),
        ("card_jam", {"axis": None}, "card_jam: an alarm should name the axis it drives"),
        ("card_jam", {"component": ["flux"]}, "card_jam.component.0: Input should be 'device', "),
        ("card_jam", {"componnent": ["door"]}, "card_jam.componnent: Extra inputs are not permitted"),
        (
            "card_jam",
            {"cleared_by": ["magic"]},
            "card_jam: cleared_by magic should be a code or one of own, ",
        ),
        ("door_open", {"unplanned": "magic"}, "door_open: unplanned magic should be a code"),
        ("card_retained", {"priority": 2}, "card_retained: customer_harm should have priority 1"),
        ("tamper", {"action": "reset"}, "tamper: security is evidence: only the desk may clear it"),
        ("tamper", {"self_clearing": True}, "tamper: security is evidence"),
        ("suspect_note", {"self_clearing": True}, "suspect_note: what clears itself does not wait"),
        ("card_jam", {"family": "cash_level"}, "family cash_level: its codes should share a component"),
        ("Card_Jam", {}, "Card_Jam"),
        ("card_jam", {"zh": ""}, "card_jam.zh: String should have at least 1 character"),
    ],
)
def test_what_is_wrong_with_a_code_is_said_with_its_name(complain, code, changes, said):
    assert said in complain(code, changes)


@pytest.mark.parametrize("text", ["codes: [", "", "[]", "codes: {}", "handlings: 3\ncodes: {a: 1}"])
def test_a_file_that_is_no_catalogue_is_refused_with_its_path(tmp_path, text):
    path = tmp_path / "codes.yaml"
    path.write_text(text)
    with pytest.raises(CodesError, match=r"codes\.yaml"):
        load_catalogue(path)
    with pytest.raises(CodesError, match="missing"):
        load_catalogue(tmp_path / "missing.yaml")
