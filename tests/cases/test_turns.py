"""Turns are taken in the order in which they were asked for."""

import time
from concurrent.futures import ThreadPoolExecutor

from cases.turns import Turns


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
