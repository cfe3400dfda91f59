"""How long it honestly takes to get from the home city to elsewhere: door to door, by train and by plane.

Riding times are usual scheduled ones, rounded to five minutes, as of 2025. Flights leave from Shanghai's two
airports, since the home city has none.
"""

from dataclasses import dataclass

import numpy as np

from simulation.geography import NUMBER
from simulation.hours import DAY_MS, HOUR_MS, MINUTE_MS, UTC_OFFSET_MS

# Trains and planes leave at these local times of day, on the quarter of an hour.
_FIRST_MS = 6 * HOUR_MS + 30 * MINUTE_MS
_LAST_MS = 21 * HOUR_MS + 30 * MINUTE_MS
_QUARTER_MS = 15 * MINUTE_MS

# Minutes from home or work to the station or airport.
_ACCESS = {"Suzhou station": 45, "Shanghai Hongqiao": 100, "Shanghai Pudong": 150}
# Before boarding ends, nobody is in a shop any more; after arriving, nobody is in one yet.
BOARDING_MS = 15 * MINUTE_MS
LEAVING_MS = 15 * MINUTE_MS


@dataclass(frozen=True)
class Manners:
    """What a way of travelling costs besides the ride, in minutes: before it, behind it, on into the city."""

    before: int
    behind: int
    onward: int


TRAIN = Manners(before=30, behind=25, onward=30)
FLIGHT = Manners(before=75, behind=40, onward=50)
FLIGHT_ABROAD = Manners(before=120, behind=70, onward=60)


@dataclass(frozen=True)
class Route:
    """A way from the home city to another one; `popularity` is its share among journeys."""

    home_hub: str
    away_hub: str
    city: str
    manners: Manners
    ride_minutes: int
    popularity: float


ROUTES = (
    Route("Suzhou station", "Shanghai Hongqiao", "Shanghai", TRAIN, 30, 30),
    Route("Suzhou station", "Nanjing South", "Nanjing", TRAIN, 75, 12),
    Route("Suzhou station", "Hangzhou East", "Hangzhou", TRAIN, 95, 10),
    Route("Suzhou station", "Wuhan station", "Wuhan", TRAIN, 235, 4),
    Route("Suzhou station", "Beijing South", "Beijing", TRAIN, 295, 6),
    Route("Shanghai Hongqiao", "Beijing Capital", "Beijing", FLIGHT, 140, 6),
    Route("Shanghai Hongqiao", "Guangzhou Baiyun", "Guangzhou", FLIGHT, 155, 5),
    Route("Shanghai Hongqiao", "Shenzhen Bao'an", "Shenzhen", FLIGHT, 160, 5),
    Route("Shanghai Hongqiao", "Chengdu Tianfu", "Chengdu", FLIGHT, 210, 4),
    Route("Shanghai Hongqiao", "Xi'an Xianyang", "Xi'an", FLIGHT, 170, 3),
    Route("Shanghai Hongqiao", "Xiamen Gaoqi", "Xiamen", FLIGHT, 110, 3),
    Route("Shanghai Hongqiao", "Kunming Changshui", "Kunming", FLIGHT, 215, 2),
    Route("Shanghai Pudong", "Harbin Taiping", "Harbin", FLIGHT, 180, 2),
    Route("Shanghai Pudong", "Sanya Phoenix", "Sanya", FLIGHT, 205, 3),
    Route("Shanghai Hongqiao", "Taipei Songshan", "Taipei", FLIGHT_ABROAD, 110, 2),
    Route("Shanghai Pudong", "Taipei Taoyuan", "Taipei", FLIGHT_ABROAD, 115, 2),
    Route("Shanghai Pudong", "Kaohsiung airport", "Kaohsiung", FLIGHT_ABROAD, 140, 1),
    Route("Shanghai Pudong", "Hong Kong airport", "Hong Kong", FLIGHT_ABROAD, 170, 3),
    Route("Shanghai Pudong", "Tokyo Narita", "Tokyo", FLIGHT_ABROAD, 180, 2),
    Route("Shanghai Pudong", "Osaka Kansai", "Osaka", FLIGHT_ABROAD, 140, 2),
    Route("Shanghai Pudong", "Seoul Incheon", "Seoul", FLIGHT_ABROAD, 125, 2),
    Route("Shanghai Pudong", "Singapore Changi", "Singapore", FLIGHT_ABROAD, 330, 1),
    Route("Shanghai Pudong", "Bangkok Suvarnabhumi", "Bangkok", FLIGHT_ABROAD, 275, 1),
)
POPULARITY = np.array([route.popularity for route in ROUTES]) / sum(route.popularity for route in ROUTES)

# The year 2109, beyond every stream: 42 bits leave 21 for the customer in one integer key.
EVER_MS = 2**42
HOME_AREA = -1
Stay = tuple[int, int, int]
"""From when until when (ms) someone is where: an area's number, or HOME_AREA."""


def next_departure(at_ms: int) -> int:
    """Give the first departure (ms) at or after a moment: trains and planes do not leave at night."""
    midnight = (at_ms + UTC_OFFSET_MS) // DAY_MS * DAY_MS - UTC_OFFSET_MS
    if at_ms > midnight + _LAST_MS:
        return midnight + DAY_MS + _FIRST_MS
    return max(midnight + _FIRST_MS, at_ms + -at_ms % _QUARTER_MS)


@dataclass(frozen=True)
class Journey:
    """There and back again: a route with both departures (ms)."""

    route: Route
    out_ms: int
    back_ms: int

    @property
    def city_area(self) -> int:
        """Give the number of the city that is travelled to."""
        return NUMBER[self.route.city]

    def stays(self) -> list[Stay]:
        """Give where the traveller is when, in order of time; between two stays one is on the way."""
        route, manners = self.route, self.route.manners
        before, behind, onward, access, ride = (
            minutes * MINUTE_MS
            for minutes in (
                manners.before,
                manners.behind,
                manners.onward,
                _ACCESS[route.home_hub],
                route.ride_minutes,
            )
        )
        home_hub, away_hub = NUMBER[route.home_hub], NUMBER[route.away_hub]
        there, home_again = self.out_ms + ride, self.back_ms + ride
        return [
            (0, self.out_ms - before - access, HOME_AREA),
            (self.out_ms - before, self.out_ms - BOARDING_MS, home_hub),
            (there + LEAVING_MS, there + behind, away_hub),
            (there + behind + onward, self.back_ms - before - onward, self.city_area),
            (self.back_ms - before, self.back_ms - BOARDING_MS, away_hub),
            (home_again + LEAVING_MS, home_again + behind, home_hub),
            (home_again + behind + access, EVER_MS, HOME_AREA),
        ]


def journey(route: Route, out_ms: int, away_ms: int) -> Journey:
    """Plan a journey that leaves no earlier than `out_ms` and leaves at least `away_ms` in the city."""
    out = next_departure(out_ms)
    manners = route.manners
    on_the_way = route.ride_minutes + manners.behind + 2 * manners.onward + manners.before
    return Journey(route, out, next_departure(out + on_the_way * MINUTE_MS + away_ms))


def settled(city: str) -> list[Stay]:
    """Give the one stay of someone who has moved to a city."""
    return [(0, EVER_MS, NUMBER[city])]
