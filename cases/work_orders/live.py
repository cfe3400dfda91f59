"""The orders that keep a case from closing."""

from cases.database import Database
from cases.errors import NotPossible
from cases.work_orders.order import order_of
from domain.wording import listed


def refuse_live_orders(db: Database, case_id: str) -> None:
    """Let no case close while a department works for it; inside the caller's transaction.

    Raises NotPossible, naming the orders.
    """
    live = [order_of(row) for row in db.rows("live_work_orders", case_id=case_id)]
    if live:
        named = listed([f"{order.id} ({order.department}, {order.state})" for order in live])
        raise NotPossible(
            f"{case_id} waits for {named}; see each one done, or cancel it with a reason, before you close it"
        )
