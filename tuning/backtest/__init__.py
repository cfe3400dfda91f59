"""Profiles over recorded events, side by side: how good, and what the desk would feel."""
