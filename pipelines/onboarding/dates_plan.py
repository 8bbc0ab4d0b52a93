"""The part of a table's plan that concerns its dates: columns that hold none, forms, and the order of day and month."""

from datetime import date
from typing import TYPE_CHECKING

from pipelines.config import EVENT_DATE, REQUIRED_COLUMNS
from pipelines.ingest.dates import read_times
from pipelines.onboarding.columns import DATES
from pipelines.onboarding.dateforms import DateForms, forms_of
from pipelines.onboarding.plans import RARE, TablePlan

if TYPE_CHECKING:
    from pipelines.onboarding.planning import TablePlanner


def leave_out_unreadable_dates(planner: "TablePlanner") -> None:
    """Tell of date columns that hold no dates; one that is not required is left out, for it would refuse its rows."""
    required = {native for alternatives in REQUIRED_COLUMNS[planner.table] for native in alternatives}
    for native in sorted(DATES & set(planner.choices)):
        column = planner.delivered(native)
        content = planner.contents[column]
        if not content.filled or content.dates > 0.5:
            continue
        what = (
            "numbers by which Excel counts days. Save the column as text, yyyy-mm-dd"
            if content.is_excel_serial
            else "no date in any form that is known"
        )
        planner.plan.note(f"{column!r} ({native}) holds {what}", "columns", doubt=True)
        if native not in required:
            del planner.choices[native]


def find_date_forms(planner: "TablePlanner", month_first: bool | None, today: date) -> None:
    """The forms of all dates of the table, and how many of its events lie in the future."""
    dated = sorted(DATES & set(planner.choices))
    forms = forms_of([planner.texts(native) for native in dated], month_first=month_first)
    planner.plan.date_formats = forms.formats
    _say_order(planner.plan, forms, month_first)
    if forms.unread > RARE * forms.filled:
        planner.plan.note(
            f"{forms.unread:,} of {forms.filled:,} dates are in no form that is known; such rows go to quarantine",
            "date_formats",
            doubt=True,
        )
    event = EVENT_DATE.get(planner.table)
    if event in planner.choices:
        times = read_times(planner.texts(event), timezone="UTC", formats=forms.formats)
        planner.plan.future_share = float((times.dt.date() > today).mean() or 0)


def _say_order(plan: TablePlan, forms: DateForms, month_first: bool | None) -> None:
    """What tells day from month, or that nothing does."""
    if forms.is_ambiguous:
        order = "the files beside it write" if month_first is not None else "most senders write"
        plan.note(
            "no date has a day over 12, so that day and month could change places; taken is the "
            f"{'month' if month_first else 'day'} first, as {order} it. Ask the sender",
            "date_formats",
            doubt=True,
        )
    elif forms.told_by:
        plan.note(f"{forms.told_by:,} dates have a day over 12, which settles the order", "date_formats")
    if forms.against:
        plan.note(
            f"{forms.against:,} dates read only with day and month the other way round: the files mix both orders, so "
            "that others may be read wrongly. Ask the sender",
            "date_formats",
            doubt=True,
        )
