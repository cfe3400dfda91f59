"""How far probabilities can be believed, as a picture: what was said against what came of it."""

from bisect import bisect_right
from collections.abc import Sequence
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from connectors.streams import writing
from tuning.measures.figures import wilson
from tuning.report.axes import Axis
from tuning.report.plots import lines
from tuning.report.words import Words

# The look of all pages of the product, then what reports add.
_LOOK = (("devices", "page.css"), ("tuning.report", "style.css"))
_TITLE = Words("Fraud that was said, and fraud that came", "预测的欺诈概率与实际的欺诈比例")
_CAME = Words("uses of that probability", "该概率的交易")
_RIGHT = Words("as it should be", "理想情形")
_SAID = Words("probability", "概率")
_SHARE = Words("share of fraud", "欺诈比例")


# Edges of probabilities: tenths, but finer near nothing, where nearly all uses are.
_EDGES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


class Reach(NamedTuple):
    """Uses whose probabilities lie between two edges: their mean, the share of fraud, and how many."""

    probability: float
    share: float
    uses: int


def reaches(probabilities: Sequence[float], frauds: Sequence[bool]) -> list[Reach]:
    """Put uses together by where their probabilities lie, the lowest first; what is empty is left out."""
    ordered = sorted(zip(probabilities, frauds, strict=True))
    rows = []
    for _, group in groupby(ordered, key=lambda one: bisect_right(_EDGES, one[0])):
        together = list(group)
        count = len(together)
        said, came = (sum(each) for each in zip(*together, strict=True))
        rows.append(Reach(said / count, came / count, count))
    return rows


def reliability_svg(rows: Sequence[Reach]) -> str:
    """Draw the rows of a calibration as SVG that stands alone, with 95 % intervals of the shares."""
    came = [(row.probability, row.share) for row in rows]
    bands = []
    for row in rows:
        low, high = wilson(round(row.share * row.uses), row.uses)
        if low is not None and high is not None:
            bands.append((row.probability, low, high))
    chart = lines(
        _TITLE,
        {_CAME: came, _RIGHT: [(0.0, 0.0), (1.0, 1.0)]},
        Axis(_SAID, "percent", low=0.0, high=1.0),
        Axis(_SHARE, "percent", low=0.0, high=1.0),
        bands={_CAME: bands},
    )
    style = "".join(files(package).joinpath(name).read_text("utf-8") for package, name in _LOOK)
    head = '<svg xmlns="http://www.w3.org/2000/svg"'
    alone = f"<style><![CDATA[{style}]]></style>"
    return chart.drawn.en.replace("<svg", head, 1).replace("<title>", f"{alone}<title>", 1)


def write_picture(path: Path, rows: Sequence[Reach]) -> None:
    """Write the picture to a file, whole or not at all. Raises OSError when it cannot be written."""
    with writing(path) as out:
        out.write(reliability_svg(rows).encode())
