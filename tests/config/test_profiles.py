import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.ranking import RankPolicy
from config.profiles import ProfileError, load_profile
from detectors.base import Scope

SHIPPED = sorted((Path(__file__).parents[2] / "config" / "profiles").glob("*.yaml"))

DETECTOR = """
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from annotated_types import Ge, Gt

from detectors.base import Detector, Scope
from domain.events import Transaction
from domain.findings import QUIET, Finding, Severity


@dataclass(frozen=True, kw_only=True)
class Planted(Detector[Transaction, list[int]]):
    scope = Scope.CARD
    severity = Severity.LOW
    prior = 0.5
    limit: Annotated[int, Ge(1)] = 5
    window: Annotated[timedelta, Gt(timedelta(0))] = timedelta(minutes=10)

    @property
    def memory(self) -> timedelta:
        return self.window

    def start(self) -> list[int]:
        return []

    def step(self, state: list[int], event: Transaction) -> tuple[Finding, ...]:
        return QUIET

    def dump(self, state: list[int]) -> tuple[Any, ...]:
        return tuple(state)

    def load(self, dumped: list[Any], state_version: int) -> list[int]:
        return dumped
"""

GOOD = """\
name: night
version: 3
input: {partitioned_by: card}
bank:
  time_zone: Asia/Shanghai
  currency: CNY
bounds:
  earliest: 2020-01-01T00:00:00Z
  latest: 2040-01-01T00:00:00+08:00
detector_package: planted
detectors:
  quick_cards:
    limit: 7
    window: PT1M
  slow_cards:
"""

TABLE = (
    '{"table":"segment_amounts","effective_at":"2026-01-01T00:00:00Z","version":"v1","segments":'
    '{"CNY|purchase|pos":{"mean":9.1,"sd":1.2,"high":12.5,"quantile":0.999,"count":5000}}}'
)


@pytest.fixture(autouse=True, scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Put a package with two detectors, quick_cards and slow_cards, where `import planted` finds it."""
    folder = tmp_path_factory.mktemp("path")
    (folder / "planted").mkdir()
    (folder / "planted" / "__init__.py").touch()
    for name in ("quick_cards", "slow_cards"):
        (folder / "planted" / f"{name}.py").write_text(DETECTOR, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        path = tmp_path / "night.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def problems(path: Path) -> list[str]:
    """Give each problem as `line: what; allowed`."""
    with pytest.raises(ProfileError) as refused:
        load_profile(path, RankPolicy)
    return [str(problem).removeprefix(f"{path}:") for problem in refused.value.problems]


def test_a_good_profile_gives_its_detectors_with_their_parameters(write: Any) -> None:
    profile = load_profile(write(GOOD), RankPolicy)
    quick, slow = profile.build_detectors()
    assert (quick.limit, quick.window) == (7, timedelta(minutes=1))
    assert (slow.limit, slow.window) == (5, timedelta(minutes=10))
    assert profile.bounds.earliest == datetime(2020, 1, 1, tzinfo=UTC)
    assert profile.bounds.ahead_of_ingest == timedelta(minutes=15)
    assert (profile.dead_letters.limit_share, profile.dead_letters.window) == (0.05, 10_000)
    assert profile.input.scope is Scope.CARD


def test_input_that_is_cut_anyhow_belongs_to_no_scope(write: Any) -> None:
    assert load_profile(write(GOOD.replace("by: card", "by: none"))).input.scope is None


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("version: 3", "version: 0", "2: version is 0; should be greater than or equal to 1"),
        ("version: 3", "version: three", "2: version is 'three'; should be a valid integer"),
        ("version: 3\n", "", "1: version is missing; add it"),
        ("  currency: CNY\n", "", "4: bank.currency is missing; add it"),
        ("CNY", "yuan", "6: bank.currency is 'yuan'; should match pattern '^[A-Z]{3}$'"),
        (
            "Asia/Shanghai",
            "Asia/Shangai",
            "5: bank.time_zone is 'Asia/Shangai'; should be the name of a time zone in the IANA database, "
            "perhaps Asia/Shanghai",
        ),
        ("Asia/Shanghai", "../etc/passwd", "5: bank.time_zone is '../etc/passwd'; should be the name"),
        ("Asia/Shanghai", "localtime", "5: bank.time_zone is 'localtime'; should be the name of a time zone"),
        ("Asia/Shanghai", "Asia", "5: bank.time_zone is 'Asia'; should be the name of a time zone"),
        ("  slow_cards:", "nme: x", "15: nme is no known key; there are: bank, bounds, dead_letters,"),
        ("by: card", "by: customer", "3: input.partitioned_by is 'customer'; should be 'card' or 'none'"),
        ("by: card", "by:", "3: input.partitioned_by is empty; should be 'card' or 'none'"),
        ("00:00:00Z", "00:00:00", "8: bounds.earliest is '2020-01-01T00:00:00'; should have timezone info"),
        ("2020-01-01T", "2020-02-30T", "8: bounds.earliest is '2020-02-30T00:00:00Z'; should be a valid"),
        ("2020-01", "2050-01", "7: bounds does not fit; earliest should lie before latest"),
        (
            "limit: 7",
            "limit: 0",
            "13: detectors.quick_cards.limit is 0; should be greater than or equal to 1",
        ),
        (
            "limit: 7",
            "limits: 7",
            "13: detectors.quick_cards.limits is no known key; there are: limit, window; perhaps limit",
        ),
        ("PT1M", "1 minute", "14: detectors.quick_cards.window is '1 minute'; should be a valid timedelta"),
        (
            "  slow_cards:",
            "  slow_crads:",
            "15: there is no detector 'slow_crads'; there are: quick_cards, slow_cards; perhaps slow_cards",
        ),
        ("  slow_cards:", "  slow_cards: 3", "15: detectors.slow_cards is 3; should be a mapping of keys"),
        ("  slow_cards:", "  quick_cards:", "15: the key 'quick_cards' stands in line 12 already; keep one"),
        ("  slow_cards:", "queue: {sla_high: -1}", "15: queue.sla_high is -1; should be greater than or"),
        ("  slow_cards:", "queue: {sla_hi: 1}", "15: queue.sla_hi is no known key; there are: critical_loss"),
        ("  slow_cards:", "queue: {sla_high: PT1H}", "15: queue does not fit; a worse band must not wait"),
        ("planted", "plantd", "10: 'plantd' is no package of detectors: No module named 'plantd'; leave it"),
        ("planted", "json", "10: 'json' is no package of detectors: json.decoder holds 0 detectors"),
        ("planted", "ast", "10: 'ast' is no package of detectors"),
        ("  slow_cards:", "<<: {name: x}", "15: << is no known key; there are: bank, bounds"),
        ("version: 3", "version: !!python/name:os.system", "2: this is no YAML: could not determine"),
        ("version: 3", "version: [", "4: this is no YAML: expected"),
        ("name: night", "name: NO", "1: name is 'NO'; should match pattern"),
        ("name: night", "- night", "2: this is no YAML"),
        ("version: 3", "version: \x07", "2: the character '\\x07' cannot stand in YAML; remove it"),
        ("version: 3", f"version: {'9' * 5000}", "2: version is "),
        ("  slow_cards:", "dead_letters: {limit_share: 1.5}", "15: dead_letters.limit_share is 1.5; should"),
        ("  slow_cards:", "dead_letters: {window: true}", "15: dead_letters.window is True; should"),
        ("  slow_cards:", "dead_letters: 5", "15: dead_letters is 5; should be a mapping of keys to values"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_is_allowed(
    write: Any, old: str, new: str, problem: str
) -> None:
    assert GOOD.count(old) == 1
    [found] = problems(write(GOOD.replace(old, new)))
    assert found.startswith(problem)


def test_all_mistakes_are_named_at_once_in_the_order_of_their_lines(write: Any) -> None:
    bad = GOOD.replace("version: 3", "version: x").replace("limit: 7", "limit: 0").replace("CNY", "yuan")
    found = problems(write(bad + "  nobody:\nqueue: {ring_cards: 1}\n"))
    assert [int(problem.partition(":")[0]) for problem in found] == [2, 6, 13, 16, 17]


def test_a_misspelt_key_is_named_beside_the_one_that_it_leaves_missing(write: Any) -> None:
    assert problems(write(GOOD.replace("time_zone", "tme_zone"))) == [
        "4: bank.time_zone is missing; add it",
        "5: bank.tme_zone is no known key; there are: currency, time_zone; perhaps time_zone",
    ]


def test_the_profile_as_a_whole_must_be_a_mapping(write: Any) -> None:
    for text in ("", "- a\n- b\n", "just words\n", "# nothing\n"):
        assert problems(write(text)) == ["1: the file is no mapping; write keys and values, one to a line"]


def test_a_profile_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    assert problems(tmp_path / "none.yaml") == [
        "1: the file cannot be read: No such file or directory; name a YAML file that exists"
    ]


def test_a_profile_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "night.yaml"
    path.write_bytes(GOOD.encode() + "# \u00fc\n".encode("latin-1"))
    assert problems(path) == ["16: this is no UTF-8; save the file as UTF-8"]


def test_an_alias_that_stands_in_itself_is_refused_and_not_followed(write: Any) -> None:
    assert problems(write(GOOD + "queue: &q\n  sla_high: *q\n"))


def test_no_country_and_no_time_of_day_is_read_as_something_else(write: Any) -> None:
    profile = load_profile(write(GOOD + "queue: {country: NO, at: 12:30, day: 2026-02-30, code: 010}\n"))
    assert profile.queue == {"country": "NO", "at": "12:30", "day": "2026-02-30", "code": "010"}


def test_tables_are_read_from_beside_the_profile(write: Any) -> None:
    path = write(GOOD + "tables: [tables/amounts.json]\n")
    (path.parent / "tables").mkdir()
    (path.parent / "tables" / "amounts.json").write_text(TABLE, encoding="utf-8")
    tables = load_profile(path).read_tables()
    [amounts] = tables.segment_amounts.versions
    assert amounts.segments["CNY|purchase|pos"].count == 5000


def test_a_table_that_is_not_there_or_is_none_is_named_with_its_line(write: Any) -> None:
    path = write(GOOD + "tables:\n  - gone.json\n  - broken.json\n")
    (path.parent / "broken.json").write_text(TABLE.replace("5000", "[]"), encoding="utf-8")
    gone, broken = problems(path)
    assert re.fullmatch(r"17: the table .*gone.json cannot be read: No such file.*; paths are rel.*", gone)
    assert re.fullmatch(
        r"18: .*broken.json is no published table: Expected `int`.*; publish it again", broken
    )


def test_two_tables_from_the_same_time_are_refused(write: Any) -> None:
    path = write(GOOD + "tables: [a.json, a.json]\n")
    (path.parent / "a.json").write_text(TABLE, encoding="utf-8")
    [found] = problems(path)
    assert found.startswith("16: the tables do not fit; two versions of a table take effect at the same time")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_profile_is_right_and_named_as_its_file(path: Path) -> None:
    assert load_profile(path, RankPolicy).name == path.stem


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_no_text_whatever_makes_the_reader_fall_over(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProfileError):
        load_profile(path)


@given(
    st.integers(0, len(GOOD)), st.sampled_from([":", "- ", "  ", "{", "}", "\n", "'", "&a ", "*a", "!!", "#"])
)
def test_no_slip_of_the_pen_makes_the_reader_fall_over(
    tmp_path_factory: pytest.TempPathFactory, at: int, slip: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "slip.yaml"
    path.write_text(GOOD[:at] + slip + GOOD[at:], encoding="utf-8")
    with suppress(ProfileError):
        load_profile(path, RankPolicy)


def test_liveness_has_defaults_and_takes_what_is_known_of_enabled_detectors(tmp_path: Path) -> None:
    said = (
        "liveness: {least_events: 500, least_per_million: {quick_cards: 40}, most_share: {slow_cards: 1}}\n"
    )
    path = tmp_path / "night.yaml"
    path.write_text(GOOD)
    assert load_profile(path).liveness.least_per_million == {}
    path.write_text(GOOD + said)
    assert load_profile(path).liveness.least_per_million == {"quick_cards": 40}


@pytest.mark.parametrize(
    "part",
    [
        "{least_per_million: {nobody: 40}}",
        "{least_per_million: {quick_cards: 0}}",
        "{most_share: {quick_cards: 1.5}}",
        "{surprise: 0}",
        "{present_share: 1}",
        "{least_events: 5}",
        "{hours: 3}",
    ],
)
def test_liveness_that_cannot_be_is_refused(tmp_path: Path, part: str) -> None:
    path = tmp_path / "night.yaml"
    path.write_text(f"{GOOD}liveness: {part}\n")
    with pytest.raises(ProfileError):
        load_profile(path)
