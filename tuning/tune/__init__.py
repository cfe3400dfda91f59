"""Better parameters of a detector, and whether they hold."""
