"""What is done for every event: in C where the package was built with a compiler, else in Python.

Both do the same; Python's is the one to read: flows/stepping.py and flows/routing.py.
"""

try:
    from flows._hot import Stepper, into_buckets, running_latest
except ImportError:
    from flows.routing import into_buckets, running_latest
    from flows.stepping import Stepper  # type: ignore[assignment]

__all__ = ["Stepper", "into_buckets", "running_latest"]
