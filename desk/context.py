"""What a request works with: the desk, who asks, in which language, and what time it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from cases.accounts.sessions import Session
from cases.store import Store
from cases.who import RIGHTS, Right, Who
from desk.bank.history import CardHistory, NoHistory
from desk.bank.vault import CardVault, NoVault
from desk.changes import Changes
from desk.forecasting import Forecast, no_forecast
from desk.formats import Formats
from desk.keeping import Keeping
from desk.oidc import Provider
from desk.pages import render
from desk.proofs import Proofs
from desk.rates import Rates
from desk.refusal_words import refusal_words
from desk.settings import DeskSettings, Language


@dataclass(frozen=True)
class Desk:
    """What all requests share; `clock` says what time it is, in milliseconds since 1970."""

    store: Store
    settings: DeskSettings
    clock: Callable[[], int]
    changes: Changes
    vault: CardVault = field(default_factory=NoVault)
    history: CardHistory = field(default_factory=NoHistory)
    rates: Rates = field(default_factory=Rates)
    forecast: Forecast = no_forecast
    keeping: Keeping = field(default_factory=Keeping)
    oidc: Provider | None = None
    proofs: Proofs = field(default_factory=Proofs)


class Context:
    """One request; only `guarding` makes one, so that no page can be had without saying who may see it."""

    def __init__(self, desk: Desk, request: Request, session: Session | None) -> None:
        """Keep the parts; `session` is None for who is not signed in."""
        self.desk = desk
        self.store = desk.store
        self.request = request
        self.session = session
        self.now_ms = desk.clock()

    @property
    def who(self) -> Who:
        """Who asks. Raises LookupError where nobody is signed in, which is a page that forgot to ask."""
        if self.session is None:
            raise LookupError("nobody is signed in here")
        return self.session.who

    @property
    def language(self) -> Language:
        """The language of the person, or the desk's own."""
        if self.session is None:
            return self.desk.settings.language
        return "zh" if self.session.user.language == "zh" else "en"

    @property
    def time_zone(self) -> str:
        """The zone of the person, or the desk's own."""
        return self.session.user.time_zone if self.session else self.desk.settings.time_zone

    @cached_property
    def formats(self) -> Formats:
        """How this person reads times and amounts."""
        return Formats(self.language, self.time_zone, self.now_ms)

    @property
    def by_htmx(self) -> bool:
        """Whether a part of a page was asked for, not a page."""
        return self.request.headers.get("HX-Request") == "true"

    def may(self, right: str) -> bool:
        """Tell whether the person has a right: to hide what they may not do. The service decides."""
        return self.session is not None and Right(right) in RIGHTS[self.session.user.role]

    def viewed(self, what: str, reason: str = "") -> None:
        """Put on record that the person is shown somebody's data, before it is shown."""
        self.store.audit.viewed(self.who, what, self.now_ms, reason)

    def words_of(self, error: Exception) -> str:
        """Say what was refused, in the person's language."""
        return refusal_words(self.language, self.formats, error)

    def page(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Write a template for this person."""
        return HTMLResponse(render(template, self, **values), status)
