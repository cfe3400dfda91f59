"""The API as one application within the desk: its routes, what guards them, and how it refuses."""

from functools import partial

from fastapi import FastAPI

from desk.api import actions, cases, leading, reports, tasks, webhooks
from desk.api.description import described
from desk.api.problems import add_problems
from desk.api.sizes import Sizes
from desk.context import Desk

# Where the desk has it.
PATH = "/api/v1"
_PARTS = (cases, leading, tasks, actions, reports, webhooks)


def create_api(desk: Desk) -> FastAPI:
    """Make the API of a desk, to be mounted at `PATH`."""
    api = FastAPI(title="riskdesk", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    api.state.desk = desk
    for part in _PARTS:
        api.include_router(part.router)
    api.openapi = partial(described, api)  # type: ignore[method-assign]
    api.add_middleware(Sizes)
    add_problems(api)
    return api
