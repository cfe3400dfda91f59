"""Tables that were learnt: models that two people let take effect, and what was found out, from when on."""
