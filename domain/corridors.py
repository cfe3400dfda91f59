"""Corridors: ways from one country to another, and how risky a card's first use at their end is."""

from collections.abc import Mapping

# The risk (0 to 1) of ways such as CN>KH, by ISO 3166 codes; * stands for any country. Where travellers from
# China go most, where the centres of cyber-enabled fraud are, and the rest.
RISKS = {
    "*>*": 0.1,
    **dict.fromkeys(("CN>HK", "CN>MO"), 0.02),
    **dict.fromkeys(("CN>JP", "CN>KR", "CN>SG", "CN>TH", "CN>TW"), 0.04),
    **dict.fromkeys(("*>KH", "*>LA", "*>MM", "*>PH"), 0.3),
}


def risk_of(corridors: Mapping[str, float], origin: str, country: str) -> tuple[str, float]:
    """Give the closest corridor that is on record for a way, and its risk; ("", 0) where none is.

    >>> risk_of({"*>*": 0.1, "CN>*": 0.08, "*>KH": 0.3}, "CN", "KH")
    ('CN>*', 0.08)
    """
    for corridor in (f"{origin}>{country}", f"{origin}>*", f"*>{country}", "*>*"):
        if corridor in corridors:
            return corridor, corridors[corridor]
    return "", 0.0
