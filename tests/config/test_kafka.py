"""The profile's kafka part: what it makes of settings and secrets, and what it refuses."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from config.kafka import Kafka, SecretError
from config.located_yaml import ProfileError
from config.profiles import load_profile
from config.settings import load_settings

LEAST = {"bootstrap_servers": ["broker-1:9092", "[::1]:9093"], "group": "risk"}
NIGHT = Path(__file__).parents[2] / "replay_data" / "night"


def kafka(**more: Any) -> Kafka:
    return Kafka.model_validate({**LEAST, **more})


def test_the_least_that_may_stand_there_is_servers_and_a_group():
    assert kafka().client_settings() == {
        "bootstrap.servers": "broker-1:9092,[::1]:9093",
        "client.id": "riskdesk",
        "security.protocol": "plaintext",
    }


@pytest.mark.parametrize(
    ("part", "protocol"),
    [
        ({"tls": {}}, "ssl"),
        ({"sasl": {"username": "u", "password": {"env": "KAFKA_PASSWORD"}}}, "sasl_plaintext"),
        ({"tls": {}, "sasl": {"username": "u", "password": {"env": "KAFKA_PASSWORD"}}}, "sasl_ssl"),
    ],
)
def test_tls_and_sasl_make_the_protocol(part, protocol, monkeypatch):
    monkeypatch.setenv("KAFKA_PASSWORD", "p")
    assert kafka(**part).client_settings()["security.protocol"] == protocol


def test_a_password_comes_from_the_environment_or_a_file(monkeypatch, tmp_path):
    monkeypatch.setenv("KAFKA_PASSWORD", "from the environment")
    file = tmp_path / "password"
    file.write_text("from the file\n")
    for place, password in (
        ({"env": "KAFKA_PASSWORD"}, "from the environment"),
        ({"file": str(file)}, "from the file"),
    ):
        settings = kafka(sasl={"username": "u", "password": place}).client_settings()
        assert settings["sasl.password"] == password
        assert settings["sasl.mechanism"] == "SCRAM-SHA-512"


@pytest.mark.parametrize("place", [{"env": "NOT_SET_ANYWHERE"}, {"file": "no/such/file"}])
def test_a_password_that_is_not_there_is_told_with_its_place(place):
    with pytest.raises(SecretError, match=r"kafka\.sasl\.password: .*(NOT_SET_ANYWHERE|no/such/file)"):
        kafka(sasl={"username": "u", "password": place}).client_settings()


@pytest.mark.parametrize(
    "wrong",
    [
        {"bootstrap_servers": []},
        {"bootstrap_servers": ["broker"]},
        {"bootstrap_servers": ["http://broker:9092"]},
        {"group": ""},
        {"alerts": "no topic"},
        {"patience": 0},
        {"tls": {"certificate": "c.pem"}},
        {"sasl": {"username": "u", "password": "in the profile"}},
        {"sasl": {"username": "u", "password": {}}},
        {"consumer": {"auto.offset.reset": "latest"}},
        {"consumer": {"enable.auto.commit": True}},
        {"producer": {"enable.idempotence": False}},
        {"client": {"sasl.password": "p"}},
        {"topics": ["t"]},
    ],
)
def test_what_cannot_be_right_is_refused(wrong):
    with pytest.raises(ValidationError):
        kafka(**wrong)


def test_a_setting_that_is_ours_is_named_with_its_line_and_what_is_allowed(tmp_path):
    profile = tmp_path / "profile.yaml"
    text = (NIGHT / "profile.yaml").read_text().replace("segments.json", str(NIGHT / "segments.json"))
    profile.write_text(
        f"{text}\nkafka:\n  bootstrap_servers: [b:9092]\n  group: g\n  consumer:\n    group.id: other\n"
    )
    with pytest.raises(ProfileError) as raised:
        load_profile(profile)
    (problem,) = raised.value.problems
    assert "kafka.consumer" in problem.what
    assert "queued.max.messages.kbytes" in problem.allowed
    assert problem.line == text.count("\n") + 5


def test_topics_may_stand_among_the_inputs(monkeypatch):
    monkeypatch.setenv("RISKDESK_INPUTS", "a.jsonl:kafka://t:var/b.jsonl:kafka://u?from=5")
    settings = load_settings()
    assert settings.inputs == (Path("a.jsonl"), Path("var/b.jsonl"))
    assert settings.topics == ("kafka://t", "kafka://u?from=5")
    assert load_settings(inputs=("kafka://v",)).topics == ("kafka://v",)
