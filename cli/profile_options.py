"""What the `profile` commands share: how a version is named, and why something is done."""

import click

from cases.errors import WrongUse
from cases.profiles.version import Reference


class _Named(click.ParamType[Reference]):
    """A profile, or one version of it: `card_risk` or `card_risk@2`."""

    name = "name[@n]"

    def convert(
        self, value: str | Reference, param: click.Parameter | None, ctx: click.Context | None
    ) -> Reference:
        try:
            return value if isinstance(value, Reference) else Reference.parse(value)
        except WrongUse as error:
            self.fail(str(error), param, ctx)


NAMED = _Named()
REFERENCE = click.argument("reference", metavar="NAME[@N]", type=NAMED)
NAME = click.argument("name", metavar="NAME", type=NAMED)
WHY = click.option("--why", required=True, help="Why; card numbers are masked.")


def plain_name(reference: Reference) -> str:
    """Give the name of a profile. Raises click.UsageError where one version of it was named."""
    if reference.number is not None:
        raise click.UsageError(f"name the profile alone: {reference.name}, not {reference}")
    return reference.name
