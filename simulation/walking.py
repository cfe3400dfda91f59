"""Keeps honest people possible: nobody is at two places sooner than one gets from one to the other."""

from itertools import count

import numpy as np

from simulation.geography import distances_km
from simulation.hours import HOUR_MS, MINUTE_MS
from simulation.network import Network
from simulation.parties import Parties
from simulation.trips import Whereabouts
from simulation.uses import NONE, POS, Rows, by_phone

# Getting about within a city, by car or metro, and the time to leave one till and reach the next.
_CITY_KMH = 40.0
_BETWEEN_TILLS_MS = MINUTE_MS
# A use moved to the shop before it may then be too far from the next; after some rounds nobody moves.
_ROUNDS_OF_STAYING = 6


def keep_pace(
    rng: np.random.Generator, uses: Rows, network: Network, whereabouts: Whereabouts, parties: Parties
) -> None:
    """Change honest uses, in place, that their customer could not get to in time.

    A purchase that follows too soon happens in the same shop; what still cannot be is done by phone.
    Uses that are part of something planned stay as they are. Journeys between cities need no check:
    their stays are apart by the time the journey takes.
    """
    stay, _ = whereabouts.find(uses["customer"], uses["at_ms"])
    for attempt in count():
        there = np.flatnonzero(uses["terminal"] != NONE)
        there = there[np.lexsort((uses["at_ms"][there], uses["customer"][there]))]
        before, after = there[:-1], there[1:]
        near = (uses["customer"][before] == uses["customer"][after]) & (stay[before] == stay[after])
        before, after = before[near], after[near]
        a, b = uses["terminal"][before], uses["terminal"][after]
        km = distances_km(network.lat[a], network.lon[a], network.lat[b], network.lon[b])
        gap_ms = uses["at_ms"][after] - uses["at_ms"][before] - uses["span_ms"][before]
        late = gap_ms < km / _CITY_KMH * HOUR_MS + _BETWEEN_TILLS_MS
        if not late.any():
            return
        before, after, gap_ms = before[late], after[late], gap_ms[late]
        shopping = (uses["channel"][before] == POS) & (uses["channel"][after] == POS)
        stays = shopping & (gap_ms >= _BETWEEN_TILLS_MS) & (uses["part"][after] == NONE)
        stays &= attempt < _ROUNDS_OF_STAYING
        uses["terminal"][after[stays]] = uses["terminal"][before[stays]]
        planned = uses["part"][after[~stays]] != NONE
        gives_way = np.unique(np.where(planned, before[~stays], after[~stays]))
        by_phone(uses, gives_way, parties.online(rng, len(gives_way)))
