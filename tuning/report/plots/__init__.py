"""The pictures of reports, drawn as SVG: one function for each kind of chart."""

from tuning.report.plots.bars import bars
from tuning.report.plots.dots import Dot, dots_with_intervals
from tuning.report.plots.heat import heat
from tuning.report.plots.lines import Level, lines
from tuning.report.plots.scatter import Point, scatter
from tuning.report.plots.staff import hours_against_staff
from tuning.report.plots.timeline import Mark, timeline

__all__ = [
    "Dot",
    "Level",
    "Mark",
    "Point",
    "bars",
    "dots_with_intervals",
    "heat",
    "hours_against_staff",
    "lines",
    "scatter",
    "timeline",
]
