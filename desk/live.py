"""The stream by which open pages hear that something changed: topics, never data."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from desk.context import Context
from desk.guarding import Guard, Needs

router = APIRouter()


@router.get("/live")
async def live(here: Annotated[Context, Needs()]) -> StreamingResponse:
    """Tell the topics of every change, at first all: nothing is lost between a page and its stream."""
    return _topics(here)


@router.get("/wallboard/live")
async def wall(here: Annotated[Context, Depends(Guard((), locked=True))]) -> StreamingResponse:
    """Tell the same to a screen on the wall, which goes on while its session is locked."""
    return _topics(here)


def _topics(here: Context) -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        yield "retry: 1000\n\n"
        async for topics in here.desk.changes.stream():
            yield f"event: topics\ndata: {' '.join(sorted(topics))}\n\n"

    headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
    return StreamingResponse(lines(), media_type="text/event-stream", headers=headers)
