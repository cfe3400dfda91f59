"""Turns are taken in the order in which they were asked for."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stat import S_IMODE

from cases.turns import NextInLine, Turns


def test_who_asked_first_is_first() -> None:
    turns, order = Turns(), []

    def take(number: int) -> None:
        with turns:
            order.append(number)

    with ThreadPoolExecutor(8) as pool, turns:
        for number in range(8):
            pool.submit(take, number)
            while len(turns._waiting) == number:
                time.sleep(0.001)
        assert turns.waiting
    assert order == list(range(8))
    assert not turns.waiting


def test_only_one_has_the_turn() -> None:
    turns, count = Turns(), 0

    def add() -> None:
        nonlocal count
        for _ in range(200):
            with turns:
                now = count
                time.sleep(0)
                count = now + 1

    with ThreadPoolExecutor(6) as pool:
        for each in [pool.submit(add) for _ in range(6)]:
            each.result()
    assert count == 1200


def test_one_process_stands_behind_the_one_that_writes_and_others_wait_for_its_place(tmp_path: Path) -> None:
    store = tmp_path / "desk.db"
    store.touch(0o640)
    first, second = NextInLine(store), NextInLine(store)
    order = []

    def stand() -> None:
        with second.standing(time.monotonic() + 60):
            order.append("second")

    with ThreadPoolExecutor(1) as pool:
        with first.standing(time.monotonic() + 60):
            waits = pool.submit(stand)
            time.sleep(0.02)
            order.append("first")
        waits.result()
    assert order == ["first", "second"]
    assert S_IMODE((tmp_path / "desk.db-turn").stat().st_mode) == S_IMODE(store.stat().st_mode)
    first.close()
    second.close()


def test_who_runs_out_of_time_tries_without_a_place(tmp_path: Path) -> None:
    store = tmp_path / "desk.db"
    store.touch()
    first, second = NextInLine(store), NextInLine(store)
    with first.standing(time.monotonic()), second.standing(time.monotonic()):
        pass
    with second.standing(time.monotonic()):
        pass
    first.close()
    second.close()
