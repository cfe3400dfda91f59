"""The fields that events are made of: tokens, words, money, times and places with their bounds."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Token = Annotated[str, Meta(min_length=1, max_length=64)]
Word = Annotated[str, Meta(max_length=64)]
Currency = Annotated[str, Meta(min_length=3, max_length=3)]
Country = Annotated[str, Meta(min_length=2, max_length=2)]
Mcc = Annotated[str, Meta(min_length=4, max_length=4)]
Last4 = Annotated[str, Meta(min_length=4, max_length=4)]
Instant = Annotated[datetime, Meta(tz=True)]
# A quadrillion minor units is beyond any card and far within an exact float.
MOST_MINOR = 10**15
Minor = Annotated[int, Meta(ge=0, le=MOST_MINOR)]
Balance = Annotated[int, Meta(ge=-MOST_MINOR, le=MOST_MINOR)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
# Half the Earth's circumference: a radius beyond it says nothing about a place.
ErrorKm = Annotated[float, Meta(ge=0, le=20_038)]
# The key of a scope may join a token and a date.
ScopeKey = Annotated[str, Meta(min_length=1, max_length=128)]
