"""Doing a thing once: a request that comes again under its key is answered as it was before."""

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any, ParamSpec

import orjson
from fastapi import Response
from pydantic import BaseModel

from cases.errors import CaseError
from cases.repeats import Answered
from desk.api.problems import MEDIA_TYPE, problem_of
from desk.api.programs import Program
from desk.api.values import Told
from desk.errors import DeskError

P = ParamSpec("P")
_KEPT = ("ETag", "Location")


def once(act: Callable[P, Told | None]) -> Callable[P, Response]:
    """Let an endpoint that takes a Program as `here` do its work once for each key.

    It gives what to answer, None for nothing (204). What is refused stays refused under the same key; what
    failed on our side without having changed anything can be sent again.
    """

    @wraps(act)
    def answer(*args: P.args, **values: P.kwargs) -> Response:
        here = values["here"]
        if not isinstance(here, Program):
            raise TypeError("what is done once takes `here`, the program that asks")
        known = here.store.repeats.begin(here.token.name, here.key, _digest(here, values), here.now_ms)
        if known is not None:
            return _response(known, {"Idempotency-Replayed": "true"})
        answered, kept = _answered(here, lambda: act(*args, **values))
        here.store.repeats.keep(here.token.name, here.key, kept)
        return _response(answered, {})

    return answer


def _answered(here: Program, act: Callable[[], Told | None]) -> tuple[Answered, Answered]:
    """Give the answer, and what is kept of it for repeats."""
    try:
        given = act()
    except (CaseError, DeskError) as error:
        problem = problem_of(error)
        if problem.status >= 500:
            here.store.repeats.forget(here.token.name, here.key)
            raise
        body = problem.model_dump_json(exclude_none=True)
        refused = Answered(status=problem.status, headers={"Content-Type": MEDIA_TYPE}, body=body)
        return refused, refused
    headers = {name: here.headers[name] for name in _KEPT if name in here.headers}
    if given is None:
        nothing = Answered(status=204, headers=headers, body="")
        return nothing, nothing
    headers["Content-Type"] = "application/json"
    status = 201 if "Location" in headers else 200
    first, later = (
        Answered(status=status, headers=headers, body=each.model_dump_json())
        for each in (given, given.for_repeats())
    )
    return first, later


def _response(answered: Answered, more: dict[str, str]) -> Response:
    return Response(answered.body or None, answered.status, {**answered.headers, **more})


def _digest(here: Program, values: dict[str, Any]) -> str:
    """Give what tells one request from another: where it goes, what it says, and upon which version."""
    said = {name: _plain(value) for name, value in values.items() if name != "here"}
    whole = [here.request.method, here.request.url.path, here.request.headers.get("if-match", ""), said]
    return sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
