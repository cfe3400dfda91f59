"""What uses of cards cost: log-normal around what is usual for the kind of use and for the customer."""

import numpy as np
from numpy.typing import NDArray

from domain.money import minor_digits
from simulation.uses import (
    ATM,
    COUNTER,
    DEPOSIT,
    ECOM,
    INQUIRY,
    MOBILE,
    MOTO,
    POS,
    PURCHASE,
    REFUND,
    REVERSAL,
    TRANSFER_IN,
    TRANSFER_OUT,
    WITHDRAWAL,
    Rows,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# What the bank pays out of one account at ATMs in a day, in fen.
DAILY_LIMIT_FEN = 2_000_000
_MOST_AT_ATM_FEN = 500_000
_NOTE_FEN = 10_000
# Honest amounts end here on either side, in standard deviations of the logarithm.
_TAIL = 2.5
_SHOP_SD = 0.4

# Median in fen and standard deviation of the logarithm; purchases at a terminal have the shop's own median.
_USUAL = {
    (ECOM, PURCHASE): (8_500, 0.5),
    (ECOM, REFUND): (8_500, 0.5),
    (MOTO, PURCHASE): (22_000, 0.5),
    (MOBILE, TRANSFER_OUT): (40_000, 0.7),
    (MOBILE, TRANSFER_IN): (45_000, 0.7),
    (ATM, WITHDRAWAL): (80_000, 0.5),
    (ATM, DEPOSIT): (200_000, 0.6),
    (COUNTER, WITHDRAWAL): (900_000, 0.5),
    (COUNTER, DEPOSIT): (900_000, 0.5),
    (COUNTER, TRANSFER_OUT): (900_000, 0.5),
}

# Units of the currency for one CNY, rounded, and the smallest amount a machine pays out in major units.
_MONEY = {
    "CN": ("CNY", 1.0, 100),
    "HK": ("HKD", 1.1, 100),
    "TW": ("TWD", 4.4, 100),
    "JP": ("JPY", 20.5, 1_000),
    "KR": ("KRW", 195.0, 10_000),
    "SG": ("SGD", 0.18, 10),
    "TH": ("THB", 4.6, 100),
}


def lognormal(rng: np.random.Generator, median: Floats, sd: Floats | float) -> Floats:
    """Draw amounts around a median, cut off at 2.5 standard deviations of the logarithm."""
    noise = np.clip(rng.standard_normal(len(median)), -_TAIL, _TAIL)
    return np.asarray(median * np.exp(sd * noise))


def cash(fen: Floats | Ints) -> Ints:
    """Round to notes that a machine at home pays out, at least one."""
    return np.maximum(np.round(fen / _NOTE_FEN), 1).astype(np.int64) * _NOTE_FEN


def ordinary(rng: np.random.Generator, uses: Rows, spends: Floats, shop_median_fen: Floats) -> Ints:
    """Draw the amount in fen of each use, given how much its customer spends and the shop's median."""
    median = shop_median_fen.copy()
    sd = np.full(len(uses), _SHOP_SD)
    for (channel, kind), (usual_fen, spread) in _USUAL.items():
        rows = (uses["channel"] == channel) & (uses["type"] == kind)
        median[rows], sd[rows] = usual_fen, spread
    fen = np.round(lognormal(rng, median * spends, sd))
    in_notes = np.isin(uses["channel"], (ATM, COUNTER))
    fen[in_notes] = cash(fen[in_notes])
    drawn = (uses["channel"] == ATM) & (uses["type"] == WITHDRAWAL)
    fen[drawn] = np.minimum(fen[drawn], _MOST_AT_ATM_FEN)
    at_till = (uses["channel"] == POS) & ~np.isin(uses["type"], (REFUND, REVERSAL))
    # Prices are whole at many tills.
    whole = at_till & (rng.random(len(uses)) < 0.5)
    fen[whole] = np.ceil(fen[whole] / 100) * 100
    fen[uses["type"] == INQUIRY] = 0
    return fen.astype(np.int64)


def local_money(country: str | None, fen: int, cash_paid: bool) -> tuple[int, str]:
    """Give an amount in the minor units and the code of the country's currency."""
    code, rate, note = _MONEY[country or "CN"]
    if code == "CNY":
        return fen, code
    unit = 10 ** minor_digits(code)
    major = fen / 100 * rate
    if cash_paid and fen:
        return max(1, round(major / note)) * note * unit, code
    return round(major * unit), code
