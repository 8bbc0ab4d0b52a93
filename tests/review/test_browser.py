"""The screen in a real browser: the reviewer's morning, two reviewers at once, the keyboard alone, a page left open."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from tests.practice import OPENING
from tests.review.screen import HOST, LOW, PROXY, SECRET, Screen, add_month_ends, settings_behind_a_proxy
from tests.sheets.made import opened

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}: apt-get install chromium")


@pytest.fixture(scope="module")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def served(screen: Screen) -> Iterator[str]:
    """The application behind uvicorn, for a browser that plays the proxy too."""
    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(screen.app, log_level="error", lifespan="off", proxy_headers=False, access_log=False)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture
def address(practice):
    settings = settings_behind_a_proxy(practice.home, hosts=["127.0.0.1", HOST])
    proxy = settings.review.proxy.model_copy(update={"addresses": ("127.0.0.1", PROXY)})
    settings = settings.model_copy(update={"review": settings.review.model_copy(update={"proxy": proxy})})
    with served(Screen(practice.home, settings)) as address:
        yield address


@pytest.fixture
def sit_down(chromium, address):
    """Open a browser for a user; what its console complains of fails the test."""
    complaints, contexts = [], []

    def open_page(user: str, width: int = 1280):
        context = chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": 900},
            extra_http_headers={"X-Forwarded-User": user, "X-B12-Secret": SECRET},
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith(address) or complaints.append(request.url))
        return page

    yield open_page
    for context in contexts:
        context.close()
    expected = re.compile("status of 4\d\d")  # the note that a browser makes of an answer that says no
    assert [text for text in complaints if not expected.search(text)] == []


def row(page, person: str):
    return page.locator("[data-rows] tr[data-key]").filter(has=page.locator(".id", has_text=re.compile(f"^{person}$")))


def record(page, person: str, decision: str, **more: str) -> None:
    """Decide on a row in place."""
    row(page, person).get_by_role("link", name=re.compile("^Decide")).click()
    panel = page.locator(".panel")
    panel.get_by_label("Decision").select_option(decision)
    for label, value in more.items():
        field = panel.get_by_label(re.compile(f"^{label}"))
        field.select_option(value) if label == "Reason" else field.fill(value)
    panel.get_by_role("button", name="Record").click()


def test_the_reviewers_morning(sit_down, address):
    page = sit_down("nora")
    page.goto("/")
    page.get_by_role("link", name="Low vitamin B12, no record of treatment").click()
    page.get_by_label("Clinician").select_option("Dr A")
    page.get_by_role("button", name="Filter").click()
    assert page.locator("[data-count=todo]").inner_text() == "21"

    record(page, "p07", "ordered", Note="Form at the desk")
    page.get_by_text("Recorded “ordered” for 1 item.").wait_for()
    assert "Form at the desk" in row(page, "p07").inner_text()
    assert row(page, "p09").evaluate("row => row.classList.contains('here')"), "the next row is at hand"

    record(page, "p09", "not_applicable", Reason="moved")
    page.get_by_text("Recorded “not applicable”").wait_for()
    row(page, "p09").get_by_role("button", name=re.compile("^Undo")).click()
    page.get_by_text("Recorded “undo”").wait_for()

    row(page, "p11").get_by_role("checkbox").check()
    row(page, "p13").get_by_role("checkbox").check()
    bulk = page.locator(".bulk")
    assert "2 rows ticked" in bulk.inner_text()
    bulk.get_by_label("Decision").select_option("snooze")
    bulk.get_by_label(re.compile("^Until")).fill("2024-05-01")
    assert "01 May 2024" in bulk.inner_text()
    bulk.get_by_role("button", name="Record for the ticked rows").click()
    page.get_by_text("Recorded “snooze” for 2 items.").wait_for()

    page.get_by_role("link", name="Snoozed").click()
    assert page.locator("[data-rows] tr[data-key]").count() == 2
    page.get_by_role("link", name="Person 11", exact=True).click()
    assert "snooze until 01 may 2024" in page.locator("main").inner_text().lower().replace("\u00a0", " ")
    page.get_by_label("Look up a patient").fill("p40")
    page.get_by_role("button", name="Look up").click()
    assert "Nobody was found" in page.locator("main").inner_text()


def test_an_incomplete_decision_is_told_where_it_is_made(sit_down):
    page = sit_down("nora")
    page.goto(LOW)
    row(page, "p07").get_by_role("link", name=re.compile("^Decide")).click()
    panel = page.locator(".panel")
    assert not panel.get_by_label(re.compile("^Reason")).is_visible()
    panel.get_by_label("Decision").select_option("not_applicable")
    panel.get_by_role("button", name="Record").click()
    assert panel.get_by_role("alert").inner_text() == "Reason is missing."
    panel.get_by_label("Decision").select_option("comment")
    panel.get_by_role("button", name="Record").click()
    panel.get_by_text("A comment needs a note.").wait_for()


def test_two_reviewers_at_once_and_the_second_sees_the_first(sit_down):
    nora, paul = sit_down("nora"), sit_down("paul")
    nora.goto(LOW)
    paul.goto(LOW)
    record(nora, "p07", "ordered", Note="Blood form sent")
    nora.get_by_text("Recorded “ordered”").wait_for()
    record(paul, "p07", "not_applicable", Reason="declined")
    paul.get_by_text("a colleague decided meanwhile").wait_for()
    said = row(paul, "p07").inner_text()
    assert "Ordered" in said
    assert "nora" in said
    assert "Blood form sent" in said
    record(paul, "p07", "comment", Note="Also called her")  # having seen it, he may add
    paul.get_by_text("Recorded “comment”").wait_for()


def test_a_lead_is_offered_nothing_at_a_site_that_is_not_hers(sit_down):
    page = sit_down("mixed")
    page.goto("/list/all?text=p40")
    assert row(page, "p40").first.get_by_role("link", name=re.compile("^Decide")).count() == 0
    page.goto("/list/all?text=p07")
    assert row(page, "p07").first.get_by_role("link", name=re.compile("^Decide")).count() == 1


def test_the_keyboard_alone_is_enough(sit_down):
    page = sit_down("nora")
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.goto(LOW)
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    here = page.locator("tr.here .id").inner_text()
    page.keyboard.press("d")
    page.keyboard.type("ord")  # chooses "Ordered" in the list of decisions
    page.keyboard.press("Tab")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Recorded “ordered”").wait_for()
    assert "By keyboard" in row(page, here).inner_text()
    page.keyboard.press("k")
    page.keyboard.press("u")
    page.get_by_text("Recorded “undo”").wait_for()
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("p13")
    page.keyboard.press("Enter")
    page.wait_for_url("**text=p13**")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/patient?id=p13")


def test_without_the_script_everything_still_works(chromium, address):
    context = chromium.new_context(
        base_url=address,
        java_script_enabled=False,
        extra_http_headers={"X-Forwarded-User": "nora", "X-B12-Secret": SECRET},
    )
    page = context.new_page()
    page.goto(LOW)
    row(page, "p07").get_by_role("link", name=re.compile("^Decide")).click()
    page.get_by_label("Decision").select_option("ordered")
    page.get_by_role("button", name="Record").click()
    page.get_by_text("Recorded for 1 item.").wait_for()
    assert page.url.startswith(f"{address}{LOW}")
    page.goto(f"{LOW}?show=waiting")
    page.get_by_role("button", name=re.compile("^Undo")).click()
    page.get_by_text("Recorded for 1 item.").wait_for()
    page.goto(LOW)
    row(page, "p08").get_by_role("checkbox").check()
    page.locator(".bulk").get_by_label("Decision").select_option("done")
    page.get_by_role("button", name="Record for the ticked rows").click()
    page.get_by_text("Recorded for 1 item.").wait_for()
    context.close()


def answer_late(page, **answer) -> list:
    """Hold the answers to decisions back; what is given instead of the server's goes out, when each is called."""
    held = []
    page.route("**/decide", lambda route: held.append(lambda: route.fulfill(**answer) if answer else route.continue_()))
    return held


def test_going_on_while_an_answer_is_on_its_way_loses_nothing(sit_down):
    page = sit_down("nora")
    page.goto(LOW)
    held = answer_late(page)
    record(page, "p07", "done")
    row(page, "p09").get_by_role("link", name=re.compile("^Decide")).click()
    page.locator(".panel").get_by_label("Decision").select_option("contacted")
    note = page.locator(".panel").get_by_label(re.compile("^Note"))
    note.fill("Left a message")
    held.pop()()
    page.get_by_text("Recorded “done” for 1 item.").wait_for()
    assert note.input_value() == "Left a message"
    assert note.evaluate("note => note === document.activeElement")


def test_a_refusal_that_comes_late_is_told(sit_down):
    page = sit_down("nora")
    page.goto(LOW)
    held = answer_late(page, status=409, content_type="application/json", body='{"told": "It was not recorded."}')
    record(page, "p07", "done")
    row(page, "p09").get_by_role("link", name=re.compile("^Decide")).click()
    held.pop()()
    page.locator("#told", has_text="It was not recorded.").wait_for()
    assert page.locator(".panel").count() == 1


def test_of_the_ticked_rows_those_not_taken_stay_ticked(sit_down, practice):
    page = sit_down("nora")
    page.goto(LOW)
    for person in ("p07", "p09"):
        row(page, person).get_by_role("checkbox").check()
    on = OPENING - timedelta(days=5)
    practice.prescriptions(
        "prescriptions_001.csv", f"p07 | x7 | Hydroxocobalamin 1 mg injection | {on} | active | {on}"
    )
    practice.night(1)
    page.locator(".bulk").get_by_label("Decision").select_option("done")
    page.get_by_role("button", name="Record for the ticked rows").click()
    page.get_by_text("1 not recorded: It was resolved meanwhile").wait_for()
    assert row(page, "p07").get_by_role("checkbox").is_checked()
    assert not row(page, "p09").get_by_role("checkbox").is_checked()


def test_undoing_keeps_the_place_and_the_counts(sit_down):
    page = sit_down("nora")
    page.goto(LOW)
    record(page, "p07", "not_applicable", Reason="moved")
    page.get_by_text("Recorded “not applicable”").wait_for()
    page.get_by_role("link", name="Not applicable").click()

    def counts() -> list[str]:
        return [page.locator(f"[data-count={name}]").inner_text() for name in ("todo", "new", "dismissed")]

    assert counts() == ["40", "40", "1"]
    row(page, "p07").get_by_role("button", name=re.compile("^Undo")).press("Enter")
    page.get_by_text("Recorded “undo”").wait_for()
    assert counts() == ["41", "41", "0"]
    assert page.evaluate("document.activeElement.matches('[data-decide]')")


def test_the_state_of_a_row_follows_the_decision(sit_down):
    page = sit_down("nora")
    for place in (LOW, "/patient?id=p09"):
        page.goto(place)
        held = page.locator(".item") if "patient" in place else row(page, "p07")
        assert held.locator(".state").inner_text() == "New"
        held.get_by_role("link", name=re.compile("^Decide")).click()
        page.locator(".panel").get_by_label("Decision").select_option("snooze")
        page.locator(".panel").get_by_label(re.compile("^Until")).fill("2024-05-01")
        page.locator(".panel").get_by_role("button", name="Record").click()
        held.locator(".state", has_text="Snoozed").wait_for()
        assert held.locator(".state").count() == 1


def add_second_item(practice, person: str) -> None:
    """Put a person on a second list, which asks for a test."""
    with duckdb.connect(str(practice.database.resolve())) as con:
        con.execute(
            "INSERT INTO worklist_item SELECT * REPLACE ('cause_uninvestigated' AS worklist, 'second' AS item_key) "
            "FROM worklist_item WHERE person_id = ?",
            [person],
        )
        con.execute(
            "UPDATE worklist_patient SET test_worklist = 'cause_uninvestigated', test_item_key = 'second', "
            "test_priority = 2, test_reason = 'No cause is on record.', test_state = 'new' WHERE person_id = ?",
            [person],
        )


def test_the_tabs_of_the_patient_list_follow_every_item_of_a_row(sit_down, practice):
    add_second_item(practice, "p07")
    page = sit_down("nora")
    page.goto("/patients")

    def counts() -> list[str]:
        return [
            page.locator(f"[data-count={name}]").inner_text() for name in ("todo", "new", "waiting", "snoozed", "all")
        ]

    assert counts() == ["41", "41", "0", "0", "41"]
    for place, decision, then in (
        (0, "snooze", ["41", "41", "0", "1", "41"]),
        (1, "done", ["40", "40", "1", "1", "41"]),
    ):
        row(page, "p07").locator(".gap").nth(place).get_by_role("link", name=re.compile("^Decide")).click()
        page.locator(".panel").get_by_label("Decision").select_option(decision)
        if decision == "snooze":
            page.locator(".panel").get_by_label(re.compile("^Until")).fill("2024-05-01")
        page.locator(".panel").get_by_role("button", name="Record").click()
        page.get_by_text(f"Recorded “{decision}” for 1 item.").wait_for()
        assert counts() == then
        assert row(page, "p07").locator(".state").inner_text() == "Snoozed"
    page.reload()
    assert counts() == then


@pytest.mark.parametrize(("asked", "printed"), [("?size=25&page=2", 41), ("?size=25&text=p07", 1), ("?size=500", 41)])
def test_the_whole_list_is_printed(sit_down, asked, printed):
    page = sit_down("nora")
    page.add_init_script("window.print = () => { window.printed = document.querySelectorAll('[data-key]').length; }")
    page.goto(LOW + asked)
    page.get_by_role("link", name="Print").click()
    page.wait_for_function("window.printed")
    assert page.evaluate("window.printed") == printed


def test_a_publication_replaced_under_an_open_page(sit_down, practice):
    page = sit_down("nora")
    page.goto(f"{LOW}?size=25")
    on = OPENING - timedelta(days=5)
    practice.prescriptions(
        "prescriptions_001.csv", f"p07 | x7 | Hydroxocobalamin 1 mg injection | {on} | active | {on}"
    )
    practice.night(1)
    record(page, "p07", "ordered")
    page.get_by_text("It was resolved meanwhile: treated.").wait_for()
    page.get_by_role("link", name="Next").click()
    page.get_by_text("A newer publication is out.").wait_for()
    assert page.locator("[data-rows] tr[data-key]").count() == 16, "the rest of the page that was opened"
    page.get_by_role("link", name="Show the newest").click()
    assert page.locator("[data-count=todo]").inner_text() == "40"


@pytest.mark.parametrize("width", [1280, 768])
def test_a_lead_notes_what_happened_on_the_chart_and_takes_it_back(sit_down, practice, width):
    from axe_playwright_python.sync_playwright import Axe

    add_month_ends(practice)
    page = sit_down("lena", width)
    page.goto("/definitions/low_b12_untreated")
    page.get_by_label("Day", exact=True).fill("2023-11-15")
    page.get_by_label(re.compile("^What happened")).fill("The laboratory changed its assay")
    page.get_by_role("button", name="Add note").click()
    page.get_by_role("cell", name="The laboratory changed its assay").wait_for()
    page.get_by_role("img", name=re.compile("the numbers above it are those of the notes")).wait_for(timeout=30_000)
    check(Axe().run(page), "a chart with a note")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.get_by_role("button", name="Take back note 1").click()
    page.get_by_role("button", name="Take back note 1").wait_for(state="detached")
    assert "The laboratory changed" not in page.locator("main").inner_text()


def test_the_workbook_is_downloaded_from_a_list(sit_down, tmp_path):
    page = sit_down("nora")
    page.goto(f"{LOW}?clinician=Dr+A")
    with page.expect_download() as found:
        page.get_by_role("link", name="Workbook").click()
    assert found.value.suggested_filename == f"low_b12_untreated_{OPENING}.xlsx"
    found.value.save_as(tmp_path / "list.xlsx")
    assert opened(tmp_path / "list.xlsx").sheetnames == ["Patients", "Low B12 untreated", "About this list"]


@pytest.mark.parametrize("width", [1280, 768])
def test_nothing_stands_in_the_way_of_anybody(sit_down, width):
    from axe_playwright_python.sync_playwright import Axe

    page = sit_down("boss", width)
    places = ["/", LOW, "/list/all", "/patients", "/patient?id=p07", "/find?q=person", "/definitions"]
    places += ["/definitions/low_b12_untreated", "/quality", "/audit", f"{LOW}?text=nobody", "/nowhere"]
    for place in places:
        page.goto(place)
        check(Axe().run(page), place)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), place
    page.goto(LOW)
    row(page, "p07").get_by_role("link", name=re.compile("^Decide")).click()
    page.locator(".panel").get_by_label("Decision").select_option("snooze")
    row(page, "p08").get_by_role("checkbox").check()
    check(Axe().run(page), "deciding")


def check(found, place: str) -> None:
    """No finding that axe calls serious or critical."""
    bad = [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for violation in found.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"][:3]
    ]
    assert bad == [], place
