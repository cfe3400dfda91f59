"""What a program reads when something is refused: problem details (RFC 9457) that say what to do."""

import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import Field
from starlette.exceptions import HTTPException

from cases.errors import CaseError, Outdated, StoreBusy
from cases.repeats import OtherRequest
from desk.api.values import Told
from desk.errors import DeskError, TooOften
from desk.refusals import status_of

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_WORD = re.compile(r"(?<!^)(?=[A-Z])")
# What no error of ours explains.
_WORDS = {
    404: "there is no such address; /api/v1/openapi.json lists those that there are",
    413: "a request has at most 64 KiB; send less, or in several requests",
    405: "this address does not take that method; /api/v1/openapi.json says which it takes",
}


class Fault(Told):
    """What is wrong with one part of a request."""

    at: str
    what: str


class Problem(Told):
    """Why a request was refused; `detail` says what to do, `version` is that of a case that has changed."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[Fault, ...] = ()
    version: int | None = Field(default=None, description="With 412: the version that the case has now")


class Unknown(DeskError):  # noqa: N818 - as in desk/errors.py
    """No token, or none that is in force."""


class OutOfScope(DeskError):  # noqa: N818
    """The token does not reach so far."""


_STATUS: dict[type[Exception], int] = {Unknown: 401, OutOfScope: 403, Outdated: 412, OtherRequest: 422}


def problem_of(error: Exception) -> Problem:
    """Tell an error of the services or of the desk."""
    status = _STATUS.get(type(error)) or status_of(error)
    words = type(error).__name__
    return Problem(
        type=f"urn:riskdesk:{_WORD.sub('-', words).lower()}",
        title=_WORD.sub(" ", words).capitalize(),
        status=status,
        detail=str(error),
        version=error.version if isinstance(error, Outdated) else None,
    )


def response_of(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Write a problem as an answer."""
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, problem.status, dict(headers or {}), MEDIA_TYPE)


def add_problems(api: FastAPI) -> None:
    """Let every error be a problem that a program can read."""
    for kind in (CaseError, DeskError):
        api.add_exception_handler(kind, _refused)
    api.add_exception_handler(RequestValidationError, _malformed)
    api.add_exception_handler(HTTPException, _elsewhere)
    api.add_exception_handler(Exception, _broken)


async def _refused(request: Request, error: Exception) -> Response:
    del request
    headers = {}
    if isinstance(error, Unknown):
        headers["WWW-Authenticate"] = 'Bearer realm="riskdesk"'
    if isinstance(error, TooOften | StoreBusy):
        headers["Retry-After"] = "1"
    return response_of(problem_of(error), headers)


async def _malformed(request: Request, error: Exception) -> Response:
    del request
    found: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else ()
    # What was sent is not said back: it may hold what nobody should keep.
    faults = tuple(Fault(at=".".join(map(str, each["loc"])), what=each["msg"]) for each in found[:20])
    return response_of(
        Problem(
            type="urn:riskdesk:malformed",
            title="Malformed",
            status=422,
            detail="the request is not as /api/v1/openapi.json says; `errors` names what to set right",
            errors=faults,
        )
    )


async def _elsewhere(request: Request, error: Exception) -> Response:
    del request
    status = error.status_code if isinstance(error, HTTPException) else 500
    title = HTTPStatus(status).phrase
    words = _WORDS.get(status, title)
    headers = getattr(error, "headers", None)
    problem = Problem(
        type=f"urn:riskdesk:{title.lower().replace(' ', '-')}", title=title, status=status, detail=words
    )
    return response_of(problem, headers)


async def _broken(request: Request, error: Exception) -> Response:
    del request
    log.error("a request failed", exc_info=error)
    return response_of(
        Problem(
            type="urn:riskdesk:broken",
            title="Broken",
            status=500,
            detail="this is the desk's fault; look whether it was done before you send it again",
        )
    )
