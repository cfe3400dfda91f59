import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from bytewax.recovery import init_db_dir

from connectors.alert_file import read_alert_file
from connectors.stopping import StopSign


def test_the_first_reason_stays():
    stop = StopSign()
    assert not stop.asked
    assert stop.reason == ""
    stop.ask("SIGTERM")
    stop.ask("later")
    assert stop.asked
    assert stop.reason == "SIGTERM"


def test_the_sign_is_seen_by_others_that_share_its_file_until_it_is_cleared(tmp_path: Path):
    ours, theirs = StopSign(tmp_path / "stop"), StopSign(tmp_path / "stop")
    assert not theirs.asked
    ours.ask("too many dead letters")
    assert theirs.asked
    assert theirs.reason == "too many dead letters"
    ours.clear()
    assert not ours.asked
    assert not StopSign(tmp_path / "stop").asked
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_follows_a_file_ends_well_when_asked_and_goes_on_later(tmp_path: Path):
    (tmp_path / "recovery").mkdir()
    init_db_dir(tmp_path / "recovery", 1)
    events, alerts = tmp_path / "events.jsonl", tmp_path / "alerts.jsonl"
    stop = StopSign(tmp_path / "stop")
    command = [
        sys.executable,
        str(Path(__file__).with_name("flow_to_kill.py")),
        str(events),
        str(tmp_path / "recovery"),
        str(alerts),
        f"sqlite:///{tmp_path / 'desk.db'}",
        str(tmp_path / "stop"),
    ]
    for round_ in range(2):
        stop.clear()
        with events.open("ab") as out:
            out.writelines(b'{"number": %d}\n' % number for number in range(100 * round_, 100 * round_ + 100))
        process = subprocess.Popen(command)
        while not alerts.exists() or alerts.read_bytes().count(b"\n") < 100 * (round_ + 1):
            assert process.poll() is None
            time.sleep(0.01)
        stop.ask("enough")
        assert process.wait() == 0
    assert [record["exposure_minor"] for record in read_alert_file(alerts)] == list(range(200))


def test_several_may_ask_at_once(tmp_path):
    for number in range(50):
        shared = tmp_path / f"stop-{number}"
        asked = Barrier(4)

        def ask(shared: Path = shared, asked: Barrier = asked) -> None:
            sign = StopSign(shared)
            asked.wait()
            sign.ask("SIGTERM")

        with ThreadPoolExecutor(4) as pool:
            for each in [pool.submit(ask) for _ in range(4)]:
                each.result()
        assert StopSign(shared).reason == "SIGTERM"
    assert len(list(tmp_path.iterdir())) == 50
