"""The stream of the latency benchmark: everyday uses at an even pace, and cards that alert for sure.

`python -m benchmarks.latency_stream` sends it to a topic, in a process of its own. A planted card has its PIN
wrong three times, and then money is drawn with it; this last event, which alerts, carries in its id when it
was handed to the producer, by the clock of the machine.
"""

import argparse
import time
from collections.abc import Iterator
from itertools import count, islice
from zlib import crc32

from confluent_kafka import Producer

from domain.instants import iso

PLANTED = "planted-"
_TICK_S = 0.001
_TERMINALS = 5_003
# Coprime to any number of cards that is asked for here, so that the cards come in turn and in no order.
_STRIDE = 2_654_435_761
_BOUGHT = '"channel":"pos","entry":"chip","mcc":"5411"'
_DRAWN = '"channel":"atm","entry":"chip","type":"withdrawal"'
_WRONG_PIN = f'{_DRAWN},"outcome":"declined","decline_reason":"wrong_pin"'
# What happens with a planted card, one event in each turn.
_PLOT = (_WRONG_PIN, _WRONG_PIN, _WRONG_PIN, _DRAWN)


def main() -> None:
    """Send the stream, and once the broker has all of it, print how many cards alert."""
    given = _given()
    # Its own settings: what is sent within 5 ms goes together.
    producer = Producer({"bootstrap.servers": given.servers, "enable.idempotence": True})
    uses = _uses(given.cards, given.rate // given.planted)
    began_s, sent, alerting = time.monotonic(), 0, 0
    while (passed_s := time.monotonic() - began_s) < given.seconds:
        due = int(given.rate * passed_s)
        for number, (card, what) in enumerate(islice(uses, due - sent), sent):
            # As late as can be: from here on it is the broker's, and theirs who read it.
            now_ns = time.time_ns()
            alerting += what is _DRAWN
            event_id = f"{PLANTED}{now_ns}" if what is _DRAWN else f"ev-{number}"
            line = (
                f'{{"kind":"transaction","event_id":"{event_id}","at":"{iso(now_ns // 1_000_000)}",'
                f'"card":"crd-{card:08}","amount_minor":{5000 + number % 997},"currency":"CNY",'
                f'"terminal":"ter-{card % _TERMINALS:06}",{what}}}'
            )
            producer.produce(given.topic, line, partition=crc32(b"%d" % card) % given.partitions)
        sent = max(sent, due)
        producer.poll(0)
        time.sleep(_TICK_S)
    left = producer.flush(60)
    if left:
        raise SystemExit(f"{left} events did not reach the broker")
    print(alerting)


def _uses(cards: int, every: int) -> Iterator[tuple[int, str]]:
    """Give cards with what is done: of each `every` events, four are of planted cards, which come behind."""
    numbers = count()
    for turn in count():
        for back, what in enumerate(_PLOT[: turn + 1]):
            yield cards + turn - back, what
        for number in islice(numbers, every - len(_PLOT)):
            yield number * _STRIDE % cards, _BOUGHT


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Send uses of cards to a topic at an even pace.")
    parser.add_argument("--servers", required=True, help="where the broker is")
    parser.add_argument("--topic", required=True)
    parser.add_argument("--partitions", type=int, required=True)
    parser.add_argument("--rate", type=int, required=True, help="events a second")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--cards", type=int, required=True, help="how many are used in turn")
    parser.add_argument("--planted", type=int, required=True, help="cards that alert, each second")
    return parser.parse_args()


if __name__ == "__main__":
    main()
