"""Home, the lists, the decisions on them, and their export."""

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlsplit

import polars as pl
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from pipelines.review import overview
from pipelines.review.choices import Choice, choice_from
from pipelines.review.deciding import NOT_RECORDED, Asked, Outcome, asked_from, decide, told
from pipelines.review.exports import COLUMNS, PATIENT_COLUMNS, as_csv, as_workbook, check_size, file_name
from pipelines.review.lists import (
    ALL,
    ITEM_SORTS,
    all_items,
    definitions,
    item_page,
    items_by_key,
    items_of_people,
    offers,
)
from pipelines.review.patients import PATIENT_SORTS, all_patients, patient_page
from pipelines.review.room import Asking, let_in, needs
from pipelines.review.sight import Sight
from pipelines.review.turned import Turned, not_here

router = APIRouter()
Let = Annotated[Asking, Depends(let_in)]
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.get("/")
@needs("viewer")
def home(asking: Let, site: str = "") -> Response:
    """How many wait where, what is new, what was resolved and why, and how fresh it all is."""
    with asking.sight() as sight:
        sites = overview.site_counts(sight)
        known = [row["site"] for row in sites if row["site"]]
        chosen = site if site in known else None
        return asking.page(
            "home",
            sight,
            sites=sites,
            site=chosen or "",
            lists=overview.list_counts(sight, chosen),
            resolved=overview.resolved(sight, chosen),
            feeds=overview.feeds(sight),
        )


@router.get("/list/{slug}")
@needs("viewer")
def worklist(asking: Let, slug: str) -> Response:
    """The items of one list, or of all."""
    choice = choice_from(f"/list/{slug}", asking.request.query_params, ITEM_SORTS)
    with asking.sight(choice.run or None) as sight:
        known = definitions(sight)
        if slug != ALL and slug not in known:
            raise not_here()
        page = item_page(sight, slug, choice)
        asking.saw("list", sight, [row["person_id"] for row in page.rows], worklist=slug)
        return asking.page(
            "list",
            sight,
            choice=_of_run(choice, sight),
            here=choice.link(run=""),
            slug=slug,
            definition=known.get(slug),
            titles={name: row["title"] for name, row in known.items()},
            page=page,
            offers=offers(sight, slug),
            notice=_notice(asking.request),
        )


@router.get("/list/{slug}/export.csv")
@needs("reviewer")
def export(asking: Let, slug: str) -> Response:
    """What is seen on a list, all pages of it, at the sites whose lists the visitor may take away."""
    choice = choice_from(f"/list/{slug}", asking.request.query_params, ITEM_SORTS)
    with asking.sight(choice.run or None) as sight:
        if slug != ALL and slug not in definitions(sight):
            raise not_here()
        rows = _taken_away(asking, sight, slug, all_items(sight, slug, choice), "csv")
        return _file(sight, slug, as_csv(rows, COLUMNS), "csv")


@router.get("/list/{slug}/export.xlsx")
@needs("reviewer")
def export_workbook(asking: Let, slug: str) -> Response:
    """The same as a workbook to decide in, which ``b12 import`` takes back."""
    choice = choice_from(f"/list/{slug}", asking.request.query_params, ITEM_SORTS)
    with asking.sight(choice.run or None) as sight:
        if slug != ALL and slug not in definitions(sight):
            raise not_here()
        rows = _taken_away(asking, sight, slug, all_items(sight, slug, choice), "xlsx")
        return _file(sight, slug, as_workbook(sight, slug, rows, choice, asking.room.now()), "xlsx")


@router.get("/patients/export.csv")
@needs("reviewer")
def export_patients(asking: Let) -> Response:
    """What is seen on the patient list, all pages of it, at the sites whose lists the visitor may take away."""
    choice = choice_from("/patients", asking.request.query_params, PATIENT_SORTS)
    with asking.sight(choice.run or None) as sight:
        rows = _taken_away(asking, sight, "patients", all_patients(sight, choice), "csv")
        return _file(sight, "patients", as_csv(rows, PATIENT_COLUMNS), "csv")


@router.get("/patients/export.xlsx")
@needs("reviewer")
def export_patients_workbook(asking: Let) -> Response:
    """The same people with all their open items, as a workbook to decide in, which ``b12 import`` takes back."""
    choice = choice_from("/patients", asking.request.query_params, PATIENT_SORTS)
    with asking.sight(choice.run or None) as sight:
        items = items_of_people(sight, all_patients(sight, choice))
        rows = _taken_away(asking, sight, "patients", items, "xlsx")
        return _file(sight, "patients", as_workbook(sight, ALL, rows, choice, asking.room.now()), "xlsx")


def _taken_away(asking: Asking, sight: Sight, name: str, rows: pl.DataFrame, form: str) -> pl.DataFrame:
    """Of the rows that are seen those that the visitor may take away, recorded before they are."""
    rows = rows.filter([asking.visitor.access.may("reviewer", site) for site in rows["site"].to_list()])
    if form == "xlsx":
        check_size(rows)
    asking.saw("export", sight, rows["person_id"].to_list(), worklist=name, rows=rows.height, form=form)
    return rows


def _file(sight: Sight, name: str, content: bytes, ending: str) -> Response:
    told = file_name(name, sight.publication.as_of, ending)
    headers = {"Content-Disposition": f'attachment; filename="{told}"'}
    return Response(content, media_type=MEDIA_TYPES[ending], headers=headers)


@router.get("/patients")
@needs("viewer")
def patients(asking: Let) -> Response:
    """A row per patient, with the first treatment item and the first test item."""
    choice = choice_from("/patients", asking.request.query_params, PATIENT_SORTS)
    with asking.sight(choice.run or None) as sight:
        page = patient_page(sight, choice)
        asking.saw("patients", sight, [row["person_id"] for row in page.rows])
        return asking.page(
            "patients",
            sight,
            choice=_of_run(choice, sight),
            here=choice.link(run=""),
            page=page,
            titles={name: row["title"] for name, row in definitions(sight).items()},
            offers=offers(sight, ALL),
            notice=_notice(asking.request),
        )


@router.get("/decide")
@needs("reviewer")
def decide_form(asking: Let, item: str) -> Response:
    """The form for one item on a page of its own, for browsers without the script."""
    asked = asked_from({}, [item])
    with asking.sight() as sight:
        items = items_by_key(sight, list(asked.items))
        if not items:
            raise not_here()
        (row,) = items.values()
        asking.saw("decide form", sight, [row["person_id"]], worklist=row["worklist"])
        title = definitions(sight)[row["worklist"]]["title"]
        return asking.page("decide", sight, item=row, title=title, back=_came_from(asking.request))


@router.post("/decide")
@needs("reviewer")
def record(asking: Let) -> Response:
    """Record a decision on the items that are named; the page that follows says what became of each."""
    form = asking.form
    undone = form.get("undo")
    fields = dict(form) | ({"decision": "undo", "note": "", "run": form.get("run")} if undone else {})
    asked = asked_from(fields, [str(undone)] if undone else [str(item) for item in form.getlist("item")])
    with asking.sight(asked.run_id or None) as shown, asking.sight() as now_there:

        def note(did: str, items: list[dict[str, Any]]) -> None:
            persons = [item["person_id"] for item in items if "person_id" in item]
            asking.saw(did, shown, persons, items=[item["item_key"] for item in items])

        outcome = decide(asked, shown, now_there, asking.room.decisions, now=asking.room.now(), note=note)
        if not outcome.is_clean:
            try:
                note(NOT_RECORDED, [item for item, _ in (*outcome.conflicts, *outcome.refused)])
            except Turned as turned:  # what was taken is in both logs for good
                said = f"{told(asked, outcome)} {turned.told}"
                raise Turned(turned.status, turned.title, said, turned.to_do) from None
    back = _local(str(form.get("back") or "/"))
    if form.get("part"):
        return _parts(asking, asked, outcome)
    if outcome.is_clean:
        mark = "&" if "?" in back else "?"
        return RedirectResponse(f"{back}{mark}recorded={len(outcome.recorded)}", status_code=303)
    with asking.sight() as sight:
        now_stands = items_by_key(sight, list(asked.items))
        return asking.page(
            "outcome", sight, status=409, told=told(asked, outcome), outcome=outcome, stands=now_stands, back=back,
            titles={name: row["title"] for name, row in definitions(sight).items()},
        )  # fmt: skip


def _parts(asking: Asking, asked: Asked, outcome: Outcome) -> Response:
    """What the script puts into the page: the outcome in words, and what stands for each item now."""
    with asking.sight(asked.run_id or None) as sight:
        items = items_by_key(sight, list(asked.items))
        parts = {
            key: asking.room.pages.text("part", visitor=asking.visitor, sight=sight, item=item, run=asked.run_id)
            for key, item in items.items()
        }
    said = {
        "told": told(asked, outcome),
        "clean": outcome.is_clean,
        "recorded": [item["item_key"] for item in outcome.recorded],
        "conflicts": [item["item_key"] for item, _ in outcome.conflicts],
        "refused": [item["item_key"] for item, _ in outcome.refused],
        "parts": parts,
    }
    return JSONResponse(said, status_code=200 if outcome.is_clean else 409)


def _of_run(choice: Choice, sight: Sight) -> Choice:
    """The choice, bound to the publication that the page is made from: its links stay consistent with it."""
    return replace(choice, run=sight.publication.run_id)


def _local(path: str) -> str:
    """A path of ours to go back to; anything else is the home page."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if is_ours else "/"


def _came_from(request: Request) -> str:
    """The page of ours that led here, as browsers tell; the home page where they do not."""
    referer = urlsplit(request.headers.get("referer", ""))
    if referer.netloc != request.headers.get("host"):
        return "/"
    return _local(referer.path + (f"?{referer.query}" if referer.query else ""))


def _notice(request: Request) -> str | None:
    number = request.query_params.get("recorded", "")
    if not number.isdecimal() or len(number) > 4:
        return None
    return f"Recorded for {int(number)} item{'s' if int(number) != 1 else ''}."
