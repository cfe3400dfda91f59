"""What the device half is about: the codes that devices report, and which devices there are."""
