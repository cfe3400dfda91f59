"""The plan of the recorded day of device watch: one of each thing that the desk should see done."""

from datetime import datetime

from domain.instants import to_ms
from simulation.devices.plan import DevicePlan

_START = datetime.fromisoformat("2026-10-14T00:00:00+08:00")
# A branch's line is cut and a machine there keeps a card; what else a desk meets is planted beside it.
PLANTED = {
    "link_cut_with_card": 1,
    "jackpotting": 1,
    "cash_short": 1,
    "silent_machine": 1,
    "supervisor_overstay": 1,
    "planned_work": 1,
    "chattering": 1,
    "lost_machine": 1,
    "reversal_fraud": 1,
    "card_retained": 1,
    "cash_retained": 1,
    "component_fault": 4,
    "supervisor_visit": 3,
    "link_blip": 1,
}


def replay_day(seed: int = 14) -> DevicePlan:
    """Give the plan: 60 devices at 20 branches through one ordinary Wednesday, with few uses of cards."""
    return DevicePlan(
        seed=seed,
        devices=60,
        branches=20,
        start_ms=to_ms(_START),
        days=1,
        transactions_per_device_day=100.0,
        customers_per_device=20,
        planted=PLANTED,
    )
