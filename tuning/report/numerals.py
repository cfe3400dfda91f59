"""How figures are written in tables and beside pictures."""

from math import isfinite

NOTHING = "-"
# Beyond this a float no longer tells neighbours apart by one, and no picture can show anything.
MOST = 1e18


def drawable(value: float | None) -> float | None:
    """Give a value that a picture can show; nothing stands for what is not known or not a number."""
    return value if value is not None and isfinite(value) and abs(value) <= MOST else None


def number(value: float | None, digits: int = 3) -> str:
    """Write a number with at most so many digits after the point.

    >>> number(1234567), number(0.12345), number(2.0), number(-0.0001), number(None)
    ('1,234,567', '0.123', '2', '-0.0001', '-')
    """
    if value is None or not isfinite(value):
        return NOTHING
    if abs(value) > MOST or 0 < abs(value) < 10**-digits:
        return f"{value:.{digits}g}"
    said = f"{value + 0.0:,.{digits}f}"  # + 0.0 takes the sign off nought
    return said.rstrip("0").rstrip(".") if digits else said


def percent(value: float | None, digits: int = 1) -> str:
    """Write a share of 1 in hundredths.

    >>> percent(0.1234), percent(1), percent(None)
    ('12.3 %', '100.0 %', '-')
    """
    return NOTHING if value is None or not isfinite(value) else f"{100 * value:,.{digits}f} %"
