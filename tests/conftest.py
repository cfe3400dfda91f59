"""What tests of several packages need: a real PostgreSQL server, and databases on it."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from cases.audit.keys import KEYS_VARIABLE
from cases.store import open_store
from tests.kafka.broker import KafkaBroker
from tests.kafka.jars import NoBroker
from tests.postgres_server import CARELESS, NoServer, PostgresServer, quick_place

_NUMBERS = count()

# How long an example takes is the machine's affair.
settings.register_profile("riskdesk", deadline=None)
settings.load_profile("riskdesk")


def pytest_configure() -> None:
    """Put what tests write into memory where there is room: what survives a power cut is no test's subject.

    A store waits for the disk at every commit. PYTEST_DEBUG_TEMPROOT or `--basetemp` says otherwise.
    """
    place = quick_place()
    if place is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(place))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server for this run of the tests."""
    try:
        server = PostgresServer(CARELESS, quick_place())
    except NoServer as reason:
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {reason}")
    yield server
    server.remove()


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[KafkaBroker]:
    """A broker for this run of the tests; each test makes topics of its own."""
    try:
        broker = KafkaBroker(quick_place())
    except NoBroker as reason:
        pytest.skip(f"NOT TESTED ON KAFKA: {reason}")
    yield broker
    broker.remove()


@pytest.fixture
def own_broker(kafka_broker: KafkaBroker) -> Iterator[KafkaBroker]:
    """A broker that a test may stop and start; where `kafka_broker` runs, this one does."""
    broker = KafkaBroker(quick_place())
    yield broker
    broker.remove()


@pytest.fixture
def topic_name() -> str:
    """A name that no other topic of the broker has."""
    return f"topic.{next(_NUMBERS)}"


@pytest.fixture
def keys_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keys of the audit for this test and what it starts; beside an SQLite store they would lie anyway."""
    monkeypatch.setenv(KEYS_VARIABLE, str(tmp_path / "keys"))
    return tmp_path / "keys"


@pytest.fixture
def own_server(postgres_server: PostgresServer, keys_folder: Path) -> Iterator[PostgresServer]:
    """A server that a test may stop, start and set up; where `postgres_server` runs, this one does."""
    server = PostgresServer(CARELESS, quick_place())
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with an empty store, to be copied: quicker than making the schema each time."""
    postgres_server.run("CREATE DATABASE template_store")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(KEYS_VARIABLE, str(tmp_path_factory.mktemp("keys")))
        open_store(postgres_server.url("template_store")).close()
    return "template_store"


@pytest.fixture
def postgres_empty_url(postgres_server: PostgresServer, keys_folder: Path) -> Iterator[str]:
    """A database without anything in it."""
    yield from _database(postgres_server, "template0")


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str, keys_folder: Path) -> Iterator[str]:
    """A database with an empty store."""
    yield from _database(postgres_server, postgres_template)


def _database(server: PostgresServer, template: str) -> Iterator[str]:
    name = f"desk_{next(_NUMBERS)}"
    server.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield server.url(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")
