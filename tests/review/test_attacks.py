"""Attacks tried, and their answers. Each row says what somebody might send, and what comes back; no row gets through.

``docs/review/attacks.md`` is made of this file: the docstring of a test says what is tried, its name what holds, and
the comment behind a row why it is there.
"""

import json
import re
from html import unescape

import pytest
from starlette.routing import Mount

from pipelines.profile import sources
from pipelines.review.limits import LARGEST_FORM
from tests.review.screen import LOW, PROXY, SECRET, Screen, Seat, settings_behind_a_proxy

GATED = [
    "/", LOW, "/list/all", f"{LOW}/export.csv", f"{LOW}/export.xlsx", "/patients", "/patient?id=p07", "/find?q=p07", "/definitions",
    "/patients/export.csv", "/patients/export.xlsx", "/patient/timeline.svg?id=p07",
    "/definitions/low_b12_untreated", "/quality", "/audit", "/decide?item=x.0",
]  # fmt: skip


def seat(screen: Screen, address: str = PROXY, **headers: str) -> Seat:
    """A client with these headers; an underscore stands for a dash."""
    return Seat(screen.app, {name.replace("_", "-"): value for name, value in headers.items()}, address)


@pytest.mark.parametrize("path", GATED)
@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("203.0.113.9", {"X_Forwarded_User": "boss", "X_B12_Secret": SECRET}, 403),  # not the proxy
        (PROXY, {"X_Forwarded_User": "boss"}, 403),  # the proxy's machine, without the secret
        (PROXY, {"X_Forwarded_User": "boss", "X_B12_Secret": SECRET[:-1]}, 403),
        (PROXY, {"X_Forwarded_User": "boss", "X_B12_Secret": SECRET + "x"}, 403),
        ("203.0.113.9", {"X_Forwarded_User": "boss", "X_Forwarded_For": PROXY, "X_B12_Secret": SECRET}, 403),
        (PROXY, {"X_Forwarded_User": "", "X_B12_Secret": SECRET}, 403),  # nobody
        (PROXY, {"X_Forwarded_User": "mallory", "X_B12_Secret": SECRET}, 403),  # somebody without a grant
        (PROXY, {"X_Forwarded_User": "mallory", "X_Forwarded_Groups": "pharm", "X_B12_Secret": SECRET}, 403),
        (PROXY, {"X_Forwarded_User": "boss", "X_B12_Secret": SECRET, "Host": "evil.example"}, 421),  # rebinding
    ],
)
def test_nobody_gets_in_by_forged_headers(shared_screen, path, address, headers, status):
    """Headers that a proxy would send, sent by somebody else, or by the proxy for somebody without access."""
    answer = seat(shared_screen, address, **headers).get(path)
    assert answer.status_code == status
    assert "Person" not in answer.text


def test_two_headers_of_one_name_are_refused(shared_screen):
    """`X-Forwarded-User` twice in one request, first somebody with little access, then a lead of every site."""
    with Seat(shared_screen.app, {}) as client:
        headers = [("X-Forwarded-User", "vera"), ("X-Forwarded-User", "boss"), ("X-B12-Secret", SECRET)]
        assert client.get("/", headers=headers).status_code == 400


def test_wrong_secrets_are_slowed_down_and_forgotten_after_a_minute(shared_screen):
    """The shared secret guessed seven times in a row, and again after a minute."""
    forged = seat(shared_screen, "203.0.113.9", X_Forwarded_User="boss", X_B12_Secret="guess")
    assert [forged.get("/").status_code for _ in range(7)] == [403] * 5 + [429] * 2
    assert forged.get("/").headers["retry-after"] == "60"
    shared_screen.clock.pass_minutes(1.1)
    assert forged.get("/").status_code == 403
    assert shared_screen.user("boss").get("/").status_code == 200


def test_wrong_secrets_from_the_address_of_the_proxy_shut_nobody_out(shared_screen):
    """The shared secret guessed again and again from the address that every user comes from."""
    forged = seat(shared_screen, PROXY, X_Forwarded_User="boss", X_B12_Secret="guess")
    assert [forged.get("/").status_code for _ in range(7)] == [403] * 5 + [429] * 2
    assert shared_screen.user("boss").get("/").status_code == 200
    assert forged.get("/").status_code == 429


OTHER_SITE = [
    ("/patient?id=p40", 404),
    ("/patient?id=p58", 404),  # of unknown site
    ("/find?q=p40", 200),
    (f"{LOW}?text=p40", 200),
    (f"{LOW}?site=Riverside", 200),
    (f"{LOW}?site=%28not+known%29", 200),
    ("/patients?text=p40&show=all", 200),
    (f"{LOW}/export.csv?text=p40", 200),
    ("/list/all/export.csv", 200),
    ("/patients/export.csv", 200),
    ("/patient/timeline.svg?id=p40", 404),
]


@pytest.mark.parametrize(("path", "status"), OTHER_SITE)
@pytest.mark.parametrize("user", ["nora", "lena"])
def test_a_patient_of_another_site_is_neither_shown_nor_confirmed(shared_screen, user, path, status):
    """A reviewer and a lead of Hillview ask for patients of Riverside and of unknown site."""
    answer = shared_screen.user(user).get(path)
    assert answer.status_code == status
    for secret in ("Person 40", "Person 57", "p58", "p59"):
        assert secret not in answer.text.replace("/patient?id=", "")


def test_of_an_unknown_patient_and_of_one_elsewhere_the_same_is_said(shared_screen):
    """The two answers held beside each other, to learn whether somebody is a patient elsewhere."""
    nora = shared_screen.user("nora")
    assert nora.get("/patient?id=p40").text == nora.get("/patient?id=nobody").text


def test_counts_are_of_the_sites_that_one_may_see(shared_screen):
    """Counts and funnels read for what they say of other sites."""
    assert "Riverside" not in shared_screen.user("nora").get("/").text
    funnel = shared_screen.user("nora").get("/definitions/low_b12_untreated").text
    assert re.search(r'Open</th><td class="n">41<', funnel)
    assert re.search(
        r'Open</th><td class="n">61<', shared_screen.user("boss").get("/definitions/low_b12_untreated").text
    )


VIEWER_MAY_NOT = [
    ("GET", f"{LOW}/export.csv", 403),
    ("GET", f"{LOW}/export.xlsx", 403),
    ("GET", "/patients/export.csv", 403),
    ("GET", "/patients/export.xlsx", 403),
    ("GET", "/decide?item=x.0", 403),
    ("POST", "/decide", 403),
    ("POST", "/definitions/low_b12_untreated/note", 403),
    ("GET", "/audit", 403),
]


@pytest.mark.parametrize(("method", "path", "status"), VIEWER_MAY_NOT)
def test_a_viewer_only_looks(shared_screen, method, path, status):
    """Whatever changes or takes away, asked for by a viewer."""
    assert shared_screen.user("vera").request(method, path).status_code == status


def test_a_viewer_is_offered_nothing_to_change(shared_screen):
    """The page of a viewer, searched for controls."""
    page = shared_screen.user("vera").get(LOW).text
    for control in ("data-decide", '<form class="bulk"', "export.csv", "export.xlsx", 'type="checkbox"'):
        assert control not in page


def test_a_role_holds_only_at_the_sites_it_was_given_for(screen):
    """A reviewer at one site and viewer at another decides on both and takes both away."""
    mixed, keys = screen.user("mixed"), screen.keys()
    assert mixed.get("/patient?id=p40").status_code == 200
    answer = mixed.decide(f"{keys['p40']}.0", f"{keys['p07']}.0", path="/list/all")
    assert "Your role at this site is to read, not to decide." in answer.text
    assert screen.decisions() == [("p07", "done", "mixed")]
    assert b"p40" not in mixed.get(f"{LOW}/export.csv").content


def test_the_audit_log_is_for_a_lead_of_every_site(shared_screen):
    """The audit log, which names patients of every site, asked for by a lead of one."""
    assert shared_screen.user("lena").get("/audit").status_code == 404
    assert shared_screen.user("boss").get("/audit").status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"form_key": ""}, 403),
        ({"form_key": "0" * 64}, 403),
        ({"form_key": "ключ"}, 403),
        ({"run": "../../../etc"}, 410),
        ({"run": "20200101T000000-aaaaaaaa"}, 410),
        ({"item": []}, 400),
        ({"item": ["x"]}, 400),
        ({"item": ["x.-1"]}, 400),
        ({"item": ["x.99999999999999999999"]}, 400),
        ({"item": ["'; DROP TABLE worklist_item; --.0"]}, 409),
        ({"item": [f"k{n}.0" for n in range(501)]}, 400),
        ({"item": [f"k{n}.0" for n in range(601)]}, 400),
        ({"note": "n" * 1_000_000}, 413),
        ({"note": "n" * LARGEST_FORM}, 413),
        ({"back": "https://evil.example/"}, 303),
        ({"back": "//evil.example/"}, 303),
        ({"back": "/\\evil.example"}, 303),
        ({"back": "/list/all\r\nSet-Cookie: x=1"}, 303),
    ],
)
def test_a_changed_form_does_nothing_it_should_not(screen, change, status):
    """The form of a decision with one field changed on its way."""
    nora = screen.user("nora")
    fields = {**nora.form(), "item": [f"{screen.keys()['p07']}.0"], "decision": "done", **change}
    answer = nora.post("/decide", data=fields)
    assert answer.status_code == status, answer.text
    if status == 303:
        assert answer.headers["location"] == "/?recorded=1"
        assert "set-cookie" not in answer.headers
    else:
        assert screen.decisions() == []


def test_a_form_without_a_length_is_cut_at_the_limit(shared_screen):
    """A form of a megabyte that does not say how long it is."""

    def endless():
        for _ in range(100):
            yield b"note=" + b"n" * 10_000 + b"&"

    answer = shared_screen.user("nora").post(
        "/decide", content=endless(), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 413


def test_a_file_in_a_form_is_refused(shared_screen):
    """A file in place of a field."""
    answer = shared_screen.user("nora").post(
        "/decide", data=shared_screen.user("nora").form(), files={"note": b"x" * 10}
    )
    assert answer.status_code == 400
    assert shared_screen.decisions() == []


def test_a_form_from_another_site_is_refused_even_with_the_key(screen):
    """A page elsewhere sends the form through the browser of a reviewer, and knows the key."""
    nora = screen.user("nora")
    fields = {**nora.form(), "item": [f"{screen.keys()['p07']}.0"], "decision": "done"}
    assert nora.post("/decide", data=fields, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert screen.decisions() == []


def test_the_key_of_a_colleague_does_not_fit(screen):
    """The form with the key of another user."""
    fields = {**screen.user("paul").form(), "item": [f"{screen.keys()['p07']}.0"], "decision": "done"}
    assert screen.user("nora").post("/decide", data=fields).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{LOW}?sort=1%3BDROP+TABLE+person", 400),
        (f"{LOW}?sort=rank,(SELECT+1)", 400),
        (f"{LOW}?show=todo'+OR+1=1", 400),
        (f"{LOW}?priority=1+OR+1=1", 400),
        (f"{LOW}?page=-1", 400),
        (f"{LOW}?page=1e9", 400),
        (f"{LOW}?page=99999999999999", 400),
        (f"{LOW}?size=1000000", 400),
        (f"{LOW}?text=" + "a" * 201, 400),
        (f"{LOW}?site=Hillview'+OR+'1'='1", 200),
        (f"{LOW}?text='+UNION+SELECT+*+FROM+person+--", 200),
        ("/list/low_b12_untreated'+OR+'1'='1", 404),
        ("/list/..%2F..%2Fdecisions.db", 404),
        ("/list/person", 404),
        ("/patient?id='+OR+'1'='1", 404),
        ("/find?q=%25", 200),
        (f"{LOW}?run=..%2F..%2F", 410),
        (f"{LOW}?run=.building-x", 410),
        ("/static/../app.py", 404),
        ("/static/%2e%2e/app.py", 404),
        ("/static/..%2f..%2fcli.py", 404),
        ("/static//etc/passwd", 404),
        ("/docs", 404),
        ("/openapi.json", 404),
        ("/enter?token=x", 404),  # there is no such door behind a proxy
    ],
)
def test_addresses_do_not_reach_further_than_they_should(shared_screen, path, status):
    """SQL, wildcards, paths and numbers beyond every page, in addresses."""
    answer = shared_screen.user("nora").get(path)
    assert answer.status_code == status, answer.text
    assert "Person 4" not in answer.text
    assert "import " not in answer.text


def test_what_a_visitor_writes_comes_back_as_text(screen):
    """HTML in a note and in a search."""
    nora, wicked = screen.user("nora"), '"><img src=x onerror=alert(1)>'
    nora.decide(f"{screen.keys()['p07']}.0", decision="ordered", note=wicked)
    pages = [f"{LOW}?show=waiting", "/patient?id=p07", "/find?q=%22%3E%3Cimg", f"{LOW}?text=%22%3E%3Cimg"]
    for path in pages:
        assert "<img src=x" not in nora.get(path).text, path


def test_every_answer_carries_the_headers_and_only_the_look_may_be_kept(shared_screen):
    """Answers of every kind, errors included, read for a header that is missing: caching, framing, content policy."""
    nora = shared_screen.user("nora")
    for path in ("/", LOW, "/patient?id=p07", "/patient?id=p40", "/nowhere", f"{LOW}/export.csv", f"{LOW}?sort=x"):
        headers = nora.get(path).headers
        assert headers["cache-control"] == "no-store", path
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
    page = nora.get(LOW).text
    for kept in re.findall(r"/static/[^\"]+", page):
        answer = nora.get(kept)
        assert "immutable" in answer.headers["cache-control"], kept
        again = nora.get(kept, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.headers["cache-control"]) == (304, answer.headers["cache-control"])
    look = re.search(r"review\.css(\?v=\w+)", page)[1]
    for path in ("/static/review.css", "/static/review.css?v=000000000000", f"/static/none.css{look}", f"/{look}"):
        assert nora.get(path).headers["cache-control"] == "no-store", path


def test_no_page_holds_what_its_policy_forbids_or_asks_another_host(shared_screen):
    """Pages searched for inline script and style, and for anything from another host but links to the sources."""
    for path in GATED[:-1]:
        answer = shared_screen.user("boss").get(path)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        page = answer.text
        assert not re.search(r"<style|style=|<script(?! src=\"/static/)|\son\w+=|javascript:", page), path
        elsewhere = re.findall(r'href="(?!/|#)([^"]*)"', page)
        assert set(map(unescape, elsewhere)) <= {document.url for document in sources().values()}, path
        assert not re.findall(r'(?:src|action)="(?!/)', page), path


def test_every_route_says_whom_it_is_for(shared_screen):
    """Every route of the application, searched for one that forgot to say which role it needs."""
    open_to_all = {"/enter"}
    for part in shared_screen.app.routes:
        for route in getattr(getattr(part, "original_router", None), "routes", [part]):
            if isinstance(route, Mount):
                assert route.path == "/static"
            elif route.path not in open_to_all:
                assert route.endpoint.needs in ("viewer", "reviewer", "lead"), route.path


def test_every_view_and_export_is_in_the_audit_log(screen, practice):
    """Patients looked at in every way there is, to leave no trace."""
    nora = screen.user("nora")
    for path in (LOW, "/patients", "/patient?id=p07", "/find?q=person", f"{LOW}/export.csv", "/decide?item=x.0"):
        nora.get(path)
    nora.decide(f"{screen.keys()['p07']}.0")
    (path,) = (practice.home / "audit").iterdir()
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    told = [(entry["who"], entry["did"], len(entry["persons"])) for entry in entries]
    assert told == [
        ("nora", "list", 40),
        ("nora", "patients", 40),
        ("nora", "patient", 1),
        ("nora", "search", 38),
        ("nora", "export", 41),
        ("nora", "list", 40),
        ("nora", "decided done", 1),
    ]
    assert entries[2]["persons"] == ["p07"]
    assert entries[2]["from"] == PROXY
    assert (path.name, oct(path.stat().st_mode)[-3:]) == ("2024-03.jsonl", "600")


def test_nothing_is_shown_that_cannot_be_recorded(screen, practice):
    """The audit log made unwritable, then a list asked for."""
    (practice.home / "audit").write_text("in the way")
    answer = screen.user("nora").get(LOW)
    assert answer.status_code == 503
    assert "The audit log cannot be written" in answer.text
    assert "Person" not in answer.text


def test_an_error_of_ours_tells_a_reference_and_no_patient(screen, monkeypatch, caplog):
    """A fault inside the program whose message names a patient."""

    def burst(*_: object) -> None:
        raise RuntimeError("p07 Person 07 120 ng/L")

    monkeypatch.setattr("pipelines.review.routes_patients.patient_of", burst)
    answer = screen.user("nora").get("/patient?id=p07")
    assert answer.status_code == 500
    reference = re.search(r"Reference: <strong[^>]*>(\w{8})<", answer.text)[1]
    assert reference in caplog.text
    assert "RuntimeError" in caplog.text
    assert answer.headers["cache-control"] == "no-store"
    for patient in ("p07", "Person 07", "120 ng/L"):
        assert patient not in answer.text
        assert patient not in caplog.text


def test_before_the_first_publication_the_page_says_so(practice):
    """The screen opened before anything is published."""
    (practice.home / "published").unlink()
    answer = Screen(practice.home).user("nora").get("/")
    assert answer.status_code == 503
    assert "Nothing is published yet" in answer.text


def test_a_publication_that_vanishes_is_told(practice):
    """The published file removed under the running server."""
    (practice.home / "published").resolve().joinpath("b12.duckdb").unlink()
    answer = Screen(practice.home).user("nora").get(LOW)
    assert answer.status_code == 503
    assert "cannot be opened just now" in answer.text


def test_behind_a_proxy_without_names_any_name_is_answered_to(practice):
    """Another host name, where the configuration leaves the names to the proxy."""
    screen = Screen(practice.home, settings_behind_a_proxy(practice.home, hosts=[]))
    assert screen.user("nora", Host="other.example").get("/").status_code == 200
