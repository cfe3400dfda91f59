"""What the learned score looks at: each feature with its bins and words, and which pairs it looks at.

Learner, flow and benchmark take them from here. Edges are round numbers, mostly of Renard's series
(ISO 3: ten, or five, steps of equal ratio to a decade), chosen before any data and fitted to none.
"""

from typing import NamedTuple

from domain.tables import FeatureBins
from domain.wording import nearest

# A value for each of NAMES, in their order; None where nothing is known.
Values = tuple[float | None, ...]

CHANNELS = ("pos", "atm", "ecom", "moto", "mobile", "counter")
TYPES = ("purchase", "withdrawal", "transfer_out")
ENTRIES = ("none", "chip", "contactless", "magstripe", "manual", "token")
# ISO 3166-1 alpha-2. A new country is put at the end, so that models learnt before keep their meaning.
_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV "
    "BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES "
    "ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE "
    "IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY "
    "MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU "
    "NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM "
    "SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE "
    "VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES = tuple(_CODES.split())


class Feature(NamedTuple):
    """One feature: how its values are sorted, and how one is said aloud.

    `words` holds the value as {0}, or its name among `kinds` where the value is a number of one; `unknown` is
    what is said where there is none.
    """

    name: str
    edges: tuple[float, ...]
    words: str
    unknown: str
    kinds: tuple[str, ...] = ()

    def said(self, value: float | None) -> str:
        """Say a value as part of a sentence."""
        if value is None:
            return self.unknown
        return self.words.format(self.kinds[int(value)] if self.kinds else value)


def _kinds(name: str, kinds: tuple[str, ...], words: str, unknown: str) -> Feature:
    """Make a feature of which each value has a bin of its own."""
    return Feature(name, tuple(range(1, len(kinds))), words, unknown, kinds)


_COUNTS = (0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, 40)
_TIMES_USUAL = (0.1, 0.16, 0.25, 0.4, 0.63, 1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8, 10, 16, 25, 100)
_MEAN_TIMES_USUAL = (0.4, 0.63, 0.8, 1, 1.25, 1.6, 2, 2.5, 4)
_SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
_AMOUNTS = (
    *(1, 1.6, 2.5, 4, 6.3, 10, 12.5, 16, 20, 25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400),
    *(500, 630, 800, 1000, 1600, 2500, 4000, 6300, 10_000, 100_000),
)
_DAYS = (*range(1, 11), *range(12, 41, 2), 50, 60, 80, 100)
_NO_FRAUD = "no fraud is known at this terminal"
_NO_HABIT = "the customer's usual amount is not known yet"

CATALOGUE: tuple[Feature, ...] = (
    # Amounts of this use. The first is in so many of the currency's units as make a dollar, by powers of ten.
    Feature("amount", _AMOUNTS, "an amount in the order of {0:,.0f} dollars", "an unknown amount"),
    Feature("ratio", _TIMES_USUAL, "{0:,.1f} times the customer's usual amount", _NO_HABIT),
    Feature(
        "deviations",
        (-2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 7),
        "{0:,.1f} standard deviations from the customer's usual amount",
        _NO_HABIT,
    ),
    # The customer's windows: decayed sums, in which a use one half-life old counts a half.
    Feature("uses_1d", _COUNTS, "{0:,.1f} uses in about a day before", "no use before"),
    Feature("uses_7d", _COUNTS, "{0:,.1f} uses in about a week before", "no use before"),
    Feature(
        "uses_30d",
        (0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256),
        "{0:,.1f} uses in about a month before",
        "no use before",
    ),
    Feature("pace", _COUNTS, "{0:,.1f} times as many uses a day as usual", "no use before"),
    Feature(
        "spend_1d", _MEAN_TIMES_USUAL, "{0:,.1f} times the usual amount on average today", "no use before"
    ),
    Feature(
        "spend_7d", _MEAN_TIMES_USUAL, "{0:,.1f} times the usual amount on average this week", "no use before"
    ),
    Feature(
        "spend_30d",
        _MEAN_TIMES_USUAL,
        "{0:,.1f} times the usual amount on average this month",
        "no use before",
    ),
    Feature(
        "large_7d",
        (0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8),
        "{0:,.1f} uses of more than twice the usual amount in about a week before",
        "no use before",
    ),
    Feature("declined_1d", _COUNTS, "{0:,.1f} declined uses in about a day before", "no use before"),
    Feature(
        "hours_since",
        (1 / 60, 1 / 6, 1, 4, 12, 24, 72, 168, 720),
        "{0:,.1f} hours since the last use",
        "no use before",
    ),
    # When, where and how.
    Feature("hour", (4, 8, 12, 16, 20), "about {0:.0f}:00 UTC", "an unknown hour"),
    Feature(
        "hour_habit",
        (0.1, 0.25, 0.5, 0.75, 1, 1.5, 2),
        "an hour {0:,.1f} times as common with the customer as any",
        "no use before",
    ),
    Feature(
        "km_from_usual",
        (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000),
        "{0:,.0f} km from where the customer mostly is",
        "the place, or the customer's usual one, is not known",
    ),
    Feature(
        "country_share",
        (0.005, 0.05, 0.1, 0.25, 0.5, 0.75, 0.95),
        "a country of {0:.0%} of the customer's uses",
        "the country, or the customer's usual one, is not known",
    ),
    _kinds("corridor_from", COUNTRIES, "away from the usual {0}", "in no other country than usual"),
    _kinds("corridor_to", COUNTRIES, "in {0}", "in no other country than usual"),
    _kinds("channel", CHANNELS, "channel {0}", "an unknown channel"),
    _kinds("type", TYPES, "type {0}", "an unknown type"),
    _kinds("entry", ENTRIES, "entry {0}", "an unknown entry"),
    _kinds("outcome", ("approved", "declined"), "{0}", "an unknown outcome"),
    Feature(
        "way_share",
        (0.005, 0.05, 0.1, 0.25, 0.5, 0.75, 0.95),
        "a currency, type and channel of {0:.0%} of the customer's uses",
        "no use before",
    ),
    # The terminal, as its published record has it: only labels known by then have a part in it.
    Feature("terminal_lately", _SHARES, "{0:.0%} fraud among the terminal's latest known uses", _NO_FRAUD),
    Feature("terminal_long", _SHARES, "{0:.0%} fraud among the terminal's known uses", _NO_FRAUD),
    Feature("terminal_row", (1, 2, 3, 4, 8), "{0:,.0f} frauds in a row at the terminal", _NO_FRAUD),
    Feature(
        "terminal_row_days",
        _DAYS,
        "frauds in a row at the terminal since {0:,.1f} days",
        "no fraud in a row at the terminal",
    ),
    Feature("terminal_fraud_days", _DAYS, "{0:,.1f} days since the terminal's last known fraud", _NO_FRAUD),
    Feature(
        "terminal_genuine", (1, 2, 3, 4, 8), "{0:,.0f} genuine uses after the terminal's last", _NO_FRAUD
    ),
    Feature("terminal_uses", _COUNTS, "{0:,.1f} known uses a day at the terminal", _NO_FRAUD),
)
NAMES: tuple[str, ...] = tuple(feature.name for feature in CATALOGUE)
FEATURES: tuple[FeatureBins, ...] = tuple(FeatureBins(name=one.name, edges=one.edges) for one in CATALOGUE)
# Where two say together what neither says alone.
CROSSES: tuple[tuple[str, str], ...] = (
    ("deviations", "ratio"),
    ("deviations", "pace"),
    ("large_7d", "ratio"),
    ("large_7d", "amount"),
    ("amount", "terminal_long"),
    ("terminal_lately", "terminal_long"),
    ("terminal_row", "terminal_genuine"),
    ("terminal_row", "terminal_row_days"),
    ("terminal_row", "terminal_fraud_days"),
    ("corridor_from", "corridor_to"),
)


def position(name: str) -> int:
    """Give a feature's place among NAMES. Raises ValueError for one that there is not."""
    try:
        return NAMES.index(name)
    except ValueError:
        known = f"there are {', '.join(NAMES)}"
        raise ValueError(f"no feature {name!r}{nearest(name, NAMES)}; {known}") from None
