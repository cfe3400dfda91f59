"""The routes of an application, with who may use each."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import APIRoute

from desk.guarding import Guard


def routes_of(app: FastAPI) -> Iterator[APIRoute]:
    """Every page and part of a page; routers within routers too."""
    waiting = list(app.routes)
    while waiting:
        route = waiting.pop(0)
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            waiting += route.original_router.routes


def guards(route: APIRoute) -> list[Guard]:
    return [each.call for each in route.dependant.dependencies if isinstance(each.call, Guard)]
