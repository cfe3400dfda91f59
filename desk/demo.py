"""A desk to try: whoever is at this machine enters in any role, without a password."""

from dataclasses import replace

from cases.accounts.policy import PEOPLE
from cases.store import Store

# Who vouches for the people of a demo: nobody but the machine that they sit at.
ISSUER = "demo"


def for_demo(store: Store) -> Store:
    """Give the same store, which knows a group for each role; its other rules stay as they are."""
    groups = {f"{ISSUER}:{role.value}": role for role in PEOPLE}
    return Store(store.db, replace(store.policy, accounts=replace(store.policy.accounts, groups=groups)))
