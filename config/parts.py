"""What every part of a profile is: a frozen model that knows all of its keys."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a profile; a key that it does not have is a problem."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
