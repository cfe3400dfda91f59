"""Cases of devices: what alarms make of work, who is sent, and what became of it."""
