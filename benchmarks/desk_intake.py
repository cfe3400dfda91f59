"""Take alerts in at a steady rate, as a flow does beside the desk: `desk_intake URL RATE SECONDS`.

Every tenth alert opens a case. A batch is taken in every tenth of a second.
"""

import sys
import time

from benchmarks.store import ALERTS_IN_A_CASE
from cases.policy import QueuePolicy
from cases.store import open_store
from tests.cases.made import NOON_MS, alert

_BATCHES_A_SECOND = 10


def main() -> None:
    """Take in until the time is over, and say how many alerts a second it was."""
    url, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    size = rate // _BATCHES_A_SECOND
    begun = time.monotonic()
    taken = 0
    with open_store(url, policy=QueuePolicy(flood=None)) as store:
        while (spent := time.monotonic() - begun) < seconds:
            now = round(time.time() * 1000)  # noqa: TID251 - the agents beside it live in the time of today
            names = [taken + each for each in range(size)]
            store.cases.take_in(
                [
                    alert(
                        f"{name}-{now}",
                        f"crd-{name // ALERTS_IN_A_CASE}",
                        f"cus-{name // ALERTS_IN_A_CASE}",
                        at_ms=now - NOON_MS,
                    )
                    for name in names
                ],
                now,
            )
            taken += size
            time.sleep(max(0.0, taken / rate - (time.monotonic() - begun)))
    print(taken / spent)


if __name__ == "__main__":
    main()
