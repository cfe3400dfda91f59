"""Which messages of the outbox a receiver can be given, and who that would be.

The bank's instructions go through the executor, and which cases changed is read by screens: neither is here.
"""

from cases.calling.aftermath import BRANCH_LETTER, CUSTOMER_MESSAGE
from cases.feedback import TOPIC as DISPOSITION
from cases.outbox import ALARM
from cases.work_orders.steps import TOPIC as WORK_ORDER

TOPICS = {
    ALARM: "what a lead must hear of at once, for a pager",
    CUSTOMER_MESSAGE: "asks a customer to call the number on their card, for the message gateway",
    BRANCH_LETTER: "asks a branch to write to a customer, for the post",
    DISPOSITION: "what a case turned out to be, for whoever learns from it",
    WORK_ORDER: "what a department has to do and what became of it, for its own system",
}

# Whether these arrived belongs to the story of their case.
TOLD_OF = frozenset({CUSTOMER_MESSAGE, BRANCH_LETTER})
