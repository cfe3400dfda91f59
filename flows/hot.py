"""The loop over the events of a bucket: in C where the package was built with a compiler, else in Python.

Both do the same; Python's, flows/stepping.py, is the one to read.
"""

try:
    from flows._hot import Stepper
except ImportError:
    from flows.stepping import Stepper  # type: ignore[assignment]

__all__ = ["Stepper"]
