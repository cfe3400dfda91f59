"""Detectors are found by file name: one class in `<name>.py`, its examples in `<name>.examples.yaml`."""

import inspect
import pkgutil
from importlib import import_module
from types import ModuleType
from typing import Any

from pydantic import TypeAdapter

from detectors.base import Detector

# Files of the package that are no detectors.
FRAMEWORK = {"base", "examples"}


def available(package: str = "detectors") -> dict[str, type[Detector[Any, Any]]]:
    """Give every detector of a package by name, in alphabetical order.

    Raises TypeError when a file does not hold exactly one detector.
    """
    folder = import_module(package)
    names = sorted(
        found.name for found in pkgutil.iter_modules(folder.__path__) if found.name not in FRAMEWORK
    )
    return {name: _only_detector(import_module(f"{package}.{name}")) for name in names}


def build(name: str, parameters: dict[str, Any], package: str = "detectors") -> Detector[Any, Any]:
    """Make a detector from its name and parameters.

    Raises LookupError for an unknown name and pydantic.ValidationError for a parameter that is unknown
    or out of bounds.
    """
    known = available(package)
    if name not in known:
        raise LookupError(f"no detector {name!r}; there are: {', '.join(known)}")
    return TypeAdapter(known[name]).validate_python(parameters)


def name_of(detector: Detector[Any, Any] | type[Detector[Any, Any]]) -> str:
    """Give a detector's name, which is its file's."""
    return detector.__module__.rpartition(".")[2]


def _only_detector(module: ModuleType) -> type[Detector[Any, Any]]:
    classes = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if member.__module__ == module.__name__ and issubclass(member, Detector)
    ]
    if len(classes) != 1:
        raise TypeError(f"{module.__name__} holds {len(classes)} detectors; put exactly one into each file")
    return classes[0]
