"""The guide's tour: three cases of the recorded night, and a picture of each screen on the way.

`python -m tests.browser.guide` takes the pictures of `docs/guide/` anew and writes what their screens said
into `docs/guide/pictures.json`, by which a test finds pictures of screens that have changed since.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import OPTIONS, SCREEN, chromium_path
from tests.browser.desk_process import DeskProcess
from tests.browser.night import NIGHT_ENDS, make_night
from tests.browser.watching import connected
from tests.flows.running import ROOT

FOLDER = ROOT / "docs" / "guide"
DIGESTS = FOLDER / "pictures.json"
LANGUAGES = ("en", "zh")
_COLOURS = 160
# What a screen says of itself; what it says of cases changes with the time of day.
_OWN_WORDS = "h1, h2, h3, button, label, th, summary, legend, header nav a"
_NOTES = {
    "en": (
        "Three reversals, each beside a jam: the notes were given back.",
        "Did not make these withdrawals.",
    ),
    "zh": ("三笔冲正均伴随卡钞、现金已退回。", "客户否认这些取款。"),
}


def tour(page: Page, language: str) -> Iterator[str]:
    """Walk the guide's way as an agent, and stop with the name of each picture where one belongs."""
    found, refused = _NOTES[language]
    page.goto("/sign-in")
    page.click("button[name=role][value=agent]")
    page.wait_for_url("**/work")
    page.request.post(
        "/me/preferences",
        form={"language": language, "time_zone": "Asia/Shanghai"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    page.reload()
    connected(page)
    page.uncheck("#auto-next")
    yield "1-work"
    # The first case: read, judged, closed.
    page.keyboard.press("n")
    page.wait_for_selector("#case-title")
    page.keyboard.press("x")
    page.select_option("#close-dialog [name=outcome]", "device_resolved")
    page.select_option("#close-dialog [name=reason]", "no_fault_found")
    page.fill("#close-dialog textarea", found)
    yield "2-close"
    page.click("#close-dialog button.primary")
    page.wait_for_selector("#idle")
    # The second: from the queue, called, blocked.
    page.goto("/queue?q=trm-tjdvkdgd")
    connected(page)
    yield "3-queue"
    page.click("#rows td.does button")
    page.wait_for_selector("#case-title")
    page.keyboard.press("d")
    page.wait_for_selector("button[data-key=a]")
    page.keyboard.press("a")
    page.wait_for_selector("button[data-key=a]", state="detached")
    for box in page.locator("input[name=checked]").all():
        box.check()
    page.evaluate("scrollTo(0, 0)")
    yield "4-call"
    page.keyboard.press("k")
    page.check("#block-dialog .targets input >> nth=0")
    page.fill("#block-dialog textarea", refused)
    yield "5-block"
    page.click("#block-dialog .actions button >> nth=0")
    page.wait_for_selector("#standing li")
    page.keyboard.press("f")
    page.wait_for_selector("#idle")
    # The third: they called us.
    page.goto("/queue?q=cus-tprpdqsm")
    page.click("#rows td.does button")
    page.wait_for_selector("#case-title")
    page.click("a[href*=by_hand]")
    page.wait_for_selector("input[name=checked][value=identity]")
    page.check("input[name=checked][value=identity]")
    yield "6-by-hand"
    page.keyboard.press("Shift+G")
    page.wait_for_selector("#idle")


def digest(page: Page) -> str:
    """Give what a screen says of itself as a short text, without numbers."""
    words = page.locator(_OWN_WORDS).evaluate_all(
        "all => all.filter((each) => each.checkVisibility()).map((each) => each.innerText)"
    )
    said = re.sub(r"[0-9*]+|C[0-9a-f]{10}|\s+", " ", " | ".join(words))
    return sha256(said.encode()).hexdigest()[:16]


def main() -> None:
    """Take every picture anew."""
    said: dict[str, str] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        for language in LANGUAGES:
            with TemporaryDirectory() as name:
                make_night(Path(name))
                desk = DeskProcess(f"sqlite:///{name}/desk.sqlite", "--demo", *OPTIONS, *NIGHT_ENDS)
                page = browser.new_context(
                    viewport=SCREEN, base_url=desk.address, reduced_motion="reduce"
                ).new_page()
                for step in tour(page, language):
                    picture = f"{step}-{language}.png"
                    said[picture] = digest(page)
                    _keep(page.screenshot(), FOLDER / "pictures" / picture)
                desk.stop()
        browser.close()
    DIGESTS.write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n")


def _keep(png: bytes, path: Path) -> None:
    """Keep a picture with a palette of its own, which has its rare colours, too: a fifth of the size."""
    with Image.open(BytesIO(png)) as picture:
        picture.convert("RGB").quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            path, optimize=True
        )


if __name__ == "__main__":
    main()
