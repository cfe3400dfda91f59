"""The guide: what it shows is what the desk shows, and its way leads through three cases."""

import re
import signal
from collections.abc import Iterator

import orjson
import pytest

from cases.case import Outcome, Status
from cases.who import Role, Who
from tests.browser.conftest import OPTIONS
from tests.browser.desk_process import DeskProcess
from tests.browser.guide import DIGESTS, FOLDER, LANGUAGES, digest, tour
from tests.browser.night import NIGHT_ENDS

PAGES = {"en": "README.md", "zh": "zh.md"}


@pytest.fixture
def store_url(night_url: str) -> str:
    return night_url


@pytest.fixture
def desk(store_url: str) -> Iterator[DeskProcess]:
    """The desk at the end of the recorded night, as a reader of the guide opens it."""
    process = DeskProcess(store_url, "--demo", *OPTIONS, *NIGHT_ENDS)
    yield process
    process.stop(signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pictures_show_the_screens_as_they_are_and_three_cases_are_done(window, store, language):
    taken = orjson.loads(DIGESTS.read_bytes())
    page = window(reduced_motion="reduce").new_page()
    now = {f"{step}-{language}.png": digest(page) for step in tour(page, language)}
    stale = [picture for picture, said in now.items() if taken.get(picture) != said]
    assert stale == [], "these screens have changed: make guide, and look whether the words still fit"
    closed = store.cases.list((Status.CLOSED,))
    assert {case.outcome for case in closed} == {Outcome.DEVICE_RESOLVED, Outcome.GENUINE}
    assert len(store.actions.list(Who("au", Role.AUDITOR), limit=10)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_shows_each_of_its_pictures_once(language):
    named = re.findall(r"\]\(pictures/([^)]+)\)", (FOLDER / PAGES[language]).read_text("utf-8"))
    assert sorted(named) == sorted(
        path.name for path in (FOLDER / "pictures").iterdir() if path.stem.endswith(language)
    )
    assert sorted(named) == sorted(each for each in orjson.loads(DIGESTS.read_bytes()) if language in each)


def test_the_pictures_are_light():
    pictures = list((FOLDER / "pictures").iterdir())
    assert len(pictures) <= 12
    assert sum(path.stat().st_size for path in pictures) < 1_500_000
