"""Labels are joined with their events, and count from the moment they were known."""

import gzip
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instants import iso
from tests.tuning.labelled import DAY_MS, HOUR_MS, START_MS, ids, transaction, use, write_lines
from tuning.measures.labels import LabelError, Labels, Superseded, read_labels

WEEK = timedelta(days=7)


@pytest.fixture
def stream(tmp_path):
    lines = [transaction(f"e{hour}", hour, card=f"c{hour % 2}", minor=100 * hour) for hour in range(4)]
    opened = {
        "kind": "card_issued",
        "event_id": "opened",
        "at": iso(START_MS + 4 * HOUR_MS),
        "card": "c9",
        "customer": "u9",
        "branch": "b1",
    }
    return str(write_lines(tmp_path / "stream.jsonl", [*lines, {"no": "event"}, opened]))


def read(tmp_path, stream, *lines, delay=WEEK):
    return read_labels([write_lines(tmp_path / "labels.jsonl", lines)], [stream], delay=delay)


def said(event_id, trigger, outcome, at_h, *, alert="a1", retracted=False):
    return {
        "kind": "disposition",
        "event_id": event_id,
        "at": iso(START_MS + round(at_h * HOUR_MS)),
        "case": "C1",
        "outcome": outcome,
        "alert": alert,
        "alert_at": iso(START_MS),
        "detector": "burst",
        "scope": "card",
        "key": "c1",
        "trigger": trigger,
        "retracted": retracted,
    }


def at(hours):
    return START_MS + round(hours * HOUR_MS)


def test_a_label_is_joined_with_its_event(tmp_path, stream):
    labels = read(tmp_path, stream, {"event_id": "e3", "label": True, "scenario": 2})
    assert labels.uses == (use("e3", 3, True, card="c1", minor=300, known_h=3 + 7 * 24),)


def test_an_event_without_a_label_is_not_among_them(tmp_path, stream):
    labels = read(tmp_path, stream, {"event_id": "e1", "label": False}, {"event_id": "e0", "label": True})
    assert ids(labels) == ["e0", "e1"]


def test_a_label_that_says_when_it_was_known_needs_no_delay(tmp_path, stream):
    known_at = "2026-03-02T09:00:00+08:00"
    labels = read(tmp_path, stream, {"event_id": "e0", "label": True, "known_at": known_at})
    assert labels.uses[0].known_ms == at(1)


def test_before_labels_are_known_there_are_fewer_of_them(tmp_path, stream):
    labels = read(tmp_path, stream, *({"event_id": f"e{hour}", "label": True} for hour in range(4)))
    week_ms = 7 * DAY_MS
    assert [len(labels.known(at(hour) + week_ms)) for hour in (-1, 0, 2, 3)] == [0, 1, 3, 4]
    assert len(labels.known(at(3))) == 0


def test_the_opening_of_a_card_can_be_labelled_and_has_no_amount(tmp_path, stream):
    (opened,) = read(tmp_path, stream, {"event_id": "opened", "label": True})
    assert (opened.card, opened.customer, opened.amount_minor, opened.currency) == ("c9", "u9", 0, "")


def test_labels_of_events_that_were_not_read_are_counted(tmp_path, stream):
    labels = read(tmp_path, stream, {"event_id": "e1", "label": True}, {"event_id": "gone", "label": True})
    assert (ids(labels), labels.without_event) == (["e1"], 1)


def test_an_event_that_comes_twice_is_labelled_once(tmp_path, stream):
    other = write_lines(tmp_path / "again.jsonl", [transaction("e1", 30)])
    path = write_lines(tmp_path / "labels.jsonl", [{"event_id": "e1", "label": True}])
    labels = read_labels([path], [stream, str(other)], delay=WEEK)
    assert [each.at_ms for each in labels] == [at(1)]


def test_compressed_labels_and_folders_are_read(tmp_path, stream):
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "1.jsonl.gz").write_bytes(gzip.compress(b'{"event_id":"e1","label":true}\n\n'))
    (folder / "2.jsonl").write_bytes(b'{"event_id":"e2","label":false}')
    assert [each.fraud for each in read_labels([folder], [stream], delay=WEEK)] == [True, False]


@pytest.mark.parametrize(
    ("outcome", "fraud"),
    [("confirmed_fraud", [True]), ("genuine", [False]), ("false_alarm", [False]), ("unreachable", [])],
)
def test_what_the_desk_found_labels_the_event_that_its_alert_fired_on(tmp_path, stream, outcome, fraud):
    labels = read(tmp_path, stream, said("d1", "e1", outcome, 30))
    assert [each.fraud for each in labels] == fraud
    assert all(each.known_ms == at(30) for each in labels)


def test_what_was_retracted_counts_until_then(tmp_path, stream):
    labels = read(
        tmp_path,
        stream,
        said("d1", "e1", "confirmed_fraud", 30),
        said("d2", "e1", "confirmed_fraud", 40, retracted=True),
    )
    assert [len(labels.known(at(hour))) for hour in (29, 30, 39, 40, 99)] == [0, 1, 1, 0, 0]
    assert len(labels) == 0


def test_of_several_dispositions_the_last_holds_and_the_earlier_one_until_it(tmp_path, stream):
    lines = (
        said("d1", "e1", "confirmed_fraud", 30),
        said("d2", "e1", "confirmed_fraud", 40, retracted=True),
        said("d3", "e1", "genuine", 40),
    )
    labels = read(tmp_path, stream, *lines, *lines)  # exported twice
    assert [each.fraud for each in labels.known(at(39))] == [True]
    assert [each.fraud for each in labels.known(at(40))] == [False]
    assert [each.fraud for each in labels] == [False]


def test_an_event_is_fraud_when_the_desk_said_so_about_one_of_its_alerts(tmp_path, stream):
    labels = read(
        tmp_path,
        stream,
        said("d1", "e1", "confirmed_fraud", 30, alert="a1"),
        said("d2", "e1", "genuine", 31, alert="a2"),
    )
    assert [each.fraud for each in labels] == [True]


def claimed(event_id, about, at_h, *, fraud=True, retracted=False):
    return {
        "kind": "chargeback",
        "event_id": event_id,
        "at": iso(START_MS + round(at_h * HOUR_MS)),
        "about": about,
        "transaction_at": iso(START_MS),
        "fraud": fraud,
        "retracted": retracted,
    }


def test_a_decided_claim_outranks_the_desk_from_when_it_was_known(tmp_path, stream):
    labels = read(
        tmp_path, stream, said("d1", "e1", "genuine", 30), claimed("b1", "e1", 400), claimed("b2", "e2", 50)
    )
    assert {each.event_id: (each.fraud, each.known_ms) for each in labels} == {
        "e1": (True, at(400)),
        "e2": (True, at(50)),
    }
    assert [each.fraud for each in labels.known(at(300)) if each.event_id == "e1"] == [False]


def test_a_claim_that_is_taken_back_leaves_what_the_desk_said(tmp_path, stream):
    labels = read(
        tmp_path,
        stream,
        said("d1", "e1", "genuine", 30),
        claimed("b1", "e1", 400),
        claimed("b2", "e1", 500, retracted=True),
    )
    assert [(each.fraud, each.known_ms) for each in labels] == [(False, at(500))]


def test_what_the_desk_says_later_corrects_a_line_of_labels(tmp_path, stream):
    label = {"event_id": "e1", "label": True, "known_at": "2026-03-02T10:00:00Z"}
    labels = read(tmp_path, stream, said("d1", "e1", "genuine", 30), label)
    assert [each.fraud for each in labels.known(at(29))] == [True]
    assert [each.fraud for each in labels.known(at(30))] == [False]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"not json", "no label"),
        (b"[1]", "no label"),
        (b'{"event_id":"e1"}', "it has no 'label'"),
        (b'{"event_id":"e1","label":1}', "label is 1, neither true nor false"),
        (b'{"event_id":"e1","label":true,"known_at":"2026-03-02T10:00:00"}', "has no offset"),
        (b'{"record":"incident","event_ids":["e1"],"label":true}', "it has no 'event_id'"),
    ],
)
def test_a_line_that_is_no_label_is_named(tmp_path, stream, line, complaint):
    path = tmp_path / "labels.jsonl"
    path.write_bytes(b'{"event_id":"e0","label":true}\n' + line + b"\n")
    with pytest.raises(LabelError, match=r"labels\.jsonl:2") as raised:
        read_labels([path], [stream], delay=WEEK)
    assert complaint in str(raised.value)


def test_topics_are_refused_with_what_to_do(tmp_path, stream):
    path = write_lines(tmp_path / "labels.jsonl", [])
    with pytest.raises(LabelError, match="record the topic to files"):
        read_labels([path], [stream, "kafka://cards"], delay=WEEK)


def test_a_stretch_of_time_holds_its_first_moment_and_not_its_last():
    labels = Labels([use(f"e{hour}", hour, True) for hour in range(4)])
    assert ids(labels.between(at(1), at(3))) == ["e1", "e2"]


@given(
    known=st.lists(st.integers(0, 50), max_size=20),
    corrected=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=10),
    until=st.integers(0, 60),
)
def test_nothing_that_was_not_known_is_ever_seen(known, corrected, until):
    uses = [use(f"e{number}", 0, True, known_h=hour) for number, hour in enumerate(known)]
    earlier = [
        Superseded(use(f"s{number}", 0, True, known_h=begin), at(end))
        for number, (begin, end) in enumerate(corrected)
    ]
    found = Labels(uses, earlier).known(at(until))
    assert all(each.known_ms <= at(until) for each in found)
    standing = sum(hour <= until for hour in known)
    assert len(found) == standing + sum(begin <= until < end for begin, end in corrected)
