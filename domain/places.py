"""Distance on the globe."""

from math import asin, cos, radians, sin, sqrt

# Mean radius R1 of the International Union of Geodesy and Geophysics (IUGG), in km.
EARTH_RADIUS_KM = 6371.0088


def distance_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Give the great-circle distance in km between two points in degrees, by the haversine formula.

    Source: R. W. Sinnott, Virtues of the Haversine, Sky and Telescope 68 (1984).
    """
    phi_a, phi_b = radians(lat_a), radians(lat_b)
    half_phi = sin((phi_b - phi_a) / 2)
    half_lambda = sin(radians(lon_b - lon_a) / 2)
    chord = half_phi * half_phi + cos(phi_a) * cos(phi_b) * half_lambda * half_lambda
    # Rounding may lift antipodes a hair above 1, where asin has no value.
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, chord)))
