"""Formats are looked up where they were made before; they must read as those that are made anew."""

from datetime import timedelta

import pytest
from babel.core import Locale
from babel.dates import format_datetime, format_timedelta
from hypothesis import given
from hypothesis import strategies as st

from desk.formats import NOTHING, Formats

NOW_MS = 1_772_712_000_000
LOCALES = {"en": Locale.parse("en_GB"), "zh": Locale.parse("zh_Hans_CN")}
MOMENTS = {"en": "d MMM HH:mm:ss", "zh": "M月d日 HH:mm:ss"}
lengths_ms = st.integers(-4_000_000, 4_000_000) | st.integers(-(10**12), 10**12)


@pytest.mark.parametrize("language", ["en", "zh"])
@given(length_ms=lengths_ms)
def test_lengths_and_moments_read_as_the_locale_has_them(language, length_ms):
    formats, locale = Formats(language, "Asia/Shanghai", NOW_MS), LOCALES[language]
    span, at_ms = timedelta(milliseconds=length_ms), NOW_MS + length_ms
    assert formats.ago(at_ms) == format_timedelta(span, add_direction=True, locale=locale)
    assert formats.span(length_ms) == format_timedelta(span, locale=locale)
    assert formats.moment(at_ms) == format_datetime(formats.local(at_ms), MOMENTS[language], locale=locale)


def test_what_is_not_known_is_a_dash():
    formats = Formats("en", "UTC", NOW_MS)
    assert {formats.ago(None), formats.span(None), formats.moment(None)} == {NOTHING}
