import dataclasses
import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import record_lines, reference_files
from connectors.errors import BadReferenceError
from connectors.record_lines import MAX_COMPLAINTS
from connectors.reference_files import KINDS, read_reference, reference_line
from devices.registry import FleetRecord
from domain.events import Place
from domain.reference import Branch, Card, Customer, PhoneNumber, Record, Terminal

T0 = datetime(2026, 1, 1, tzinfo=UTC)
RECORDS: list[Record] = [
    Customer(
        id="customer-1",
        effective_at=T0,
        tier="private",
        time_zone="Asia/Shanghai",
        numbers=(PhoneNumber(reference="ph-7Q2M", kind="mobile", verified_since=T0),),
    ),
    Card(
        id="card-1",
        effective_at=T0,
        customer="customer-1",
        last4="0420",
        issued_branch="branch-1",
        issued_at=T0 - timedelta(days=400),
    ),
    Terminal(
        id="atm-1", effective_at=T0, device="device-1", branch="branch-1", place=Place(lat=31.2, lon=121.5)
    ),
    Terminal(id="pos-1", effective_at=T0),
    Branch(
        id="branch-1", effective_at=T0, time_zone="Asia/Shanghai", place=Place(lat=31.2, lon=121.5, city="x")
    ),
]

tokens = st.text("abcdefgh-", min_size=1, max_size=64)
times = st.integers(0, 10**6).map(lambda hours: T0 + timedelta(hours=hours, microseconds=hours))
places = st.none() | st.builds(
    Place,
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    city=st.text(max_size=20),
    country=st.none() | st.just("CN"),
)
zones = st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York"])
numbers = st.builds(PhoneNumber, reference=tokens, kind=tokens, verified_since=st.none() | times)
records: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        Customer,
        id=tokens,
        effective_at=times,
        tier=st.sampled_from(["standard", "premium", "private"]),
        time_zone=zones,
        numbers=st.lists(numbers, max_size=3).map(tuple),
    ),
    st.builds(
        Card,
        id=tokens,
        effective_at=times,
        customer=tokens,
        last4=st.text("0123456789", min_size=4, max_size=4),
        issued_branch=tokens,
        issued_at=times,
    ),
    st.builds(
        Terminal,
        id=tokens,
        effective_at=times,
        device=st.none() | tokens,
        branch=st.none() | tokens,
        place=places,
    ),
    st.builds(Branch, id=tokens, effective_at=times, time_zone=zones, place=places),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bank.jsonl"


def complaint(path: Path, record: Record, changes: dict[str, Any]) -> str:
    """Give what is said of a record's line with some fields changed; None takes one out."""
    fields = json.loads(reference_line(record)) | changes
    path.write_text(json.dumps({name: value for name, value in fields.items() if value is not None}) + "\n")
    with pytest.raises(BadReferenceError) as error:
        list(read_reference([path]))
    (said,) = error.value.complaints
    assert said.startswith(f"{path}:1: ")
    return said.removeprefix(f"{path}:1: ")


@given(st.lists(records, max_size=5))
def test_what_is_written_is_read_back(tmp_path_factory, written):
    path = tmp_path_factory.mktemp("reference") / "bank.jsonl"
    path.write_bytes(b"".join(map(reference_line, written)))
    assert list(read_reference([path])) == written


def test_several_files_plain_and_compressed_are_read_in_their_order(tmp_path):
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_bytes(b"\n" + b"".join(map(reference_line, RECORDS[:2])) + b"  \n")
    packed.write_bytes(gzip.compress(b"".join(map(reference_line, RECORDS[2:]))))
    assert list(read_reference([plain, packed])) == RECORDS


def test_every_field_of_the_domain_can_be_given():
    assert set(KINDS.values()) == {*get_args(Record), *get_args(FleetRecord)}
    for record_type in get_args(Record):
        kind = record_type.__name__
        line = getattr(reference_files, f"_{kind.capitalize()}Line")
        assert set(line.model_fields) == {field.name for field in dataclasses.fields(record_type)} | {
            "record"
        }
    assert set(record_lines.PlaceLine.model_fields) == set(Place.__struct_fields__)
    assert set(reference_files._NumberLine.model_fields) == {
        field.name for field in dataclasses.fields(PhoneNumber)
    }


def test_times_are_read_in_any_zone_and_kept_in_utc(path):
    line = json.loads(reference_line(RECORDS[3])) | {"effective_at": "2026-01-01T08:00:00+08:00"}
    path.write_text(json.dumps(line))
    (record,) = read_reference([path])
    assert record.effective_at == T0
    assert record.effective_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("record", "changes", "said"),
    [
        (
            RECORDS[0],
            {"record": "account"},
            "Input tag 'account' .* 'customer', 'card', 'terminal', 'branch'",
        ),
        (
            RECORDS[0],
            {"record": None},
            "no `record`; it must be one of customer, card, terminal, branch, device, site, maintenance",
        ),
        (RECORDS[0], {"tier": "gold"}, "tier: Input should be 'standard', 'premium' or 'private'"),
        (RECORDS[0], {"time_zone": "Shanghai"}, "time_zone: not a time zone; .* such as Asia/Shanghai"),
        (RECORDS[0], {"time_zone": "../../etc/passwd"}, "time_zone: not a time zone"),
        (RECORDS[0], {"time_zone": ""}, "time_zone: not a time zone"),
        (RECORDS[0], {"name": "somebody"}, "name: no such field here"),
        (RECORDS[0], {"effective_at": "2026-01-01T00:00:00"}, "effective_at: .*timezone"),
        (RECORDS[0], {"effective_at": 1767225600}, "effective_at: Input should be a valid datetime"),
        (RECORDS[0], {"effective_at": "0001-01-01T00:00:00+08:00"}, "effective_at: no time in UTC"),
        (RECORDS[1], {"customer": None}, "customer: Field required"),
        (RECORDS[1], {"last4": "42"}, "last4: String should match"),
        (RECORDS[1], {"id": ""}, "id: String should have at least 1 character"),
        (RECORDS[1], {"id": "x" * 65}, "id: String should have at most 64 characters"),
        (RECORDS[2], {"place": {"lat": 91, "lon": 0}}, "place.lat: Input should be less than or equal to 90"),
        (
            RECORDS[2],
            {"place": {"lat": 0, "lon": float("nan")}},
            "place.lon: Input should be a finite number",
        ),
        (RECORDS[4], {"place": {"lat": "31", "lon": 0}}, "place.lat: Input should be a valid number"),
    ],
)
def test_a_bad_line_is_told_by_its_place_what_is_wrong_and_what_is_allowed(path, record, changes, said):
    assert re.match(said, complaint(path, record, changes))


@pytest.mark.parametrize(
    "digits", ["13800138000", "138 0013 8000", "+86 (138) 0013-8000", "home:555-1234", "tel:5551234"]
)
def test_a_telephone_number_is_refused_and_never_repeated(path, digits):
    said = complaint(path, RECORDS[0], {"numbers": [{"reference": digits, "kind": "mobile"}]})
    assert said.startswith("numbers.0.reference: looks like a telephone number; give the bank's own handle")
    assert digits not in said


@pytest.mark.parametrize(
    "handle", ["ph-7Q2M", "550e8400-e29b-41d4-a716-446655440000", "123456", "n12-n345-n6789"]
)
def test_a_handle_is_no_telephone_number(path, handle):
    line = json.loads(reference_line(RECORDS[0])) | {"numbers": [{"reference": handle, "kind": "mobile"}]}
    path.write_text(json.dumps(line))
    (record,) = read_reference([path])
    assert record.numbers[0].reference == handle


def test_a_card_number_is_refused_wherever_a_token_belongs_and_never_repeated(path):
    number = "4111111111111111"  # the test number of a card scheme
    for changes in ({"id": number}, {"customer": number}, {number: "a field"}):
        assert number not in complaint(path, RECORDS[1], changes)


def test_all_bad_lines_are_told_up_to_a_limit(path):
    good, bad = reference_line(RECORDS[3]), b'{"record": "card"}\n'
    path.write_bytes(good + bad + good + b"\xff\n" + b"{\n")
    with pytest.raises(BadReferenceError, match="3 lines are no reference record:") as error:
        list(read_reference([path]))
    assert [said.split(":")[1] for said in error.value.complaints] == ["2", "4", "5"]
    path.write_bytes(bad * 100)
    with pytest.raises(
        BadReferenceError, match="20 lines are no reference record, and perhaps more:"
    ) as error:
        list(read_reference([path]))
    assert len(error.value.complaints) == MAX_COMPLAINTS
