"""A flow uses the tables that a store had in force, and takes those that come without a restart."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep

import pytest

from cases.errors import StoreError, StoreMissing
from cases.store import Store, open_store
from config.profiles import load_profile
from domain.instants import from_ms
from domain.tables import Tables
from flows import model_feed
from flows.job import Beside, Job
from flows.lanes import distinct, open_lanes
from flows.model_feed import ModelFeed, check_tables, feed_of
from flows.supervisor import supervise
from observability.metrics import Metrics
from tests.cases.actions.desk import execute
from tests.cases.made import HOUR_MS, NOON_MS
from tests.cases.models.learnt import ANALYST, LEAD_MS, add, model, promote, terminals
from tests.flows.counted import write_events
from tests.flows.made import START_MS, minute_ms, use
from tests.flows.modelled import write_scoring

Running = tuple[ModelFeed, Metrics]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/desk.db"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def follow(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Running]]:
    """Follows the store, looking all the time."""
    monkeypatch.setattr(model_feed, "_LOOK_EVERY_S", 0.01)
    ends = []

    def begin() -> Running:
        metrics = Metrics()
        feed = feed_of(Job(profile=Path("p.yaml"), store=url), metrics)
        ends.append(feed.follow())
        return feed, metrics

    yield begin
    for end in ends:
        end()


def told(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"riskdesk_{name}", labels) or 0.0


def until(condition: Callable[[], bool]) -> None:
    for _ in range(3000):
        if condition():
            return
        sleep(0.01)
    raise AssertionError("it never came to pass")


def versions(tables: Tables) -> list[str]:
    return [each.version for each in tables.risk_model.versions]


def test_what_is_in_force_is_there_from_the_start_and_what_comes_is_taken(
    store: Store, follow: Callable[[], Running]
) -> None:
    promote(store, add(store, "m1"))
    feed, metrics = follow()
    assert versions(feed.tables) == ["m1"]
    promote(store, add(store, "m2"), NOON_MS + HOUR_MS)
    store.models.publish(terminals("t1", "a"), ANALYST, NOON_MS, "refreshed", since_ms=NOON_MS + HOUR_MS)
    until(lambda: told(metrics, "learnt_tables", table="terminal_risk") == 1)
    until(lambda: versions(feed.tables) == ["m1", "m2"])
    second = feed.tables.risk_model.at(NOON_MS + HOUR_MS + LEAD_MS)
    assert second is not None
    assert (second.version, second.effective_at) == ("m2", from_ms(NOON_MS + HOUR_MS + LEAD_MS))
    assert told(metrics, "learnt_tables_late_total", table="risk_model") == 0


def test_a_table_that_comes_after_events_it_is_for_is_told_of_loudly(
    store: Store, follow: Callable[[], Running], caplog: pytest.LogCaptureFixture
) -> None:
    feed, metrics = follow()
    # A detector watches an event of the very moment from which the model would have scored.
    assert feed.tables.risk_model.at(NOON_MS + LEAD_MS) is None
    with caplog.at_level(logging.ERROR):
        promote(store, add(store, "m1"))
        until(lambda: told(metrics, "learnt_tables_late_total", table="risk_model") == 1)
    assert "learnt table taken too late: risk_model m1" in caplog.text
    assert "a replay will tell otherwise" in caplog.text
    assert versions(feed.tables) == ["m1"]


def test_while_the_store_is_away_the_flow_goes_on_and_says_so_once(
    store: Store, follow: Callable[[], Running], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    promote(store, add(store, "m1"))
    feed, metrics = follow()
    with caplog.at_level(logging.ERROR):
        (tmp_path / "desk.db").rename(tmp_path / "away.db")
        until(lambda: told(metrics, "learnt_tables_away") == 1)
        (tmp_path / "away.db").rename(tmp_path / "desk.db")
        until(lambda: told(metrics, "learnt_tables_away") == 0)
    assert versions(feed.tables) == ["m1"]
    assert caplog.text.count("the store cannot be asked for learnt tables") == 1


def test_what_was_altered_is_not_taken_by_a_flow_that_runs_and_keeps_another_from_starting(
    store: Store, url: str, follow: Callable[[], Running], caplog: pytest.LogCaptureFixture
) -> None:
    promote(store, add(store, "m1"))
    feed, metrics = follow()
    execute(url, "DROP TRIGGER model_decision_is_never_deleted")
    with caplog.at_level(logging.ERROR):
        execute(url, "DELETE FROM model_decision")
        store.models.publish(terminals("t1"), ANALYST, NOON_MS, "refreshed", since_ms=NOON_MS + HOUR_MS)
        until(lambda: told(metrics, "learnt_tables_away") == 1)
    assert "risk_model is not what was signed off" in caplog.text
    assert (versions(feed.tables), feed.tables.terminal_risk.versions) == (["m1"], ())
    job = Job(profile=Path("p.yaml"), store=url)
    for begin in (lambda: check_tables(job), lambda: feed_of(job, Metrics())):
        with pytest.raises(StoreError, match="risk_model is not what was signed off"):
            begin()


def test_a_table_that_came_while_the_run_was_down_for_events_it_had_watched_is_told_of(
    store: Store, url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    events = write_events(tmp_path / "events.jsonl", [use("e0", 0), use("e1", 60)])
    job = Job(
        profile=write_scoring(tmp_path),
        inputs=(events,),
        store=url,
        alerts=tmp_path / "alerts.jsonl",
        recovery=tmp_path / "recovery",
        log_level="error",
    )
    assert supervise(job, lambda progress: None) == (0, "")
    promote(store, add(store, "m1"), START_MS, minute_ms(60))
    promote(store, add(store, "m2"), START_MS, minute_ms(60) + 1)
    metrics = Metrics()
    with caplog.at_level(logging.ERROR):
        feed_of(job, metrics)
    assert told(metrics, "learnt_tables_late_total", table="risk_model") == 1
    assert "taken too late: risk_model, in force from 2026-03-02T03:00:00.000Z" in caplog.text
    # It is told of once.
    feed_of(job, again := Metrics())
    assert told(again, "learnt_tables_late_total", table="risk_model") == 0


def test_a_store_that_the_run_will_make_has_no_tables_and_one_that_lends_them_must_be_there(
    url: str,
) -> None:
    profile, none = Path("p.yaml"), url.replace("desk", "none")
    assert feed_of(Job(profile=profile, store=url), Metrics()).tables.risk_model.versions == ()
    for job in (
        Job(profile=profile, reference=url),
        Job(profile=profile, store=none, models=url),
    ):
        with pytest.raises(StoreMissing, match="there is no store"):
            feed_of(job, Metrics())
        with pytest.raises(StoreMissing, match="there is no store"):
            check_tables(job)


def test_a_profile_that_names_a_model_uses_that_one_alone_beside_one_that_uses_the_stores(
    store: Store, url: str, tmp_path: Path
) -> None:
    promote(store, add(store, "m1"))
    (tmp_path / "challenger.json").write_bytes(model("m9"))
    (tmp_path / "terminals.json").write_bytes(terminals("t9"))
    own = write_scoring(tmp_path)
    named = ["challenger.json", "terminals.json"]
    files: dict[str, list[str]] = {"alike": [], "pinned": named[:1], "both": named}
    beside = tuple(
        Beside(name=name, profile=write_scoring(tmp_path, name, tables), alerts=tmp_path / f"{name}.jsonl")
        for name, tables in files.items()
    )
    job = Job(profile=own, beside=beside, store=url)
    published = feed_of(job, Metrics()).tables
    live, alike, pinned, both = open_lanes(job, load_profile(own), 1, Metrics(), published)
    assert alike.plans == live.plans
    assert len(distinct((live, alike, pinned, both))) == 3
    (plan,), (other,) = pinned.plans, both.plans
    assert versions(plan.tables) == versions(other.tables) == ["m9"]
    assert plan.tables.terminal_risk is published.terminal_risk
    assert [each.version for each in other.tables.terminal_risk.versions] == ["t9"]
