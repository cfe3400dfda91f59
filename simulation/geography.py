"""Where people live, shop, change and travel to: real places, as points with a spread.

Coordinates are those of the cities' centres, airports and stations, rounded to about 100 m. Inhabitants'
shares only say how people and shops are spread over the home city.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.events import Place
from domain.places import EARTH_RADIUS_KM

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Area:
    """A part of the globe where terminals stand, around a centre in degrees.

    `share` is the part of the bank's customers who live here, `error_km` how well the bank knows where
    in the area a terminal stands.
    """

    name: str
    lat: float
    lon: float
    city: str
    country: str = "CN"
    spread_km: float = 2.0
    share: float = 0.0
    error_km: float = 0.1


def _district(name: str, lat: float, lon: float, share: float, city: str = "Suzhou") -> Area:
    return Area(name, lat, lon, city, spread_km=2.5, share=share)


def _city(name: str, lat: float, lon: float, country: str = "CN") -> Area:
    return Area(name, lat, lon, name, country, spread_km=4.0, error_km=2.0)


def _hub(name: str, lat: float, lon: float, city: str, country: str = "CN") -> Area:
    return Area(name, lat, lon, city, country, spread_km=0.3, error_km=0.5)


HOME = (
    _district("Gusu", 31.3114, 120.6173, 0.18),
    _district("Industrial Park", 31.3180, 120.7140, 0.18),
    _district("Huqiu", 31.2960, 120.5660, 0.13),
    _district("Wuzhong", 31.2640, 120.6310, 0.12),
    _district("Xiangcheng", 31.3690, 120.6420, 0.09),
    _district("Wujiang", 31.1380, 120.6450, 0.09),
    _district("Kunshan", 31.3850, 120.9810, 0.10, "Kunshan"),
    _district("Changshu", 31.6540, 120.7520, 0.05, "Changshu"),
    _district("Zhangjiagang", 31.8760, 120.5560, 0.04, "Zhangjiagang"),
    _district("Taicang", 31.4580, 121.1300, 0.02, "Taicang"),
)

CITIES = (
    _city("Shanghai", 31.2304, 121.4737),
    _city("Nanjing", 32.0603, 118.7969),
    _city("Hangzhou", 30.2741, 120.1551),
    _city("Wuhan", 30.5928, 114.3055),
    _city("Beijing", 39.9042, 116.4074),
    _city("Harbin", 45.8038, 126.5350),
    _city("Xi'an", 34.3416, 108.9398),
    _city("Chengdu", 30.5728, 104.0668),
    _city("Kunming", 25.0389, 102.7183),
    _city("Guangzhou", 23.1291, 113.2644),
    _city("Shenzhen", 22.5431, 114.0579),
    _city("Xiamen", 24.4798, 118.0894),
    _city("Sanya", 18.2528, 109.5119),
    _city("Hong Kong", 22.3193, 114.1694, "HK"),
    _city("Taipei", 25.0330, 121.5654, "TW"),
    _city("Kaohsiung", 22.6273, 120.3014, "TW"),
    _city("Tokyo", 35.6762, 139.6503, "JP"),
    _city("Osaka", 34.6937, 135.5023, "JP"),
    _city("Seoul", 37.5665, 126.9780, "KR"),
    _city("Singapore", 1.3521, 103.8198, "SG"),
    _city("Bangkok", 13.7563, 100.5018, "TH"),
)

HUBS = (
    _hub("Suzhou station", 31.3306, 120.6093, "Suzhou"),
    _hub("Shanghai Hongqiao", 31.1979, 121.3363, "Shanghai"),
    _hub("Shanghai Pudong", 31.1443, 121.8083, "Shanghai"),
    _hub("Nanjing South", 31.9687, 118.7977, "Nanjing"),
    _hub("Hangzhou East", 30.2906, 120.2129, "Hangzhou"),
    _hub("Wuhan station", 30.6073, 114.4242, "Wuhan"),
    _hub("Beijing South", 39.8652, 116.3786, "Beijing"),
    _hub("Beijing Capital", 40.0799, 116.6031, "Beijing"),
    _hub("Harbin Taiping", 45.6234, 126.2503, "Harbin"),
    _hub("Xi'an Xianyang", 34.4471, 108.7516, "Xi'an"),
    _hub("Chengdu Tianfu", 30.3125, 104.4441, "Chengdu"),
    _hub("Kunming Changshui", 25.1019, 102.9292, "Kunming"),
    _hub("Guangzhou Baiyun", 23.3924, 113.2988, "Guangzhou"),
    _hub("Shenzhen Bao'an", 22.6393, 113.8107, "Shenzhen"),
    _hub("Xiamen Gaoqi", 24.5440, 118.1277, "Xiamen"),
    _hub("Sanya Phoenix", 18.3029, 109.4122, "Sanya"),
    _hub("Hong Kong airport", 22.3080, 113.9185, "Hong Kong", "HK"),
    _hub("Taipei Songshan", 25.0694, 121.5525, "Taipei", "TW"),
    _hub("Taipei Taoyuan", 25.0777, 121.2328, "Taipei", "TW"),
    _hub("Kaohsiung airport", 22.5771, 120.3500, "Kaohsiung", "TW"),
    _hub("Tokyo Narita", 35.7720, 140.3929, "Tokyo", "JP"),
    _hub("Osaka Kansai", 34.4347, 135.2440, "Osaka", "JP"),
    _hub("Seoul Incheon", 37.4602, 126.4407, "Seoul", "KR"),
    _hub("Singapore Changi", 1.3644, 103.9915, "Singapore", "SG"),
    _hub("Bangkok Suvarnabhumi", 13.6900, 100.7501, "Bangkok", "TH"),
)

AREAS = HOME + CITIES + HUBS
NUMBER = {area.name: number for number, area in enumerate(AREAS)}
LAT = np.array([area.lat for area in AREAS])
LON = np.array([area.lon for area in AREAS])

# The zones in which customers who moved away are called; everyone else lives in the home zone.
HOME_ZONE = "Asia/Shanghai"
ZONES_ABROAD = {"Hong Kong": "Asia/Hong_Kong", "Taipei": "Asia/Taipei", "Tokyo": "Asia/Tokyo"}


def distances_km(lat_a: Floats, lon_a: Floats, lat_b: Floats, lon_b: Floats) -> Floats:
    """Give the great-circle distances in km between points in degrees, as `domain.places.distance_km`."""
    phi_a, phi_b = np.radians(lat_a), np.radians(lat_b)
    half_phi = np.sin((phi_b - phi_a) / 2)
    half_lambda = np.sin(np.radians(lon_b - lon_a) / 2)
    chord = half_phi**2 + np.cos(phi_a) * np.cos(phi_b) * half_lambda**2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(1.0, chord))))


def areas_beyond(origin: int, least_km: float, candidates: tuple[Area, ...]) -> list[int]:
    """Give the numbers of the candidates that lie at least `least_km` from the area `origin`."""
    away = distances_km(LAT[origin], LON[origin], LAT, LON)
    return [NUMBER[area.name] for area in candidates if away[NUMBER[area.name]] >= least_km]


def place_in(area: Area, lat: float, lon: float) -> Place:
    """Give a point of an area as events and reference data name it."""
    return Place(lat=lat, lon=lon, city=area.city, country=area.country, error_km=area.error_km)


def scattered(rng: np.random.Generator, areas: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Draw a point (degrees) for each area number, at most 2.2 spreads from its centre on either axis."""
    spread = np.array([area.spread_km for area in AREAS])[areas]
    north, east = np.clip(rng.standard_normal((2, len(areas))), -2.2, 2.2) * spread
    km_per_degree = np.pi * EARTH_RADIUS_KM / 180
    lat = LAT[areas] + north / km_per_degree
    lon = LON[areas] + east / (km_per_degree * np.cos(np.radians(LAT[areas])))
    return np.round(lat, 4), np.round(lon, 4)
