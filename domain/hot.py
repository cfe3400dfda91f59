"""What is done for every use of a card: in C where the package was built with a compiler, else in Python.

Both give the same to the last bit, and what one has dumped the other loads. Python's is the one to read:
domain/risk_habits.py, domain/risk_sums.py and, for `quick`, the steps of the detectors that ask for it; the
other is in native/.
"""

try:
    from domain._hot import Adder, Habits, Sorter, dump, load, measure, quick, start, weigh
except ImportError:
    from domain.quick import quick
    from domain.risk_habits import Habits, dump, load, measure, start  # type: ignore[assignment]
    from domain.risk_sums import Adder, Sorter, weigh  # type: ignore[assignment]

__all__ = ["Adder", "Habits", "Sorter", "dump", "load", "measure", "quick", "start", "weigh"]
