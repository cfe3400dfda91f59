import re
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

import detectors
from cases.calling.call_scripts import DEFAULT, IDENTITY, parse_script, script, script_for, scripts
from cases.errors import NotFound, WrongUse

# What each version of each script says, as a digest: whoever changes words raises the version and writes
# the new line here, so that an attempt's (script, version) always names the words that were before the agent.
VERSIONS = yaml.safe_load(Path(__file__).with_name("script_versions.yaml").read_text("utf-8"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SECRETS = ("PIN", "CVV", "OTP")


@pytest.mark.parametrize("name", detectors.available())
def test_every_detector_has_a_script(name: str) -> None:
    assert name in scripts(), f"write cases/calling/scripts/{name}.yaml"


def test_every_script_belongs_to_a_detector() -> None:
    assert set(scripts()) == {DEFAULT, *detectors.available()}


@pytest.mark.parametrize("name", scripts())
def test_every_script_forbids_to_ask_for_secrets_in_both_languages(name: str) -> None:
    forbidden = script(name).never_ask
    for secret in ("PIN", "CVV", "OTP"):
        assert any(secret in words.en for words in forbidden), secret
    for secret in ("密码", "CVV", "OTP"):
        assert any(secret in words.zh for words in forbidden), secret


@pytest.mark.parametrize("name", scripts())
def test_no_script_asks_for_a_secret(name: str) -> None:
    for words in (*script(name).ask, *script(name).verify, script(name).opening, script(name).voicemail):
        assert not any(secret in words.en + words.zh for secret in SECRETS), words


@pytest.mark.parametrize("name", scripts())
def test_messages_to_others_hold_no_detail(name: str) -> None:
    found = script(name)
    for said in (found.voicemail.en, found.voicemail.zh):
        assert not re.search(
            r"fraud|amount|suspicious|transaction|[0-9]|欺诈|金额|交易|可疑", said, re.IGNORECASE
        )


@pytest.mark.parametrize("name", scripts())
def test_chinese_is_chinese_and_english_is_not(name: str) -> None:
    found = script(name)
    listed = (*found.verify, *found.ask, *found.never_ask, *(step.words for step in found.checklist))
    for words in (found.title, found.opening, found.voicemail, found.third_party, found.closing, *listed):
        assert CHINESE.search(words.zh)
        assert not CHINESE.search(words.en)


@pytest.mark.parametrize("name", scripts())
def test_words_change_only_with_the_version(name: str) -> None:
    found = script(name)
    digest = blake2b(found.model_dump_json(exclude={"version"}).encode(), digest_size=8).hexdigest()
    assert VERSIONS[name].get(found.version) == digest, (
        f"the words of {name} changed: raise its version and add `{found.version + 1}: <digest>`; "
        f"what it says now has the digest {digest}"
    )


def test_the_worst_findings_script_is_read() -> None:
    assert script_for(["burst", "amount_outlier"]).name == "burst"
    assert script_for(["of_another_bank", "amount_outlier"]).name == "amount_outlier"
    assert script_for(["of_another_bank"]).name == DEFAULT
    assert script_for([]).name == DEFAULT


def test_ticked_steps_must_be_on_the_checklist() -> None:
    burst = script("burst")
    assert burst.ticked(["card_in_hand", IDENTITY]) == (IDENTITY, "card_in_hand")
    with pytest.raises(WrongUse, match="whereabouts: not on the checklist of burst, which has: identity"):
        burst.ticked(["whereabouts"])


def test_an_unknown_script_names_those_that_there_are() -> None:
    with pytest.raises(NotFound, match=r"'bursts'; there are: acting_together, amount_outlier"):
        script("bursts")


@pytest.mark.parametrize(
    ("own", "what"),
    [
        ({"version": 0}, "version"),
        ({"version": 2, "titel": {"en": "x", "zh": "x"}}, "titel"),
        ({"version": 2, "title": {"en": "x"}}, "zh"),
        (
            {"version": 2, "checklist": [{"id": "identity", "words": {"en": "x", "zh": "x"}}]},
            "each step once",
        ),
    ],
)
def test_a_file_that_is_no_script_is_refused_by_name(own: dict[str, object], what: str) -> None:
    common = yaml.safe_load(_file("default.yaml"))
    with pytest.raises(ValueError, match=rf"(?s)mine\.yaml.*{what}"):
        parse_script("mine", own, common)


def _file(name: str) -> str:
    return files("cases.calling").joinpath("scripts", name).read_text("utf-8")
