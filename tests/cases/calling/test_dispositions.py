import pytest

from cases.calling.dispositions import ANY, DEVICE, DISPOSITIONS, OUTCOMES_BY_WEIGHT, Step, disposition
from cases.case import Outcome
from cases.device_cases.closing import CloseReason
from cases.errors import WrongUse

# code: key, human, right party, final, counts, number unusable, next
CATALOGUE = {
    "confirmed_fraud": ("F", 1, 1, 1, 1, 0, Step.END),
    "genuine": ("G", 1, 1, 1, 1, 0, Step.END),
    "callback_later": ("C", 1, 1, 0, 1, 0, Step.CALL_BACK),
    "wants_branch": ("V", 1, 1, 0, 1, 0, Step.HAND_OVER),
    "third_party": ("T", 1, 0, 0, 1, 0, Step.CADENCE),
    "wrong_number": ("W", 1, 0, 0, 1, 1, Step.NEXT_NUMBER),
    "identity_failed": ("I", 1, 0, 0, 1, 0, Step.REVIEW),
    "no_answer": ("N", 0, 0, 0, 1, 0, Step.CADENCE),
    "busy": ("B", 0, 0, 0, 1, 0, Step.SOON),
    "voicemail": ("M", 0, 0, 0, 1, 0, Step.CADENCE),
    "switched_off": ("O", 0, 0, 0, 1, 0, Step.LATER),
    "number_invalid": ("X", 0, 0, 0, 1, 1, Step.NEXT_NUMBER),
    "dialer_failed": ("", 0, 0, 0, 0, 0, Step.AT_ONCE),
    "technician_sent": ("1", 1, 1, 0, 1, 0, Step.TECHNICIAN),
    "card_returned": ("2", 1, 1, 1, 1, 0, Step.END),
    "cash_claim_opened": ("3", 1, 1, 1, 1, 0, Step.END),
    "false_alarm": ("4", 1, 1, 1, 1, 0, Step.END),
    "fixed_on_site": ("5", 1, 1, 1, 1, 0, Step.END),
}


def test_the_catalogue_is_as_agreed() -> None:
    found = {
        each.code: (
            each.key,
            each.human,
            each.right_party,
            each.final,
            each.counts,
            each.number_unusable,
            each.next,
        )
        for each in DISPOSITIONS.values()
    }
    assert found == CATALOGUE


def test_hotkeys_are_each_there_once() -> None:
    keys = [each.key for each in DISPOSITIONS.values() if each.key]
    assert len(set(keys)) == len(keys)


def test_what_is_final_has_an_outcome_that_a_case_can_close_with() -> None:
    for each in DISPOSITIONS.values():
        assert each.final == (each.outcome is not None) == (each.next is Step.END), each.code
        if each.outcome is not None:
            assert each.outcome in OUTCOMES_BY_WEIGHT
            assert Outcome(each.outcome)


def test_what_ends_a_call_about_a_device_says_why_its_case_closes() -> None:
    for each in DISPOSITIONS.values():
        assert (each.close_reason is not None) == (each.final and each.cases == DEVICE), each.code
        if each.close_reason is not None:
            assert CloseReason(each.close_reason)


def test_nothing_is_confirmed_about_a_person_who_was_not_verified() -> None:
    verified = {code for code, each in DISPOSITIONS.items() if each.needs_identity}
    assert {"confirmed_fraud", "genuine"} <= verified
    assert all(DISPOSITIONS[code].right_party for code in verified)


def test_a_right_party_is_human() -> None:
    assert all(each.human for each in DISPOSITIONS.values() if each.right_party)


@pytest.mark.parametrize(
    ("code", "kind"), [("cash_claim_opened", "fraud"), ("genuine", "device"), ("nope", "fraud")]
)
def test_a_disposition_that_does_not_fit_names_those_that_do(code: str, kind: str) -> None:
    with pytest.raises(WrongUse, match=r"no way for a call .* there are: .*no_answer"):
        disposition(code, kind)


def test_every_kind_of_case_can_be_told_that_nobody_answered() -> None:
    assert DISPOSITIONS["no_answer"].cases == ANY
