"""The work queue: alerts become cases that people close."""
