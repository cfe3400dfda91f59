"""The reference data behind a stream: who holds the cards, and where terminals stand."""

from collections.abc import Iterator
from datetime import timedelta

from domain.instants import from_ms
from domain.reference import Branch, Card, Customer, PhoneNumber, Record, Terminal
from simulation.geography import HOME_ZONE
from simulation.network import NO_BRANCH
from simulation.night import Night
from simulation.people import TIERS
from simulation.plan import Step
from simulation.tokens import Tokens

# Everything but cards has been as it is for longer than any card is old.
_LONG_AGO = timedelta(days=3_650)
_KINDS = ("mobile", "home", "work")


def reference_records(night: Night) -> Iterator[Record]:
    """Give branches, terminals, customers and cards; a card takes effect when it is opened."""
    network, people = night.network, night.people
    branches = network.branches
    since = from_ms(night.plan.start_ms) - _LONG_AGO
    for branch, place in zip(branches.tokens, branches.places, strict=True):
        yield Branch(id=branch, effective_at=since, time_zone=HOME_ZONE, place=place)
    for terminal, device, branch_number, place in zip(
        network.terminals, network.devices, network.branch.tolist(), network.places, strict=True
    ):
        own = branch_number != NO_BRANCH
        yield Terminal(
            id=terminal,
            effective_at=since,
            device=device if own else None,
            branch=branches.tokens[branch_number] if own else None,
            place=place,
        )
    rng = night.plan.random(Step.REFERENCE)
    numbers = Tokens(rng, "num")
    known = rng.choice(len(_KINDS), size=len(people), p=(0.6, 0.3, 0.1)) + 1
    for number, (customer, tier, zone, many) in enumerate(
        zip(people.customers, people.tier.tolist(), people.zone, known.tolist(), strict=True)
    ):
        yield Customer(
            id=customer,
            effective_at=since,
            tier=TIERS[tier],
            time_zone=zone,
            numbers=tuple(
                PhoneNumber(reference=numbers[number * len(_KINDS) + which], kind=_KINDS[which])
                for which in range(many)
            ),
        )
    for card, last4, owner, opened_ms, opened_at in zip(
        people.cards,
        people.last4,
        people.card_customer.tolist(),
        people.opened_ms.tolist(),
        people.opened_at.tolist(),
        strict=True,
    ):
        opened = from_ms(opened_ms)
        yield Card(
            id=card,
            effective_at=opened,
            customer=people.customers[owner],
            last4=last4,
            issued_branch=branches.tokens[opened_at],
            issued_at=opened,
        )
