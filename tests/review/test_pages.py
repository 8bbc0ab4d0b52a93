"""What a reviewer reads: the counts, the rows, the patient, and why something is not there."""

import csv
import io
import re
import shutil
import threading
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest

from pipelines.publish.editions import Editions
from tests.practice import OPENING, low_results
from tests.review.screen import FORMULA, LOW, NASTY, ODD_ID


def shown(page) -> list[str]:
    """The patients on a page, in order."""
    return [unescape(name) for name in re.findall(r'<span class="id">([^<]*)</span>', page.text)]


def counts(page) -> dict[str, int]:
    return {name: int(number) for name, number in re.findall(r'data-count="(\w+)">([\d,]+)<', page.text)}


def test_home_tells_lists_sites_and_feeds(shared_screen):
    page = shared_screen.user("boss").get("/")
    assert page.status_code == 200
    assert "Low vitamin B12, no record of treatment" in page.text
    assert "Riverside" in page.text
    assert "default, labs" in page.text
    assert "Nothing was resolved" in page.text


def test_the_number_on_the_home_page_is_the_number_on_the_list(shared_screen):
    home, listed = shared_screen.user("nora").get("/"), shared_screen.user("nora").get(LOW)
    assert counts(listed)["todo"] == 41
    assert "<b>41</b>" in home.text


@pytest.mark.parametrize(
    ("asked", "people"),
    [
        ("?size=25", 25),
        ("?size=25&page=2", 16),
        ("?size=25&page=3", 0),
        ("?text=person+07", 1),
        ("?text=p07", 1),
        ("?text=100%25", 0),  # a wildcard is a letter like any other
        ("?text=person_07", 0),
        ("?clinician=Dr+A", 21),
        ("?site=Hillview&size=100", 41),
        ("?site=Riverside", 0),
        ("?priority=1", 0),
        ("?priority=2&size=100", 41),
        ("?show=waiting", 0),
        ("?show=all&sort=name&size=100", 41),
    ],
)
def test_filters_leave_what_they_say(shared_screen, asked, people):
    assert len(shown(shared_screen.user("nora").get(LOW + asked))) == people


def test_every_order_shows_every_item_once_over_the_pages(shared_screen):
    nora = shared_screen.user("nora")
    for sort in ("", "due", "listed", "name", "site", "b12", "treatment", "decided"):
        for down in ("", "&down=1"):
            pages = [shown(nora.get(f"{LOW}?size=25&page={page}&sort={sort}{down}")) for page in (1, 2)]
            assert len({*pages[0], *pages[1]}) == 41, sort
            assert len(pages[0]) == 25


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("?text=nobody-has-this-name", "Nothing matches these filters."),
        ("?show=snoozed", "Nothing is snoozed."),
        ("?page=9", "This page is beyond the end of the list."),
    ],
)
def test_an_empty_list_says_why(shared_screen, asked, says):
    assert says in shared_screen.user("nora").get(LOW + asked).text


def test_a_list_without_anybody_says_where_its_numbers_are(shared_screen):
    page = shared_screen.user("nora").get("/list/nitrous_oxide_untested")
    assert "Nobody is on this list." in page.text
    assert "/definitions/nitrous_oxide_untested" in page.text


def test_names_are_shown_as_they_are_written_and_never_run(shared_screen):
    page = shared_screen.user("nora").get(LOW)
    assert NASTY not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


def test_the_patient_list_has_a_row_per_person(shared_screen):
    page = shared_screen.user("boss").get("/patients?size=100")
    assert len(shown(page)) == len(set(shown(page))) == 61


def test_a_patient_page_tells_reason_evidence_source_and_history(shared_screen):
    page = shared_screen.user("nora").get("/patient?id=p07").text.replace("\u00a0", " ")
    assert "Person 07" in page
    assert "Serum B12 120 ng/L on 12 Feb 2024 is low" in page
    assert "labs_000.csv, record 8" in page
    assert "<td>Listed</td>" in page
    assert "12 Feb 2024" in page


def test_anybody_can_be_looked_up_by_identifier_or_name(shared_screen):
    nora = shared_screen.user("nora")
    assert nora.get("/find?q=p07").headers["location"] == "/patient?id=p07"
    assert len(re.findall(r'<th scope="row"><a href="/patient', nora.get("/find?q=person").text)) == 38
    assert "Nobody was found" in nora.get("/find?q=zzz").text


def test_an_odd_identifier_is_an_identifier(shared_screen):
    page = shared_screen.user("nora").get(f"/patient?id={quote(ODD_ID, safe='')}")
    assert page.status_code == 200
    assert "Odd" in page.text


def test_the_export_holds_what_is_seen_with_units_and_no_formula(shared_screen):
    answer = shared_screen.user("nora").get(LOW + "/export.csv?clinician=Dr+A")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 21
    assert rows[0]["hemoglobin (g/L)"] == "150.0"
    assert "'" + FORMULA in {row["display_name"] for row in rows}
    assert answer.headers["content-disposition"] == f'attachment; filename="low_b12_untreated_{OPENING}.csv"'


def test_definitions_tell_why_source_numbers_and_funnel(shared_screen):
    page = shared_screen.user("nora").get("/definitions/low_b12_untreated").text
    assert "NICE NG239" in page
    assert "b12_total.<wbr>mass_low_ng_l" in page, "a long name may break after a dot"
    assert "In scope" in page
    assert "Nobody has decided on an item of this list yet." in page


def test_data_quality_tells_checks_codes_and_runs(shared_screen, screening_practice):
    page = shared_screen.user("vera").get("/quality").text
    assert screening_practice.current["run_id"] in page
    assert "What was read" in page


def test_a_refused_run_puts_a_banner_on_every_page(screen, practice):
    Editions(practice.home).stamp_stale("2024-03-05 02:00:00", "The labs feed fell to a third.")
    for path in ("/", LOW, "/patients", "/definitions", "/quality", "/patient?id=p07"):
        assert "The labs feed fell to a third." in screen.user("nora").get(path).text, path


def test_a_new_publication_appears_and_an_open_page_stays_as_it_was(screen, practice):
    nora = screen.user("nora")
    opened = nora.get(LOW + "?size=25")
    run = practice.current["run_id"]
    on = OPENING - timedelta(days=5)
    treated = [f"p{n:02} | x{n} | Hydroxocobalamin 1 mg injection | {on} | active | {on}" for n in range(40)]
    practice.prescriptions("prescriptions_001.csv", *treated)
    practice.labs("labs_001.csv", *low_results([70]))
    practice.night(1, accept_change=("low_b12_untreated",))

    second = nora.get(f"{LOW}?size=25&page=2&run={run}")
    assert len({*shown(opened), *shown(second)}) == 41
    assert "A newer publication is out." in second.text
    fresh = nora.get(LOW)
    assert shown(fresh) == [ODD_ID]
    assert "A newer publication" not in fresh.text
    assert "treated" in nora.get("/").text  # what was resolved, and why
    assert nora.get(f"{LOW}?run=20200101T000000-aaaaaaaa").status_code == 410


def test_the_patient_page_tells_every_condition_and_what_is_one_away(shared_screen):
    page = shared_screen.user("nora").get("/patient?id=p07").text
    assert "Every condition of this list" in page
    assert "What would close it" in page
    assert "Not eligible" in page
    assert "What fails" in page


def test_the_timeline_is_a_picture_of_our_own(shared_screen):
    picture = shared_screen.user("nora").get("/patient/timeline.svg?id=p07")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "Serum B12" in picture.text
    assert "<script" not in picture.text


def test_the_patient_list_can_be_taken_away_as_it_is_seen(shared_screen):
    answer = shared_screen.user("nora").get("/patients/export.csv?text=person+07")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["person_id"], row["treatment_worklist"]) == ("p07", "low_b12_untreated")


def test_a_comment_is_taken_away_with_its_item(screen):
    screen.user("paul").decide(f"{screen.keys()['p07']}.0", decision="comment", note="Comes on Tuesday.")
    answer = screen.user("nora").get(LOW + "/export.csv?text=person+07")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["comment"], row["comment_by"]) == ("Comes on Tuesday.", "paul")


TABLES = "worklist_item|worklist_patient|care_gap|evidence|item_history|person|measure|measurement|drug_exposure|condition_occurrence"


def test_patients_are_reached_through_the_views_alone():
    """Sites are enforced where the views are made; a query past them would be past that."""
    for path in (Path(__file__).parents[2] / "pipelines" / "review").glob("*.py"):
        if path.name != "sight.py":
            found = re.findall(
                rf"\b(?:FROM|JOIN)\s+(?:{TABLES}|quarantine AS|procedure_occurrence)\b", path.read_text()
            )
            assert found == [], path.name


def test_a_definition_tells_its_course_over_time(screen, practice):
    pytest.importorskip("pipelines.measures")
    with duckdb.connect(str(practice.database.resolve())) as con:
        con.execute(
            """
            CREATE OR REPLACE TABLE measure AS
            SELECT 'low_b12_untreated' AS measure, 'worklist' AS kind, (DATE '2023-08-31' + to_months(m::INTEGER))::DATE AS as_of,
                site, NULL::VARCHAR AS age_band, NULL::VARCHAR AS sex, 100::BIGINT AS eligible, (40 - m)::BIGINT AS open,
                ((40 - m) / 100)::DOUBLE AS share, false AS suppressed, if(m < 3, 'old', 'new') AS definition_hash
            FROM range(6) AS months(m), (VALUES (NULL), ('Hillview'), ('Riverside')) AS sites(site)
            """
        )
    boss, nora, place = screen.user("boss"), screen.user("nora"), "/definitions/low_b12_untreated"
    page = boss.get(place).text.replace("\u00a0", " ")
    assert "All sites together" in page
    assert "6 dates, newest first" in page
    assert '30 Nov 2023</th><td class="n">100</td><td class="n">37</td><td class="n">37.0 %</td>' in page
    assert page.count("the definition changed") == 1
    assert page.count("<td>trend") == 6
    assert boss.get(f"{place}/chart.svg").headers["content-type"] == "image/svg+xml"
    assert "All sites together" not in nora.get(place).text
    assert nora.get(f"{place}/chart.svg").status_code == 404  # of all sites together
    assert nora.get(f"{place}/chart.svg?site=Riverside").status_code == 404
    assert nora.get(f"{place}/chart.svg?site=Hillview").status_code == 200


def test_pages_hold_while_publications_come_and_go(screen, practice):
    """Readers at work while twenty editions replace each other and none is kept: a whole page, or one that says so."""
    editions, answers, done = Editions(practice.home), [], threading.Event()

    def read() -> None:
        nora = screen.user("nora")
        while not done.is_set():
            page = nora.get(LOW + "?size=100")
            answers.append((page.status_code, len(shown(page)) if page.status_code == 200 else 0))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(20):
        run_id = f"20240304T1000{number:02}-aaaaaaaa"
        building = editions.begin(run_id)
        shutil.copytree(editions.link.resolve(), building, dirs_exist_ok=True)
        editions.write_current(building, editions.current() | {"run_id": run_id})
        editions.publish(building, run_id, keep=0)
    done.set()
    for reader in readers:
        reader.join()
    assert set(answers) <= {(200, 41), (503, 0)}
    assert (200, 41) in answers
    assert "20240304T100019" in screen.user("nora").get(LOW).text


@pytest.mark.parametrize("path", [LOW, "/patients", "/patient?id=p07"])
def test_every_page_of_patients_says_on_paper_that_it_holds_their_data(shared_screen, practice, path):
    page = shared_screen.user("nora").get(path).text.replace("\u00a0", " ")
    said = re.findall(r'<p class="print-only">(Run .*?)</p>', page)
    run = practice.current["run_id"]
    assert said == [f"Run {run}, as of 04 Mar 2024. Contains patient data: keep and destroy accordingly."]
