"""How often a process that remembers much looks for garbage."""

import atexit
import gc

# What is remembered of a card or a customer lives for hours: it must not be walked through every moment.
_COLLECT_AFTER = (1_000_000, 50, 1000)


def collect_seldom() -> None:
    """Leave what is there alone for good, and look through what comes only now and then.

    When the process ends nothing is looked through: the machine takes all of its memory back at once.
    """
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
