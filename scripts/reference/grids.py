"""Grid references of postcodes as latitude and longitude.

The postcode file gives eastings and northings: Ordnance Survey's grid for Great Britain, the Irish
grid for Northern Ireland. A seven-parameter shift brings both to WGS84 within about five metres.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_ARC_SECOND = np.pi / 180 / 3600
_WGS84 = (6378137.0, 6356752.314245)


@dataclass(frozen=True, slots=True)
class Grid:
    """A transverse Mercator grid on an older ellipsoid, with its shift to WGS84.

    `shift` is metres east of the Greenwich axes (x, y, z), parts per million, arc seconds (x, y, z).
    """

    semi_major: float
    semi_minor: float
    scale: float
    origin_latitude: float
    origin_longitude: float
    false_easting: float
    false_northing: float
    shift: tuple[float, float, float, float, float, float, float]

    def to_wgs84(self, easting: Array, northing: Array) -> tuple[Array, Array]:
        """Latitude and longitude in degrees."""
        latitude, longitude = self._unproject(easting, northing)
        x, y, z = _to_cartesian(latitude, longitude, self.semi_major, self.semi_minor)
        tx, ty, tz, ppm, rx, ry, rz = self.shift
        rx, ry, rz = rx * _ARC_SECOND, ry * _ARC_SECOND, rz * _ARC_SECOND
        factor = 1 + ppm * 1e-6
        moved = (
            tx + x * factor - y * rz + z * ry,
            ty + x * rz + y * factor - z * rx,
            tz - x * ry + y * rx + z * factor,
        )
        latitude, longitude = _from_cartesian(*moved)
        return np.degrees(latitude), np.degrees(longitude)

    def from_wgs84(self, latitude: Array, longitude: Array) -> tuple[Array, Array]:
        """Easting and northing, to the metre: steps that `to_wgs84` says are still to go."""
        metres = np.pi / 180 * _WGS84[0]
        easting = np.full_like(latitude, self.false_easting)
        northing = np.full_like(latitude, self.false_northing)
        for _ in range(15):
            reached, beside = self.to_wgs84(easting, northing)
            east = (longitude - beside) * metres * np.cos(np.radians(latitude))
            north = (latitude - reached) * metres
            turned = np.radians(longitude - self.origin_longitude) * np.sin(np.radians(latitude))
            easting = easting + east * np.cos(turned) - north * np.sin(turned)
            northing = northing + north * np.cos(turned) + east * np.sin(turned)
        return easting, northing

    def _unproject(self, easting: Array, northing: Array) -> tuple[Array, Array]:
        """The inverse transverse Mercator series of the Ordnance Survey's guide, annex C."""
        a, b = self.semi_major * self.scale, self.semi_minor * self.scale
        e2 = 1 - (self.semi_minor / self.semi_major) ** 2
        phi0 = np.radians(self.origin_latitude)
        phi = phi0 + (northing - self.false_northing) / a
        for _ in range(10):
            phi = phi + (northing - self.false_northing - self._meridian(phi, b)) / a
        sin, cos, tan = np.sin(phi), np.cos(phi), np.tan(phi)
        nu = a / np.sqrt(1 - e2 * sin**2)
        rho = a * (1 - e2) / (1 - e2 * sin**2) ** 1.5
        eta2 = nu / rho - 1
        t2 = tan**2
        d = easting - self.false_easting
        latitude = (
            phi
            - tan / (2 * rho * nu) * d**2
            + tan / (24 * rho * nu**3) * (5 + 3 * t2 + eta2 - 9 * t2 * eta2) * d**4
            - tan / (720 * rho * nu**5) * (61 + 90 * t2 + 45 * t2**2) * d**6
        )
        longitude = (
            np.radians(self.origin_longitude)
            + d / (cos * nu)
            - (nu / rho + 2 * t2) * d**3 / (6 * cos * nu**3)
            + (5 + 28 * t2 + 24 * t2**2) * d**5 / (120 * cos * nu**5)
            - (61 + 662 * t2 + 1320 * t2**2 + 720 * t2**3) * d**7 / (5040 * cos * nu**7)
        )
        return latitude, longitude

    def _meridian(self, phi: Array, b: float) -> Array:
        n = (self.semi_major - self.semi_minor) / (self.semi_major + self.semi_minor)
        phi0 = np.radians(self.origin_latitude)
        minus, plus = phi - phi0, phi + phi0
        arc = (
            (1 + n + 1.25 * n**2 + 1.25 * n**3) * minus
            - (3 * n + 3 * n**2 + 21 / 8 * n**3) * np.sin(minus) * np.cos(plus)
            + 15 / 8 * (n**2 + n**3) * np.sin(2 * minus) * np.cos(2 * plus)
            - 35 / 24 * n**3 * np.sin(3 * minus) * np.cos(3 * plus)
        )
        return np.asarray(b * arc)


def _to_cartesian(
    latitude: Array, longitude: Array, semi_major: float, semi_minor: float
) -> tuple[Array, Array, Array]:
    e2 = 1 - (semi_minor / semi_major) ** 2
    nu = semi_major / np.sqrt(1 - e2 * np.sin(latitude) ** 2)
    return (
        nu * np.cos(latitude) * np.cos(longitude),
        nu * np.cos(latitude) * np.sin(longitude),
        nu * (1 - e2) * np.sin(latitude),
    )


def _from_cartesian(x: Array, y: Array, z: Array) -> tuple[Array, Array]:
    semi_major, semi_minor = _WGS84
    e2 = 1 - (semi_minor / semi_major) ** 2
    p = np.hypot(x, y)
    latitude = np.arctan2(z, p * (1 - e2))
    for _ in range(6):
        nu = semi_major / np.sqrt(1 - e2 * np.sin(latitude) ** 2)
        latitude = np.arctan2(z + e2 * nu * np.sin(latitude), p)
    return latitude, np.arctan2(y, x)


GREAT_BRITAIN = Grid(
    semi_major=6377563.396,
    semi_minor=6356256.909,
    scale=0.9996012717,
    origin_latitude=49.0,
    origin_longitude=-2.0,
    false_easting=400_000.0,
    false_northing=-100_000.0,
    shift=(446.448, -125.157, 542.060, -20.4894, 0.1502, 0.2470, 0.8421),
)
IRELAND = Grid(
    semi_major=6377340.189,
    semi_minor=6356034.447,
    scale=1.000035,
    origin_latitude=53.5,
    origin_longitude=-8.0,
    false_easting=200_000.0,
    false_northing=250_000.0,
    shift=(482.530, -130.596, 564.557, 8.150, -1.042, -0.214, -0.631),
)
