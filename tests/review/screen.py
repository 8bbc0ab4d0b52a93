"""The review screen for tests: a real publication of a small practice, a real decision log, and people who sit at it."""

import re
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import duckdb
from fastapi.testclient import TestClient

from pipelines.config import Settings
from pipelines.decisions import DecisionLog, log_url
from pipelines.duck import reading_connection
from pipelines.review.app import create_app
from pipelines.review.doors import ProxyDoor
from pipelines.review.server import make_room
from tests.practice import OPENING, Practice, blood_counts, low_results, metformin

PROXY = "10.0.0.5"
SECRET = "a-secret-that-only-the-proxy-knows"
HOST = "b12.example"
NASTY = "<script>alert(1)</script>"
FORMULA = "=HYPERLINK(1)"
ODD_ID = "x/../%00'; DROP TABLE person;--"
LOW = "/list/low_b12_untreated"

GRANTS = (
    {"user": "nora", "role": "reviewer", "sites": ["Hillview"]},
    {"user": "paul", "role": "reviewer", "sites": ["Hillview"]},
    {"user": "vera", "role": "viewer", "sites": ["Hillview"]},
    {"user": "lena", "role": "lead", "sites": ["Hillview"]},
    {"group": "pharmacists", "role": "reviewer"},
    {"user": "boss", "role": "lead"},
    {"user": "mixed", "role": "reviewer", "sites": ["Hillview"]},
    {"user": "mixed", "role": "viewer", "sites": ["Riverside"]},
)

PATIENTS = "patient_id | birth_date | sex | site | clinician | display_name"


def open_screening_practice(folder: Path) -> Practice:
    """People with low B12: p00 to p39 at Hillview and one of odd name, p40 to p57 at Riverside, two of unknown site."""
    practice = Practice(folder)
    everyone = range(60)
    lows = [*low_results(everyone), low_results([98])[0].replace("p98", ODD_ID)]
    practice.labs("labs_000.csv", *lows, *blood_counts(everyone, weeks_ago=range(8)))
    practice.prescriptions("prescriptions_000.csv", *metformin(range(5)))
    names = {0: NASTY, 1: FORMULA}
    rows = [
        f"p{n:02} | 1960-03-{n % 28 + 1:02} | F | {'Hillview' if n < 40 else 'Riverside'} | Dr {'A' if n % 2 else 'B'} "
        f"| {names.get(n, f'Person {n:02}')}"
        for n in range(58)
    ]
    practice.put("patients_000.csv", "\n".join([PATIENTS, *rows, f"{ODD_ID} | 1970-01-01 | M | Hillview | Dr A | Odd"]))
    return practice


def add_month_ends(practice: Practice) -> None:
    """Measures of six month ends before the publication, of all sites together and of two."""
    with duckdb.connect(str(practice.database.resolve())) as con:
        con.execute(
            """
            INSERT INTO measure
            SELECT 'low_b12_untreated', 'worklist', (DATE '2023-08-31' + to_months(m::INTEGER))::DATE, site, NULL, NULL,
                100, 40 - m, (40 - m) / 100, false, 'same'
            FROM range(6) AS months(m), (VALUES (NULL), ('Hillview'), ('Riverside')) AS sites(site)
            """
        )


def settings_behind_a_proxy(home: Path, **review: object) -> Settings:
    """Settings with the grants above."""
    proxy = {"addresses": [PROXY], "secret_file": str(home / "proxy-secret")}
    return Settings.model_validate({"review": {"proxy": proxy, "grant": GRANTS, "hosts": [HOST], **review}})


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.time = datetime.combine(OPENING, datetime.min.time()) + timedelta(hours=9)

    def __call__(self) -> datetime:
        return self.time

    def pass_minutes(self, minutes: float) -> None:
        self.time += timedelta(minutes=minutes)


class Screen:
    """The application over a home folder, behind a proxy, and clients for its users."""

    def __init__(self, home: Path, settings: Settings | None = None) -> None:
        self.home = home
        self.clock = Clock()
        self.settings = settings or settings_behind_a_proxy(home)
        review = self.settings.review
        door = ProxyDoor(review, review.proxy, secret=SECRET, now=self.clock)
        self.room = make_room(home, None, self.settings, door, now=self.clock, host="127.0.0.1")
        self.app = create_app(self.room)

    def user(self, name: str, *groups: str, **more: str) -> "Seat":
        """A client that comes through the proxy as this user."""
        headers = {"X-Forwarded-User": name, "X-Forwarded-Groups": ",".join(groups), "X-B12-Secret": SECRET, **more}
        return Seat(self.app, headers)

    def log(self) -> DecisionLog:
        """The decision log."""
        return DecisionLog.open(log_url(self.settings, self.home))

    def decisions(self) -> list[tuple]:
        """Person, decision and author of every entry, in order."""
        return self.log().read().select("person_id", "decision", "decided_by").rows()

    def keys(self, worklist: str = "low_b12_untreated") -> dict[str, str]:
        """The item keys of a list, by person."""
        with reading_connection(self.home / "published" / "b12.duckdb") as con:
            found = con.execute("SELECT person_id, item_key FROM worklist_item WHERE worklist = ?", [worklist])
            return dict(found.fetchall())


class Seat(TestClient):
    """A client with the little that a browser does: it takes the hidden fields of a form along."""

    def __init__(self, app: object, headers: dict[str, str], address: str = PROXY) -> None:
        super().__init__(
            app, base_url=f"https://{HOST}", headers=headers, client=(address, 50_000), follow_redirects=False
        )

    def form(self, path: str = LOW) -> dict[str, str]:
        """The hidden fields of the form on a page."""
        page = self.get(path)
        assert page.status_code == 200, page.text
        form = page.text[page.text.index('id="rows"') :]
        found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
        return {name: unescape(value) for name, value in found[:3]}

    def decide(self, *items: str, decision: str = "done", path: str = LOW, **more: str):
        """Send the form of a page for these items, each ``key.latest``."""
        return self.post("/decide", data={**self.form(path), "item": list(items), "decision": decision, **more})
