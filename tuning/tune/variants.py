"""A profile's text with other parameters of one detector: what a variant is."""

from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import yaml
from pydantic import ValidationError

import detectors
from config.located_yaml import LocatedYaml
from config.profiles import Profile, load_profile
from detectors.base import Detector
from tuning.tune.parameters import Combination, ParameterError, said

_WIDTH = 110


class Tuned(NamedTuple):
    """A profile, and the one of its detectors that is tuned."""

    path: Path
    profile: Profile
    name: str

    @property
    def detector(self) -> type[Detector[Any, Any]]:
        """The detector's class, whose fields are its parameters."""
        return detectors.available(self.profile.detector_package)[self.name]

    @property
    def zone(self) -> ZoneInfo:
        """The bank's time zone, whose days are counted."""
        return ZoneInfo(self.profile.bank.time_zone)

    @property
    def parameters(self) -> dict[str, Any]:
        """What the profile says of the detector; what is left out has its default."""
        return self.profile.detectors[self.name]

    def value(self, label: str) -> Any:
        """Give what is in force for a parameter (`window`, `sums_minor.CNY`), as a detector holds it."""
        name, _, currency = label.partition(".")
        held = getattr(detectors.build(self.name, self.parameters, self.profile.detector_package), name)
        return held.get(currency) if currency else held


def read_tuned(path: Path, name: str, text: str) -> Tuned:
    """Read the profile whose detector is tuned from its text.

    Raises ProfileError as `load_profile` does, and ParameterError when the detector is not enabled in it.
    """
    profile = load_profile(path, text=text)
    if name not in profile.detectors:
        raise ParameterError(
            f"{name!r} is not enabled in {path}; there are: {', '.join(sorted(profile.detectors))}. "
            f"Enable it under `detectors:` first; `{name}:` alone has its defaults"
        )
    return Tuned(path, profile, name)


def changed(
    tuned: Tuned, text: str, combination: Combination, *, alone: bool = False, version: int = 0
) -> str:
    """Write the profile with a combination of the tuned detector's parameters in force.

    All else stays as the profile has it; comments and the layout are lost. `alone` leaves the tuned detector
    only, and `version` takes the place of the profile's own where it is not 0. Raises ParameterError for a
    combination that the detector refuses.
    """
    data = dict(LocatedYaml(tuned.path, text).data)
    parameters = _parameters(tuned, combination)
    others = {} if alone else data["detectors"]
    data["detectors"] = {**others, tuned.name: parameters}
    if version:
        data["version"] = version
    try:
        detectors.build(tuned.name, parameters, tuned.profile.detector_package)
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"]
        raise ParameterError(f"{tuned.name} refuses {said(combination)}: {reason}") from None
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=_WIDTH)


def _parameters(tuned: Tuned, combination: Combination) -> dict[str, Any]:
    parameters = dict(tuned.parameters)
    for label, value in combination.items():
        name, _, currency = label.partition(".")
        parameters[name] = {**_amounts(tuned, parameters, name), currency: value} if currency else value
    return parameters


def _amounts(tuned: Tuned, parameters: dict[str, Any], name: str) -> dict[str, int]:
    """Give the amounts by currency that stay: the profile's, or where it has none the detector's own."""
    return dict(parameters[name]) if name in parameters else dict(getattr(tuned.detector(), name))
