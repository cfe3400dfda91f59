"""Mappings of device monitors: what a bank's own monitor reports, in our words.

ProfileError            in config.located_yaml; everything that is wrong, each with its line
"""

from pathlib import Path

from pydantic import ValidationError

from config.located_yaml import LocatedYaml, ProfileError
from config.problems import explain
from devices.mapping import Mapping


def load_mapping(path: Path) -> Mapping:
    """Read a mapping.

    Raises ProfileError with every problem found, each with its line and what is allowed.
    """
    source = LocatedYaml(path)
    try:
        return Mapping.model_validate(source.data)
    except ValidationError as error:
        raise ProfileError(list(explain(error, source, Mapping))) from None
