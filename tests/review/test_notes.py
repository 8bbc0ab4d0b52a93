"""Notes on a run chart: written by a lead, read by whoever sees the chart, taken back by an entry of their own."""

import json
import re

import pytest

from pipelines.decisions.chart_notes import CHART_NOTE
from tests.review.screen import PROXY, SECRET, Screen, add_month_ends

PLACE = "/definitions/low_b12_untreated"
WICKED = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def charted(practice) -> Screen:
    """A screen over a practice with six month ends of measures."""
    add_month_ends(practice)
    return Screen(practice.home)


def write(screen: Screen, user: str, note: str = "New assay", site: str = "Hillview", day: str = "2023-12-01", **more):
    """Send the form of the chart; the key is that of the user's own page."""
    client = screen.user(user)
    (key,) = set(re.findall(r'name="form_key" value="(\w+)"', client.get(PLACE).text))
    form = {"form_key": key, "site": site, "on_date": day, "note": note, **more}
    return client.post(f"{PLACE}/note", data=form)


def notes(screen: Screen, user: str, site: str = "Hillview") -> list[str]:
    """What the notes on a chart say."""
    page = screen.user(user).get(f"{PLACE}?site={site}").text.replace("\u00a0", " ")
    return [re.sub(r"\s*<[^>]*>\s*", " ", said).strip() for said in re.findall(r'<td class="noted">(.*?)</td>', page)]


def entries(screen: Screen) -> list[tuple]:
    """Every entry in the database."""
    with screen.log() as log, log.transaction() as con:
        return [(row.site, row.note, row.takes_back, row.written_by) for row in con.execute(CHART_NOTE.select())]


def test_a_lead_notes_what_happened_and_everybody_at_the_chart_reads_it(charted):
    answer = write(charted, "lena")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PLACE}?site=Hillview#notes")
    for user in ("lena", "vera", "nora", "boss"):
        assert notes(charted, user) == ["New assay"], user
    page = charted.user("vera").get(PLACE).text.replace("\u00a0", " ")
    assert '01 Dec 2023</td><td class="noted">New assay</td><td>lena <span class="soft">04 Mar 2024, 09:00' in page
    assert notes(charted, "boss", "Riverside") == []


def test_the_chart_bears_the_number_of_the_note(charted):
    drawn = f"{PLACE}/chart.svg?site=Hillview"
    before = charted.user("vera").get(drawn).text
    write(charted, "lena", day="2023-12-01")
    write(charted, "lena", day="2023-12-01", note="And a new analyzer")
    after = charted.user("vera").get(drawn).text
    assert ">1, 2<" not in before
    assert ">1, 2<" in after
    assert "New assay" not in after


def test_a_note_from_before_the_chart_begins_is_in_the_table_alone(charted):
    drawn = f"{PLACE}/chart.svg?site=Hillview"
    before = charted.user("vera").get(drawn).text
    write(charted, "lena", day="2023-08-30")
    assert charted.user("vera").get(drawn).text == before
    assert notes(charted, "vera") == ["New assay"]
    write(charted, "lena", day="2023-08-31")
    assert charted.user("vera").get(drawn).text != before


def test_a_note_on_all_sites_stands_on_the_chart_of_each(charted):
    assert write(charted, "boss", site="").status_code == 303
    assert notes(charted, "nora") == ["New assay (all sites)"]
    assert notes(charted, "boss", "") == ["New assay"]


@pytest.mark.parametrize(
    ("user", "site", "status"),
    [
        ("boss", "Riverside", 303),
        ("lena", "Riverside", 404),  # not a site of hers
        ("lena", "", 404),  # all sites together are the business of who leads all
        ("nora", "Hillview", 403),
        ("vera", "Hillview", 403),
        ("mixed", "Riverside", 403),
    ],
)
def test_only_a_lead_of_the_site_writes(charted, user, site, status):
    client = charted.user(user)
    key = re.search(r'name="form_key" value="(\w+)"', client.get("/").text)[1]
    form = {"form_key": key, "site": site, "on_date": "2023-12-01", "note": "x"}
    assert client.post(f"{PLACE}/note", data=form).status_code == status
    assert len(notes(charted, "boss", site)) == (status == 303)


def test_who_may_not_write_is_not_asked_to(charted):
    write(charted, "lena")
    for user in ("vera", "nora", "mixed"):
        page = charted.user(user).get(PLACE).text
        assert "Add note" not in page, user
        assert "Take back" not in page, user


def test_a_note_is_taken_back_by_an_entry_and_stays_in_the_database(charted):
    write(charted, "lena")
    assert write(charted, "boss", undo="1").status_code == 303
    assert notes(charted, "vera") == []
    assert entries(charted) == [("Hillview", "New assay", None, "lena"), ("Hillview", None, 1, "boss")]
    again = write(charted, "boss", undo="1")
    assert again.status_code == 409
    assert "not there any more" in again.text
    assert len(entries(charted)) == 2


def test_a_lead_of_one_site_takes_back_nothing_elsewhere(charted):
    write(charted, "boss", site="")
    write(charted, "boss", site="Riverside")
    assert write(charted, "lena", undo="1").status_code == 403  # she reads it
    assert write(charted, "lena", undo="2").status_code == 409  # of this one she is told nothing
    assert len(entries(charted)) == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"note": ""}, "The note is empty."),
        ({"note": "n" * 301}, "300 is the most"),
        ({"day": ""}, "needs the day"),
        ({"day": "2024-03-05"}, "has not come yet"),
    ],
)
def test_an_incomplete_note_is_explained_and_not_recorded(charted, change, says):
    answer = write(charted, "lena", **change)
    assert answer.status_code == 422
    assert says in answer.text
    assert notes(charted, "lena") == []


def test_a_note_comes_back_as_text(charted):
    write(charted, "lena", note=WICKED)
    page = charted.user("vera").get(PLACE).text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


@pytest.mark.parametrize("change", [{"form_key": ""}, {"form_key": "0" * 64}])
def test_a_note_needs_the_key_of_a_page(charted, change):
    assert write(charted, "lena", **change).status_code == 403
    assert notes(charted, "lena") == []


def test_an_unknown_list_or_note_is_not_found(charted):
    client = charted.user("lena")
    key = re.search(r'name="form_key" value="(\w+)"', client.get("/").text)[1]
    form = {"form_key": key, "site": "Hillview", "on_date": "2023-12-01", "note": "x"}
    assert client.post("/definitions/nothing/note", data=form).status_code == 404
    assert write(charted, "lena", undo="1 OR 1=1").status_code == 409


def test_notes_are_in_the_audit_log(charted):
    write(charted, "lena")
    write(charted, "boss", undo="1")
    (path,) = (charted.home / "audit").iterdir()
    told = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(entry["who"], entry["did"], entry["site"]) for entry in told] == [
        ("lena", "noted on chart", "Hillview"),
        ("boss", "took back chart note", "Hillview"),
    ]
    assert {entry["from"] for entry in told} == {PROXY}
    assert SECRET not in path.read_text()


def test_a_note_that_cannot_be_recorded_in_the_audit_log_is_not_taken(charted):
    client = charted.user("lena")
    key = re.search(r'name="form_key" value="(\w+)"', client.get("/").text)[1]
    (charted.home / "audit").write_text("in the way")
    form = {"form_key": key, "site": "Hillview", "on_date": "2023-12-01", "note": "x"}
    assert client.post(f"{PLACE}/note", data=form).status_code == 503
    assert notes(charted, "lena") == []
