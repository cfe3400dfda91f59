"""How the learner of the risk model works: each setting with its bounds, refused at once when it is wrong."""

from datetime import timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from domain.instants import span_ms
from domain.risk_binning import Binning
from domain.risk_features import CROSSES, FEATURES, position
from domain.tables import FeatureBins

DAY = timedelta(days=1)


class SettingsError(ValueError):
    """A setting of the learner is out of its bounds; the message says which, and what is allowed."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the learner does.

    Labels. A transaction is kept with its frozen features for `remember`, `most_kept` of them at most.
    `confirm_after` is how long nobody must have spoken of a transaction for it to count as genuine; None for
    never, as silence is no label before the time for claims has passed.

    Learning. All frauds are learnt, and `keep_genuine` of the genuine ones, drawn by a hash of their id with
    `seed`; probabilities are corrected for it. `rate` is the step of the weights, `intercept_rate` that of
    the intercept. The steps of `adagrad` shrink with what was learnt: a `fading` below 1 lets so much of that
    count on after each day, so that a model which is years old still follows; those of `sgd` stay.

    Publishing. The learner's own features and scores follow tables that it refreshes at whole multiples of
    `terminals_every` and `model_every` since 1970; publish as often for the flow to see the same. Terminals
    are remembered for `terminal_memory`, `most_terminals` of them; customers `most_customers`.

    Judging. Figures and calibration are of the last `most_judged` labelled transactions. Drift is watched
    from `watch_after` the first model on: until then scores change because it learns. `alert_probability`
    is that from which the flow alerts, and `audit_share` and `audit_seed` how it draws others for review: a
    genuine one of these stands for all that nobody reviewed, where silence is never taken for genuine.
    """

    confirm_after: timedelta | None = None
    remember: timedelta = 90 * DAY
    most_kept: int = 2_000_000
    keep_genuine: float = 0.1
    seed: int = 17
    optimiser: Literal["adagrad", "sgd"] = "adagrad"
    rate: float = 0.1
    intercept_rate: float = 0.01
    fading: float = 1.0
    features: tuple[FeatureBins, ...] = FEATURES
    crosses: tuple[tuple[str, str], ...] = CROSSES
    terminals_every: timedelta = timedelta(hours=1)
    model_every: timedelta = DAY
    terminal_memory: timedelta = 120 * DAY
    most_terminals: int = 1_000_000
    most_customers: int = 1_000_000
    most_judged: int = 100_000
    watch_after: timedelta = 30 * DAY
    alert_probability: float = 0.5
    audit_share: float = 0.0
    audit_seed: int = 7

    def __post_init__(self) -> None:
        """Refuse what cannot be. Raises SettingsError."""
        # As they are read back, so that nothing tells 1 from 1.0.
        features = (FeatureBins(name=one.name, edges=tuple(map(float, one.edges))) for one in self.features)
        force_setattr(self, "features", tuple(features))
        _between("keep_genuine", self.keep_genuine, 0.0001, 1)
        _between("rate", self.rate, 0.0001, 10)
        _between("intercept_rate", self.intercept_rate, 0, 1)
        _between("fading", self.fading, 0.5, 1)
        _between("alert_probability", self.alert_probability, 0.0001, 0.9999)
        _between("audit_share", self.audit_share, 0, 1)
        for name in ("most_kept", "most_terminals", "most_customers", "most_judged"):
            _between(name, getattr(self, name), 1, 10**9)
        for name in ("remember", "terminals_every", "model_every", "terminal_memory", "watch_after"):
            _between(name, span_ms(getattr(self, name)), 60_000, span_ms(3650 * DAY), "milliseconds")
        if self.confirm_after is not None:
            _between("confirm_after", span_ms(self.confirm_after), 0, span_ms(self.remember), "milliseconds")
        try:
            Binning(self.features)
            crossed = {name for cross in self.crosses for name in cross}
            for name in crossed:
                position(name)
        except ValueError as error:
            raise SettingsError(str(error)) from None
        if missing := crossed - {feature.name for feature in self.features}:
            raise SettingsError(f"crosses of {', '.join(sorted(missing))} take that feature; name it as well")

    def said(self) -> dict[str, float | int | str]:
        """Give the settings as a model card has them; bins and crosses are the model's own."""
        spans = {
            name: value
            for name in self.__struct_fields__
            if isinstance(value := getattr(self, name), float | int | str)
        }
        days = {
            f"{name}_days": span / DAY
            for name in self.__struct_fields__
            if isinstance(span := getattr(self, name), timedelta)
        }
        return {**spans, **days}


def _between(name: str, value: float, least: float, most: float, unit: str = "") -> None:
    if not least <= value <= most:
        raise SettingsError(f"{name} is {value}; it lies between {least} and {most} {unit}".rstrip())
