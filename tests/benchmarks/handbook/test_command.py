"""The commands run on a made stream and say what they found; wrong input is told in a sentence."""

import re
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from benchmarks.handbook.__main__ import main as handbook
from benchmarks.ranking.__main__ import main as ranking

START_S, DAYS = 1_522_540_800, 38


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty-eight days of 60 customers; terminal 3 is bad."""
    random = Random(5)
    path = tmp_path_factory.mktemp("data") / "paid.csv"
    with path.open("w") as out:
        print("tx_id,epoch,customer,terminal,amount,fraud,scenario", file=out)
        for number in range(DAYS * 80):
            terminal = random.randrange(20)
            fraud = random.random() < (0.6 if terminal == 3 else 0.02)
            epoch = START_S + number * 1080
            amount = f"{random.lognormvariate(4, 0.5):.2f}"
            customer = random.randrange(60)
            print(number, epoch, customer, terminal, amount, int(fraud), int(fraud), sep=",", file=out)
    return path


def run(data: Path, *options: str) -> str:
    result = CliRunner().invoke(handbook, [str(data), "--test-from", "2018-04-30", *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_last_line_holds_the_figures(data: Path, tmp_path: Path) -> None:
    picture = tmp_path / "reliability.svg"
    said = run(data, "--picture", str(picture))
    last = said.splitlines()[-1]
    found = re.fullmatch(r"auc: (0\.\d+) ap: (0\.\d+) cp100: (0\.\d+) events_per_cpu_s: (\d+)", last)
    assert found is not None, last
    assert float(found[1]) > 0.6
    assert picture.read_text().startswith("<svg")
    assert "log loss" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--labels", "both", "--alerts-a-day", "5"), "The desk called"),
        (("--labels", "feedback", "--claims-days", "20", "--audit-cards", "2"), "The desk called"),
        (("--frozen-from", "2018-04-23"), "AUC"),
        (("--weights-every", "PT1H", "--terminals-every", "1h"), "AUC"),
    ],
)
def test_every_way_of_learning_gives_figures(data: Path, options: tuple[str, ...], words: str) -> None:
    assert words in run(data, *options)


def test_weeks_behind_the_data_are_refused(data: Path) -> None:
    result = CliRunner().invoke(handbook, [str(data), "--test-from", "2018-05-05"])
    assert result.exit_code == 1
    assert "nothing was scored on 2018-05-09" in result.output


def test_orders_are_compared_on_the_stream(data: Path) -> None:
    arguments = [str(data), "--test-from", "2018-04-30", "--weeks", "1", "--nights", "0"]
    result = CliRunner().invoke(ranking, arguments)
    assert result.exit_code == 0, result.output
    last = result.output.splitlines()[-1]
    assert re.fullmatch(r"expected loss, 1 calls an hour: 0\.\d+", last), last
