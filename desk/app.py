"""The web desk as one application: its screens, its stream, its API, and what guards them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from cases.store import Store
from desk import live
from desk.api.app import PATH, create_api
from desk.bank.history import CardHistory, NoHistory
from desk.bank.vault import CardVault, NoVault
from desk.changes import Changes
from desk.context import Desk
from desk.forecasting import Forecast, no_forecast
from desk.headers import SameOrigin, SecurityHeaders
from desk.measuring import Measured
from desk.oidc import Provider
from desk.refusals import add_refusals
from desk.screens import (
    approvals,
    audit,
    blocks,
    calls,
    case,
    case_reveal,
    devices,
    handover,
    health,
    knowledge,
    me,
    models,
    oidc,
    queue,
    queue_bulk,
    queue_views,
    rules,
    sign_in,
    tasks,
    users,
    wallboard,
    welcome,
    work,
)
from desk.settings import DeskSettings
from observability.beside import DeskMetrics

SCREENS = (
    sign_in,
    oidc,
    queue,
    work,
    calls,
    tasks,
    blocks,
    queue_views,
    queue_bulk,
    wallboard,
    case,
    case_reveal,
    knowledge,
    devices,
    handover,
    welcome,
    approvals,
    models,
    rules,
    audit,
    users,
    me,
    health,
)


def create_app(
    store: Store,
    settings: DeskSettings,
    clock: Callable[[], int],
    *,
    history: CardHistory | None = None,
    vault: CardVault | None = None,
    forecast: Forecast = no_forecast,
    oidc_secret: str = "",
    metrics: DeskMetrics | None = None,
) -> FastAPI:
    """Make the application over an open store; `clock` says what time it is, in milliseconds since 1970.

    `metrics` counts its requests.
    """
    provider = None if settings.oidc is None else Provider(settings.oidc, oidc_secret, clock)
    changes = Changes(store.db, settings.poll_ms)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        changes.start()
        yield
        changes.stop()

    app = FastAPI(title="riskdesk", lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = Desk(
        store,
        settings,
        clock,
        changes,
        vault or NoVault(),
        history or NoHistory(),
        forecast=forecast,
        oidc=provider,
    )
    for screen in SCREENS:
        app.include_router(screen.router)
    app.include_router(live.router)
    app.mount(PATH, create_api(app.state.desk))
    app.mount("/static", StaticFiles(packages=[("desk", "static")]))
    add_refusals(app)
    app.add_middleware(SameOrigin)
    app.add_middleware(SecurityHeaders, secure=settings.secure)
    if metrics is not None:
        app.add_middleware(Measured, metrics=metrics)
    return app
