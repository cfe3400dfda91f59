"""Uses of cards as rows of one NumPy record array: how the whole simulation is passed from hand to hand."""

from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from domain.events import Channel, DeclineReason, Entry, TransactionType
from simulation.hours import SECOND_MS

Ints = NDArray[np.int64]
Rows = NDArray[Any]

TYPES: tuple[TransactionType, ...] = get_args(TransactionType)
CHANNELS: tuple[Channel, ...] = get_args(Channel)
ENTRIES: tuple[Entry, ...] = get_args(Entry)
# A use that is approved has refusal 0.
REFUSALS: tuple[str, ...] = ("", *get_args(DeclineReason))

PURCHASE, WITHDRAWAL, DEPOSIT, TRANSFER_IN, TRANSFER_OUT, REFUND, REVERSAL, INQUIRY = map(
    TYPES.index,
    (
        "purchase",
        "withdrawal",
        "deposit",
        "transfer_in",
        "transfer_out",
        "refund",
        "reversal",
        "balance_inquiry",
    ),
)
POS, ATM, ECOM, MOTO, MOBILE, COUNTER = map(
    CHANNELS.index, ("pos", "atm", "ecom", "moto", "mobile", "counter")
)
CHIP, CONTACTLESS, MAGSTRIPE, MANUAL, TOKEN, NO_ENTRY = map(
    ENTRIES.index, ("chip", "contactless", "magstripe", "manual", "token", "none")
)

NONE = -1
USE = np.dtype(
    [
        ("at_ms", np.int64),
        # How long an ATM session lasts.
        ("span_ms", np.int32),
        ("customer", np.int32),
        ("card", np.int32),
        # The number of the terminal, NONE where the card itself is nowhere.
        ("terminal", np.int32),
        # The number of the online shop, employer or other person, NONE at a terminal.
        ("party", np.int32),
        # What the use costs, in fen (minor units of CNY), whatever currency the terminal pays out.
        ("fen", np.int64),
        ("type", np.int8),
        ("channel", np.int8),
        ("entry", np.int8),
        ("refusal", np.int8),
        # The number of the incident or lookalike it is part of, NONE for daily life.
        ("part", np.int32),
    ]
)


def empty_uses(count: int) -> Rows:
    """Make rows of daily life that are nowhere and with nobody yet."""
    uses = np.zeros(count, dtype=USE)
    for field in ("terminal", "party", "part"):
        uses[field] = NONE
    return uses


def at_shop(at_ms: Ints, customer: Ints, card: Ints, terminal: Ints, fen: Ints) -> Rows:
    """Make purchases at merchants' terminals, by chip."""
    uses = empty_uses(len(at_ms))
    uses["at_ms"], uses["customer"], uses["card"], uses["terminal"] = at_ms, customer, card, terminal
    uses["fen"], uses["type"], uses["channel"], uses["entry"] = fen, PURCHASE, POS, CHIP
    return uses


def at_atm(
    rng: np.random.Generator, at_ms: Ints, customer: Ints, card: Ints, terminal: Ints, fen: Ints
) -> Rows:
    """Make quick withdrawals at ATMs; amounts are rounded to notes of 100 yuan, at least one."""
    uses = at_shop(at_ms, customer, card, terminal, np.maximum(fen // 10_000, 1) * 10_000)
    uses["type"], uses["channel"] = WITHDRAWAL, ATM
    uses["span_ms"] = rng.integers(30 * SECOND_MS, 45 * SECOND_MS, size=len(at_ms))
    return uses


def at_online_shop(at_ms: Ints, customer: Ints, card: Ints, party: Ints, fen: Ints) -> Rows:
    """Make purchases with typed-in card data, which put the card nowhere."""
    uses = empty_uses(len(at_ms))
    uses["at_ms"], uses["customer"], uses["card"], uses["party"] = at_ms, customer, card, party
    uses["fen"], uses["type"], uses["channel"], uses["entry"] = fen, PURCHASE, ECOM, MANUAL
    return uses


def by_phone(uses: Rows, rows: Ints, party: Ints) -> None:
    """Turn uses at a terminal into uses that need no terminal: shopping online, and cash into a transfer."""
    bought = np.isin(uses["type"][rows], (PURCHASE, REFUND, REVERSAL))
    uses["type"][rows] = np.where(bought, PURCHASE, TRANSFER_OUT)
    uses["channel"][rows] = np.where(bought, ECOM, MOBILE)
    uses["entry"][rows] = np.where(bought, TOKEN, NO_ENTRY)
    uses["terminal"][rows], uses["party"][rows] = NONE, party
    uses["span_ms"][rows] = 0
    uses["fen"][rows] = np.maximum(uses["fen"][rows], 100)
