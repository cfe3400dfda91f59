"""A detector that gives too many alerts within an hour: they fill one case, and none of them is lost."""
