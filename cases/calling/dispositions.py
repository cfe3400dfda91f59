"""How a call can end: one table, whose flags decide everything that follows.

No code asks for a disposition by name; it asks for a flag, or for the step that comes next.
"""

from enum import StrEnum

from msgspec import Struct

from cases.errors import WrongUse

# The kinds of cases that a disposition is for.
FRAUD = frozenset({"fraud", "storm"})
DEVICE = frozenset({"device"})
ANY = FRAUD | DEVICE


class Step(StrEnum):
    """What follows an attempt."""

    END = "end"  # the call has done its work; the case closes when its other calls allow it
    CALL_BACK = "call_back"  # at the time the customer set
    HAND_OVER = "hand_over"  # the customer goes to a branch, and so does the case
    REVIEW = "review"  # a lead looks at it before anyone calls again
    CADENCE = "cadence"  # again after the gap of the band
    SOON = "soon"  # the line is taken, which it is not for long
    LATER = "later"  # the telephone is off, which it is for a while
    NEXT_NUMBER = "next_number"  # this number leads nowhere
    AT_ONCE = "at_once"  # our own fault: nobody was rung
    TECHNICIAN = "technician"  # somebody is on the way


class Disposition(Struct, frozen=True, kw_only=True):
    """One way for a call to end.

    `key` is the hotkey of the desk. `human`: somebody spoke; `right_party`: it was the person wanted;
    `final`: nothing is left to call about. One that does not `count` is no attempt. After a
    `number_unusable` the number is not rung again. `outcome` is what the case may then close with.
    `needs_identity`: only after the person has been verified. `cases` are the kinds it belongs to. A device's
    case then closes for `close_reason`; one that `gives_card_back` settles the cards of that customer.
    """

    code: str
    key: str
    words: str
    human: bool = False
    right_party: bool = False
    final: bool = False
    counts: bool = True
    number_unusable: bool = False
    needs_identity: bool = False
    next: Step
    outcome: str | None = None
    close_reason: str | None = None
    gives_card_back: bool = False
    cases: frozenset[str] = ANY


_ALL = (
    Disposition(
        code="confirmed_fraud",
        key="F",
        words="fraud confirmed",
        human=True,
        right_party=True,
        final=True,
        needs_identity=True,
        next=Step.END,
        outcome="confirmed_fraud",
        cases=FRAUD,
    ),
    Disposition(
        code="genuine",
        key="G",
        words="confirmed as genuine",
        human=True,
        right_party=True,
        final=True,
        needs_identity=True,
        next=Step.END,
        outcome="genuine",
        cases=FRAUD,
    ),
    Disposition(
        code="callback_later",
        key="C",
        words="asked to be called back",
        human=True,
        right_party=True,
        next=Step.CALL_BACK,
    ),
    Disposition(
        code="wants_branch",
        key="V",
        words="wants to go to a branch",
        human=True,
        right_party=True,
        next=Step.HAND_OVER,
    ),
    Disposition(code="third_party", key="T", words="someone else answered", human=True, next=Step.CADENCE),
    Disposition(
        code="wrong_number",
        key="W",
        words="wrong number",
        human=True,
        number_unusable=True,
        next=Step.NEXT_NUMBER,
    ),
    Disposition(
        code="identity_failed",
        key="I",
        words="the person could not be verified",
        human=True,
        next=Step.REVIEW,
    ),
    Disposition(code="no_answer", key="N", words="no answer", next=Step.CADENCE),
    Disposition(code="busy", key="B", words="busy", next=Step.SOON),
    Disposition(code="voicemail", key="M", words="voicemail", next=Step.CADENCE),
    Disposition(code="switched_off", key="O", words="switched off", next=Step.LATER),
    Disposition(
        code="number_invalid",
        key="X",
        words="number not in service",
        number_unusable=True,
        next=Step.NEXT_NUMBER,
    ),
    Disposition(code="dialer_failed", key="", words="dialer failed", counts=False, next=Step.AT_ONCE),
    Disposition(
        code="technician_sent",
        key="1",
        words="technician sent",
        human=True,
        right_party=True,
        next=Step.TECHNICIAN,
        cases=DEVICE,
    ),
    Disposition(
        code="card_returned",
        key="2",
        words="card given back",
        human=True,
        right_party=True,
        final=True,
        needs_identity=True,
        next=Step.END,
        outcome="device_resolved",
        close_reason="customer_contacted",
        gives_card_back=True,
        cases=DEVICE,
    ),
    Disposition(
        code="cash_claim_opened",
        key="3",
        words="claim for the cash opened",
        human=True,
        right_party=True,
        final=True,
        needs_identity=True,
        next=Step.END,
        outcome="device_resolved",
        close_reason="customer_contacted",
        cases=DEVICE,
    ),
    Disposition(
        code="false_alarm",
        key="4",
        words="false alarm",
        human=True,
        right_party=True,
        final=True,
        next=Step.END,
        outcome="false_alarm",
        close_reason="no_fault_found",
        cases=DEVICE,
    ),
    Disposition(
        code="fixed_on_site",
        key="5",
        words="put right by the branch",
        human=True,
        right_party=True,
        final=True,
        next=Step.END,
        outcome="device_resolved",
        close_reason="flm_fixed",
        cases=DEVICE,
    ),
)

DISPOSITIONS: dict[str, Disposition] = {each.code: each for each in _ALL}

# Of several calls of one case the first of these outcomes that any of them came to is the case's: a ring
# with one confirmed fraud is fraud, and one member nobody reached keeps it from being called genuine.
OUTCOMES_BY_WEIGHT = ("confirmed_fraud", "unreachable", "device_resolved", "genuine", "false_alarm")


def disposition(code: str, case_kind: str) -> Disposition:
    """Give the disposition called `code`. Raises WrongUse, naming those that fit a case of this kind."""
    found = DISPOSITIONS.get(code)
    if found is None or case_kind not in found.cases:
        allowed = ", ".join(each.code for each in _ALL if case_kind in each.cases)
        raise WrongUse(f"{code!r} is no way for a call in a {case_kind} case to end; there are: {allowed}")
    return found
