"""What is done for every event that comes in: in C where a compiler was found, else in Python.

Both do the same; Python's, connectors/stamping.py, is the one to read.
"""

try:
    from connectors._hot import stamp
except ImportError:
    from connectors.stamping import stamp

__all__ = ["stamp"]
