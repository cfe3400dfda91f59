import re
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cases.calling.cadence import Tried
from cases.calling.dispositions import DISPOSITIONS
from cases.calling.sentence import NOT_TRIED, tried_sentence
from domain.instants import from_ms, to_ms

SHANGHAI = ZoneInfo("Asia/Shanghai")
WORDS = {each.words: each.code for each in DISPOSITIONS.values()}
SENTENCE = re.compile(
    r"tried (?P<times>once|\d+ times) on (?P<numbers>\d+) numbers? "
    r"(?:at (?P<at>[\d :-]+)|between (?P<first>[\d :-]+) and (?P<last>[\d :-]+)), (?P<results>.+) "
    r"\(times of (?P<zone>\S+?)(?: on (?P<day>[\d-]+))?\)"
)


def tried(written: str, reference: str = "a", disposition: str = "no_answer") -> Tried:
    at_ms = to_ms(datetime.fromisoformat(written).replace(tzinfo=SHANGHAI))
    return Tried(at_ms, at_ms, reference, disposition)


def test_seven_times_on_two_numbers() -> None:
    times = ["01:12", "01:14", "01:19", "01:29", "01:49", "02:29", "03:40"]
    night = [tried(f"2026-03-06 {time}", "ab"[place % 2]) for place, time in enumerate(times)]
    assert tried_sentence(night, "Asia/Shanghai") == (
        "tried 7 times on 2 numbers between 01:12 and 03:40, no answer (times of Asia/Shanghai on 2026-03-06)"
    )


def test_different_results_are_counted() -> None:
    night = [
        tried("2026-03-05 23:50"),
        tried("2026-03-06 00:10"),
        tried("2026-03-06 00:20", "a", "busy"),
    ]
    assert tried_sentence(night, "Asia/Shanghai") == (
        "tried 3 times on 1 number between 2026-03-05 23:50 and 2026-03-06 00:20, "
        "2 times no answer, once busy (times of Asia/Shanghai)"
    )


def test_one_attempt_has_one_time() -> None:
    assert tried_sentence([tried("2026-03-06 01:12")], "Asia/Shanghai") == (
        "tried once on 1 number at 01:12, no answer (times of Asia/Shanghai on 2026-03-06)"
    )


def test_what_is_no_attempt_is_not_counted() -> None:
    assert tried_sentence([], "UTC") == NOT_TRIED
    assert tried_sentence([tried("2026-03-06 01:12", "a", "dialer_failed")], "UTC") == NOT_TRIED


attempts = st.lists(
    st.builds(
        lambda minute, reference, code: Tried(minute * 60_000, minute * 60_000, reference, code),
        st.integers(29_000_000, 29_003_000),
        st.sampled_from("abcd"),
        st.sampled_from(sorted(DISPOSITIONS)),
    ),
    max_size=12,
)


@given(attempts, st.sampled_from(["Asia/Shanghai", "Asia/Kolkata", "UTC"]))
def test_the_sentence_equals_the_attempts(made: list[Tried], zone: str) -> None:
    counted = [each for each in made if each.how.counts]
    sentence = tried_sentence(made, zone)
    if not counted:
        assert sentence == NOT_TRIED
        return
    found = SENTENCE.fullmatch(sentence)
    assert found is not None, sentence
    assert _count(found["times"]) == len(counted)
    assert int(found["numbers"]) == len({each.reference for each in counted})
    assert found["zone"] == zone
    assert _clocks(found, zone) == (
        min(each.started_at_ms for each in counted),
        max(each.started_at_ms for each in counted),
    )
    assert _results(found["results"], len(counted)) == Counter(each.disposition for each in counted)


def _count(words: str) -> int:
    return 1 if words == "once" else int(words.split()[0])


def _clocks(found: re.Match[str], zone: str) -> tuple[int, int]:
    first, last = (found["at"],) * 2 if found["at"] else (found["first"], found["last"])

    def instant(words: str) -> int:
        written = f"{found['day']} {words}" if found["day"] else words
        return to_ms(datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)))

    return instant(first), instant(last)


def _results(words: str, attempts_made: int) -> Counter[str]:
    if words in WORDS:
        return Counter({WORDS[words]: attempts_made})
    parts = (re.fullmatch(r"(once|\d+ times) (.+)", part) for part in words.split(", "))
    return Counter({WORDS[part[2]]: _count(part[1]) for part in parts if part})


def test_times_are_those_of_the_customer() -> None:
    at = tried("2026-03-06 01:12")
    assert "at 17:12" in tried_sentence([at], "UTC")
    assert from_ms(at.started_at_ms).hour == 17
