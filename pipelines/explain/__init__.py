"""Explaining: for one person and date, every list with each of its conditions, in text, JSON and a chart."""

from pipelines.explain.chart import as_svg, save_chart, timeline_chart
from pipelines.explain.conditions import Condition, ListState, Seen
from pipelines.explain.judging import Explanation, explain_person
from pipelines.explain.text import as_text, say

__all__ = [
    "Condition",
    "Explanation",
    "ListState",
    "Seen",
    "as_svg",
    "as_text",
    "explain_person",
    "save_chart",
    "say",
    "timeline_chart",
]
