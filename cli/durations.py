"""Lengths of time on the command line."""

import re
from datetime import timedelta

import click
from pydantic import TypeAdapter, ValidationError

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_SHORT = re.compile(r"(\d{1,4})([mhd])")
_LONG = TypeAdapter(timedelta)


class Duration(click.ParamType[timedelta]):
    """A length of time, written short or as ISO 8601."""

    name = "span"

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        if found := _SHORT.fullmatch(value):
            return int(found[1]) * _UNITS[found[2]]
        try:
            span = _LONG.validate_python(value if value.startswith("P") else "")
        except ValidationError:
            span = timedelta(-1)
        if span < timedelta(0):
            self.fail(
                f"{value!r} is no span of time; write one such as 45m, 12h or 7d, or as ISO 8601 (P7D)",
                param,
                ctx,
            )
        return span
