"""Names of time zones, as the IANA database has them."""

from zoneinfo import ZoneInfo, available_timezones

from domain.wording import nearest


def known_zone(name: str) -> str:
    """Give the name of a time zone as it was written. Raises ValueError for one that there is not."""
    try:
        if name != "localtime":  # that one is another zone on every machine
            ZoneInfo(name)
            return name
    except (KeyError, ValueError, OSError):  # a folder of zones is no zone, and an OSError
        pass
    hint = nearest(name, available_timezones()) or ", such as Asia/Shanghai"
    raise ValueError(f"should be the name of a time zone in the IANA database{hint}")
