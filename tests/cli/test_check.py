import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import detectors
from cli.check import problems_of
from cli.main import cli
from detectors import burst

SHIPPED = Path(__file__).parents[2] / "config" / "profiles" / "card_risk.yaml"
PROFILES = sorted(SHIPPED.parent.glob("*.yaml"))


def check(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["check", *arguments])


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Give the shipped profile with a mistake in each of two lines."""
    text = SHIPPED.read_text("utf-8").replace("burst:", "brust:").replace("currency: CNY", "currency: yuan")
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def with_failing_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a profile whose one detector, burst, lies in another folder beside an example that cannot hold."""
    monkeypatch.setattr(burst, "__file__", str(tmp_path / "burst.py"))
    (tmp_path / "burst.examples.yaml").write_text(
        "examples:\n- name: quiet\n  events: []\n  fires: []\n"
        "- name: fires at nothing\n  events: []\n  fires: [{at: 1m, key: c1}]\n",
        encoding="utf-8",
    )
    head, _, _ = SHIPPED.read_text("utf-8").partition("detectors:")
    path = tmp_path / "one.yaml"
    path.write_text(f"{head}detectors:\n  burst:\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_a_shipped_profile_and_the_examples_of_its_detectors_are_right(profile: Path) -> None:
    result = check(str(profile))
    assert result.stdout == ""
    assert result.exit_code == 0


def test_every_detector_there_is_is_enabled_in_a_shipped_profile() -> None:
    text = "".join(path.read_text("utf-8") for path in PROFILES)
    assert [name for name in detectors.available() if f"  {name}:" not in text] == []


def test_each_problem_is_a_line_with_place_matter_and_what_is_allowed(broken: Path) -> None:
    result = check(str(broken))
    assert result.exit_code == 1
    currency, name = result.stdout.splitlines()
    assert currency.startswith(f"{broken}:10: bank.currency is 'yuan'; should match pattern")
    assert name.startswith(f"{broken}:24: there is no detector 'brust'; there are: ")
    assert name.endswith("; perhaps burst")
    assert "2 to put right" in result.stderr


def test_json_has_the_same_problems_one_to_a_line(broken: Path) -> None:
    result = check(str(broken), "--json")
    assert result.exit_code == 1
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"path": str(broken), "line": problem.line, "what": problem.what, "allowed": problem.allowed}
        for problem in problems_of(broken)
    ]


def test_an_example_that_fails_is_named_with_its_line(with_failing_example: Path) -> None:
    result = check(str(with_failing_example))
    assert result.exit_code == 1
    assert "burst.examples.yaml:5: the example 'fires at nothing' fails; 1 findings expected" in result.stdout


def test_a_detector_without_examples_is_not_all_right(with_failing_example: Path) -> None:
    (with_failing_example.parent / "burst.examples.yaml").unlink()
    [problem] = problems_of(with_failing_example)
    assert "burst.examples.yaml" in problem.what


def test_a_profile_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert check(str(tmp_path / "none.yaml")).exit_code == 2
