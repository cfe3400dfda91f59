"""How far alarms are followed, and what happens to what comes late, twice, or while nothing is due."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from cases.alarms.service import SqlAlarms
from cases.database import Database
from cases.errors import WrongUse
from cases.policy import QueuePolicy
from cases.sqlite import SqliteDatabase
from cases.store import Store
from devices.registry import Fleet
from domain.alerts import Alert
from tests.cases.alarms.watched import Recorder, alarm_tables, at_s, events_in_words, signal
from tests.cases.made import alert

JAM = signal("note_jam", "d1", 0)


def test_a_signal_beyond_what_is_reached_waits_for_its_time(store: Store, url: str) -> None:
    assert store.alarms.take_in([JAM], at_s(-1)) == 1
    assert events_in_words(url) == []
    assert store.alarms.take_in([], at_s(0)) == 0
    assert events_in_words(url) == ["0 raised d1 note_jam"]


def test_a_signal_that_comes_too_late_counts_as_of_now_and_is_not_lost(store: Store, url: str) -> None:
    store.alarms.take_in([], at_s(5000))
    store.alarms.take_in([signal("card_retained", "d1", 100), JAM], at_s(5000))
    store.alarms.take_in([], at_s(6000))
    assert events_in_words(url) == [
        "5000 raised d1 note_jam",
        "5000 raised d1 card_retained",
        "5000 annunciated d1 card_retained",
        "5000 annunciated d1 note_jam",
    ]


def test_one_that_the_flow_told_late_counts_from_when_it_was_told(store: Store, url: str) -> None:
    store.alarms.take_in([signal("note_jam", "d1", 0, told=600)], at_s(599))
    assert events_in_words(url) == []
    store.alarms.take_in([], at_s(600))
    assert events_in_words(url) == ["600 raised d1 note_jam", "600 annunciated d1 note_jam"]


def test_what_was_reached_is_not_taken_back(store: Store, url: str) -> None:
    store.alarms.take_in([JAM], at_s(1000))
    store.alarms.take_in([signal("card_jam", "d1", 900)], at_s(10))
    assert events_in_words(url)[-1] == "1000 raised d1 card_jam"


def test_an_alert_about_a_card_is_refused_and_the_others_with_it(store: Store, url: str) -> None:
    with pytest.raises(WrongUse, match="has no alarm"):
        store.alarms.take_in([JAM, alert("a", "c1")], at_s(1000))
    assert alarm_tables(url)["alarm"] == []


def test_repeats_are_not_new(store: Store, url: str) -> None:
    assert store.alarms.take_in([JAM, JAM], at_s(1000)) == 1
    before = alarm_tables(url)
    assert store.alarms.take_in([JAM], at_s(1000)) == 0
    assert {**alarm_tables(url), "alarm_clock": None} == {**before, "alarm_clock": None}


def test_what_a_signal_said_is_forgotten_when_its_alarm_is_closed(store: Store, url: str) -> None:
    over = signal("note_jam", "d1", 60, since=0, over=True)
    store.alarms.take_in([JAM, over], at_s(61))
    with store.db.reading():
        assert store.db.rows("alarm_signal", id=JAM.id)[0]["record"] != ""
        assert store.db.rows("alarm_signal", id=over.id)[0]["record"] == ""
    store.alarms.take_in([], at_s(3600))
    with store.db.reading():
        assert store.db.rows("alarm_signal", id=JAM.id)[0]["record"] == ""
    assert store.alarms.take_in([JAM, over], at_s(3600)) == 0


class Counting(SqliteDatabase):
    """Counts statements."""

    asked = 0

    def rows(self, name: str, /, **values: object) -> list[object]:  # type: ignore[override]
        self.asked += 1
        return super().rows(name, **values)


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[Counting]:
    db = Counting(tmp_path / "desk.db")
    yield db
    db.close()


def test_while_nothing_is_due_one_statement_is_all(counting: Counting) -> None:
    alarms = SqlAlarms(counting, QueuePolicy(), Recorder())
    alarms.take_in([JAM], at_s(1))
    counting.asked = 0
    for second in range(2, 120):
        alarms.take_in([], at_s(second))
    assert counting.asked == 118
    alarms.take_in([], at_s(120))
    assert [alarm.state for alarm in alarms.list()] == ["unacknowledged"]


def test_two_who_follow_the_same_store_go_on_where_the_other_stopped(store: Store, url: str) -> None:
    first, second = SqlAlarms(store.db, store.policy), SqlAlarms(store.db, store.policy)
    first.take_in([JAM], at_s(60))
    second.take_in([], at_s(120))
    first.take_in([signal("note_jam", "d1", 300, since=0, over=True)], at_s(400))
    assert events_in_words(url) == [
        "0 raised d1 note_jam",
        "120 annunciated d1 note_jam",
        "360 returned d1 note_jam",
    ]


class Failing(Recorder):
    """A desk that is out of order once."""

    fails = True

    def annunciate(
        self, db: Database, alerts: Sequence[Alert], fleet: Fleet, policy: QueuePolicy, at_ms: int
    ) -> Mapping[str, str]:
        if self.fails:
            self.fails = False
            raise OSError("no paper")
        return super().annunciate(db, alerts, fleet, policy, at_ms)


def test_what_failed_is_done_again_from_what_was_written_down(store: Store, url: str) -> None:
    alarms = SqlAlarms(store.db, store.policy, Failing())
    alarms.take_in([JAM], at_s(60))
    with pytest.raises(OSError, match="no paper"):
        alarms.take_in([signal("card_jam", "d1", 100)], at_s(300))
    assert events_in_words(url) == ["0 raised d1 note_jam"]
    alarms.take_in([signal("card_jam", "d1", 100)], at_s(300))
    assert events_in_words(url)[1:] == [
        "100 raised d1 card_jam",
        "120 annunciated d1 note_jam",
        "220 annunciated d1 card_jam",
    ]
