"""What is known about recorded events, and how good alerts are by it."""
