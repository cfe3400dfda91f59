"""The option that says in which time zone months and hours are counted and shown."""

from zoneinfo import ZoneInfo

import click


class _Zone(click.ParamType[ZoneInfo]):
    name = "zone"

    def convert(
        self, value: str | ZoneInfo, param: click.Parameter | None, ctx: click.Context | None
    ) -> ZoneInfo:
        try:
            return value if isinstance(value, ZoneInfo) else ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            self.fail(f"{value!r} is no time zone; write one such as Asia/Shanghai", param, ctx)


ZONE = click.option(
    "--zone",
    type=_Zone(),
    default="UTC",
    show_default=True,
    envvar="RISKDESK_ZONE",
    help="The desk's time zone.  [RISKDESK_ZONE]",
)
