"""Customers' cards and money that machines keep, each with the customer whose it is."""

from simulation.devices.happenings import DEPOSIT, INQUIRY, WITHDRAWAL
from simulation.devices.stage import Stage
from simulation.hours import MINUTE_MS

# What may happen to a card or to cash: the code, the component, and what the customer was doing.
_CASH = (
    ("cash_retracted", "dispenser", WITHDRAWAL, 0.35),
    ("cash_uncertain", "dispenser", WITHDRAWAL, 0.2),
    ("dispense_short", "dispenser", WITHDRAWAL, 0.2),
    ("notes_left", "acceptor", DEPOSIT, 0.1),
    ("deposit_not_credited", "acceptor", DEPOSIT, 0.1),
    ("escrow_stuck", "escrow", DEPOSIT, 0.05),
)
_SPAN_MS, _PAD_MS = 4 * MINUTE_MS, 10 * MINUTE_MS
_MOST_NOTES = 50


def card_retained(stage: Stage) -> None:
    """A machine keeps the card of the customer who uses it."""
    machine, at_ms = stage.pick(_SPAN_MS, hours=(6, 24), pad_ms=_PAD_MS)
    keep_card(stage, machine, at_ms)


def keep_card(stage: Stage, machine: int, at_ms: int) -> None:
    """Let a machine keep a card at a time."""
    who = stage.use(at_ms - stage.seconds(20, 80), machine, INQUIRY, 0)
    stage.say(at_ms, machine, "card_reader", "card_retained")
    stage.tell("card_retained", at_ms, None, devices=(machine,), codes=("card_retained",), member=who)


def cash_retained(stage: Stage) -> None:
    """Cash that a customer should have got, or handed in, stays in the machine, or may have."""
    number = int(stage.rng.choice(len(_CASH), p=[share for *_, share in _CASH]))
    code, component, type_, _ = _CASH[number]
    estate = stage.estate
    among = [one for one in range(estate.machines) if estate.recycler[one]] if type_ == DEPOSIT else None
    machine, at_ms = stage.pick(_SPAN_MS, among, hours=(6, 24), pad_ms=_PAD_MS)
    notes = 1 + int(stage.rng.integers(_MOST_NOTES))
    who = stage.use(at_ms - stage.seconds(15, 70), machine, type_, notes)
    stage.say(at_ms, machine, component, code)  # type: ignore[arg-type]
    stage.tell(code, at_ms, None, devices=(machine,), codes=(code,), member=who)
