"""Agents at the desk by HTTP: each comes in, works and looks around, and notes how long every page took."""

import random
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx2

from cases.store import Store
from desk.demo import ISSUER, for_demo
from desk.guarding import COOKIE

_SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
_HTMX = {"HX-Request": "true"}


@dataclass
class Measured:
    """How long each kind of page took (ms), and how many answers were errors."""

    took_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: int = 0
    intake_per_s: float = 0

    @property
    def p95_ms(self) -> float:
        """The 95th percentile over all pages."""
        return _p95([each for kind in self.took_ms.values() for each in kind])

    @property
    def worst_p95_ms(self) -> float:
        """The 95th percentile of the kind of page that has the largest."""
        return max(_p95(took) for took in self.took_ms.values())

    def __str__(self) -> str:
        """Give the 95th percentile of each kind, and how many there were."""
        kinds = (f"{kind} {_p95(took):.0f} ms of {len(took)}" for kind, took in sorted(self.took_ms.items()))
        return (
            f"p95 {self.p95_ms:.0f} ms; {', '.join(kinds)}; errors {self.errors}; "
            f"{self.intake_per_s:,.0f} alerts/s beside it"
        )


def sessions(store: Store, agents: int) -> list[str]:
    """Let agents and leads come in, and give what their browsers would keep."""
    demo = for_demo(store)
    now = round(time.time() * 1000)  # noqa: TID251 - sessions last from the time of today
    roles = [("agent", "lead")[number % 2] for number in range(agents)]
    return [
        demo.accounts.from_identity(ISSUER, f"p{number}", f"p{number}", [f"{ISSUER}:{role}"], now).token
        for number, role in enumerate(roles)
    ]


def traffic(address: str, tokens: Sequence[str], seconds: float, pause_s: float) -> Measured:
    """Let as many agents as there are tokens of sessions work for a while, all at once."""
    with ThreadPoolExecutor(len(tokens)) as pool:
        each = list(pool.map(lambda numbered: _work(address, *numbered, seconds, pause_s), enumerate(tokens)))
    together = Measured(errors=sum(one.errors for one in each))
    for one in each:
        for kind, took in one.took_ms.items():
            together.took_ms[kind] += took
    return together


def _work(address: str, number: int, token: str, seconds: float, pause_s: float) -> Measured:
    measured = Measured()
    chance = random.Random(number)
    with httpx2.Client(
        base_url=address,
        headers=_SAME_ORIGIN,
        cookies={COOKIE: token},
        timeout=30,
        # There is no TLS; reading certificates for each of them would keep the others from being on time.
        verify=False,
    ) as client:

        def ask(kind: str, method: str, path: str, **form: str) -> str:
            begun = time.perf_counter()
            try:
                answer = client.request(method, path, data=form or None, headers=_HTMX if form else {})
            except httpx2.HTTPError:
                measured.errors += 1
                return ""
            measured.took_ms[kind].append((time.perf_counter() - begun) * 1000)
            measured.errors += answer.status_code >= 500
            return answer.text

        time.sleep(chance.uniform(0, pause_s))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            queue = ask("queue", "GET", "/queue/rows")
            cases = re.findall(r'href="/cases/(C\w+)"', queue)
            if cases:
                case = chance.choice(cases)
                ask("case", "GET", f"/cases/{case}")
                ask("note", "POST", f"/cases/{case}/notes", text="seen")
            time.sleep(pause_s * chance.uniform(0.5, 1.5))
            ask("work", "GET", "/work")
            ask("wallboard", "GET", "/wallboard/board")
            time.sleep(pause_s * chance.uniform(0.5, 1.5))
    return measured


def _p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1] if len(took) > 1 else float("nan")
