"""Typed settings and profiles, read once at the edge."""
