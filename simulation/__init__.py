"""A bank's people, cards, terminals and incidents, from a seed, with hidden truth."""
