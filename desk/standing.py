"""Where versions stand at a moment: new, proposed, to come, in force, or in force once."""

from collections.abc import Iterable, Mapping

from cases.models.table import InForce
from cases.signing_off.change import Change


def of_profiles(changes: Iterable[Change]) -> dict[str, str]:
    """Say where profiles stand, by what versions are called; those that are not named are new."""
    stands: dict[str, str] = {}
    now: dict[str, str] = {}
    for change in changes:
        if change.decision is None:
            stands[change.version] = "proposed"
        elif change.in_force_since_ms is not None:
            if (before := now.get(change.name)) is not None:
                stands[before] = "once"
            stands[change.version] = "in_force"
            now[change.name] = change.version
    return stands


def of_tables(times: Iterable[InForce], changes: Iterable[Change], at_ms: int) -> Mapping[str, str]:
    """Say where learnt tables stand at a time, by what versions are called; those not named are new."""
    stands = {each.version: "proposed" for each in changes if each.decision is None}
    now: dict[str, str] = {}
    for each in times:
        if each.since_ms > at_ms:
            stands[each.what] = "to_come"
            continue
        if (before := now.get(each.name)) is not None:
            stands[before] = "once"
        stands[each.what] = "in_force"
        now[each.name] = each.what
    return stands
