"""Calling customers: when, on which number, with which words, and what is kept of every attempt."""
