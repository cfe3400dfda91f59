"""Profiles as documents that are signed off: versions that never change, and which of them is in force."""
