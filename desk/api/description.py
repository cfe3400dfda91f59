"""The API as it describes itself (OpenAPI): what is refused is a problem everywhere, and said so."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from desk.api.problems import MEDIA_TYPE, Problem

_ALWAYS = {
    "401": "No token, or none in force",
    "403": "The token, or its owner's role, does not reach so far",
    "422": "The request is not as it should be",
    "429": "Too often; Retry-After says when",
    "500": "The desk's fault",
    "503": "Not now; the same may succeed later",
}
_OF_ONE = {"404": "There is none"}
_WHEN_DOING = {
    "404": "There is none",
    "409": "Not as things stand, or the same request is being worked on",
    "413": "More than 64 KiB",
}
_OF_A_VERSION = {"412": "The case has another version by now"}


def described(api: FastAPI) -> dict[str, Any]:
    """Give the description, made once."""
    if api.openapi_schema is None:
        made = get_openapi(
            title="riskdesk",
            version="1",
            summary="A bank's remote risk desk, for its other systems",
            routes=api.routes,
            tags=api.openapi_tags,
        )
        schemas = made["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs", {})
        schemas["Problem"] = problem
        for path, methods in made["paths"].items():
            for method, operation in methods.items():
                _refusals(operation, path, method)
        api.openapi_schema = made
    return api.openapi_schema


def _refusals(operation: dict[str, Any], path: str, method: str) -> None:
    refused = dict(_ALWAYS)
    if "{" in path:
        refused |= _OF_ONE
    if method in ("post", "delete"):
        refused |= _WHEN_DOING
    if any(each["name"] == "If-Match" for each in operation.get("parameters", ())):
        refused |= _OF_A_VERSION
    told = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, words in sorted(refused.items()):
        answer: dict[str, Any] = {"description": words, "content": told}
        if status in ("429", "503"):
            answer["headers"] = {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds"}}
        operation["responses"][status] = answer
