"""Which outages hide what: narrower ones, and what follows from a missing line or power."""

from typing import Literal, NamedTuple

Reach = Literal["host", "region", "link", "power", "device"]

# What a device shows that cannot be reached, or that cannot reach its host.
OF_THE_LINE = frozenset(
    {
        "device_offline",
        "host_session_lost",
        "comms_fault",
        "silent_device",
        "status_stale",
        "app_hang_suspected",
    }
)


class Outage(NamedTuple):
    """A kind of outage: who shares it, and which codes follow from it (None: all but wider outages)."""

    reach: Reach
    hides: frozenset[str] | None


# The widest first, which is also the order in which they are looked for.
OUTAGES: dict[str, Outage] = {
    "host_down": Outage("host", OF_THE_LINE | {"region_link_down", "branch_link_down"}),
    "region_link_down": Outage("region", OF_THE_LINE | {"branch_link_down"}),
    "branch_power_down": Outage("power", None),
    "branch_link_down": Outage("link", OF_THE_LINE),
    "power_fail": Outage("device", None),
    "device_offline": Outage("device", OF_THE_LINE - {"device_offline"}),
}
_RANK = {code: rank for rank, code in enumerate(OUTAGES)}


class Reached(NamedTuple):
    """An outage as those that it reaches look for it: its code, and the host, link or device they share."""

    code: str
    key: str


def hides(outage: str, code: str) -> bool:
    """Tell whether an outage explains an alarm of another code where both are at the same place.

    >>> hides("branch_link_down", "device_offline"), hides("branch_link_down", "cash_out")
    (True, False)
    >>> hides("branch_power_down", "cash_out"), hides("branch_power_down", "host_down")
    (True, False)
    """
    if _RANK.get(code, len(_RANK)) <= _RANK[outage]:
        return False
    follows = OUTAGES[outage].hides
    return follows is None or code in follows


def takes_back(outage: str, code: str) -> bool:
    """Tell whether an outage, once people know of it, takes back what they were told before it.

    That is only what it surely explains: a missing line, and narrower outages. Cash may have run out before
    the power went.
    """
    return hides(outage, code) and (code in OF_THE_LINE or code in OUTAGES)
