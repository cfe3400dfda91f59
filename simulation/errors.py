"""What is wrong with a plan.

BadPlanError
└── DoesNotFitError
"""


class BadPlanError(ValueError):
    """A plan names what does not exist."""


class DoesNotFitError(BadPlanError):
    """A plan needs more customers, uses or hours than the stream has."""
