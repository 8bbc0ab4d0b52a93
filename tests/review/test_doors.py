"""Coming in on one's own machine: a link that works once, a session that ends, and a host that must be one's own."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from pipelines.config import Settings, load_settings
from pipelines.errors import B12Error, ConfigurationError
from pipelines.review.app import create_app
from pipelines.review.doors import LoopbackDoor, read_secret
from pipelines.review.server import check_listening, make_room, serve
from tests.review.screen import LOW, Clock

BASE = "http://127.0.0.1:8012"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def links():
    return []


@pytest.fixture
def app(shared_home, clock, links):
    settings = Settings()
    door = LoopbackDoor(settings.review, user="nora", now=clock, announce=links.append)
    return create_app(make_room(shared_home, None, settings, door, now=clock, host="127.0.0.1"))


def browser(app, **more) -> TestClient:
    return TestClient(app, base_url=BASE, follow_redirects=False, **more)


def test_the_link_opens_a_session_once(app, links):
    mine, other = browser(app), browser(app)
    answer = mine.get(links[0])
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert mine.get(LOW).status_code == 200
    assert other.get(links[0]).status_code == 401  # replayed
    assert other.get(LOW).status_code == 401
    assert other.get(links[1]).status_code == 303  # the next one was printed


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "%00", "ключ"])
def test_a_wrong_token_opens_nothing(app, token):
    assert browser(app).get("/enter", params={"token": token}).status_code == 401


def test_guessing_is_stopped_and_the_right_link_waits_out_the_minute(app, links, clock):
    guesser = browser(app)
    assert [guesser.get("/enter?token=x").status_code for _ in range(6)] == [401] * 5 + [429]
    assert guesser.get(links[0]).status_code == 429
    clock.pass_minutes(1.1)
    assert guesser.get(links[0]).status_code == 303


@pytest.mark.parametrize(("minutes", "status"), [(60, 200), (60.1, 401)])
def test_a_session_ends_when_it_rests(app, links, clock, minutes, status):
    mine = browser(app)
    mine.get(links[0])
    clock.pass_minutes(minutes)
    assert mine.get("/").status_code == status


def test_a_session_ends_after_half_a_day_even_in_use(app, links, clock):
    mine = browser(app)
    mine.get(links[0])
    for _ in range(24):
        clock.pass_minutes(30)
        assert mine.get("/").status_code == 200
    clock.pass_minutes(1)
    assert mine.get("/").status_code == 401


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(app, links):
    mine = browser(app)
    mine.get(links[0])
    copy = browser(app, cookies=dict(mine.cookies))
    key = re.search(r'name="form_key" value="([^"]+)"', mine.get("/").text)[1]
    assert mine.post("/leave", data={"form_key": "wrong"}).status_code == 403
    left = mine.post("/leave", data={"form_key": key})
    assert left.status_code == 200
    assert "Your session has ended." in left.text
    assert "Sign out" not in left.text
    assert copy.get("/").status_code == 401


def test_behind_a_proxy_nobody_is_told_that_they_are_signed_out(shared_screen):
    nora = shared_screen.user("nora")
    answer = nora.post("/leave", data={"form_key": nora.form()["form_key"]})
    assert answer.status_code == 409
    assert "You are still signed in" in answer.text
    assert "has ended" not in answer.text


def test_headers_of_a_proxy_mean_nothing_here(app):
    headers = {"X-Forwarded-User": "boss", "X-B12-Secret": "x"}
    assert browser(app).get("/", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("host", "status"), [("127.0.0.1:8012", 200), ("localhost:8012", 200), ("[::1]:8012", 200), ("evil.example", 421)]
)
def test_only_names_of_this_machine_are_answered_to(app, links, host, status):
    mine = browser(app)
    mine.get(links[0])
    assert (
        mine.get("/", headers={"Host": host, "Cookie": f"b12_review={mine.cookies['b12_review']}"}).status_code
        == status
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "b12.example"])
def test_a_network_is_not_served_without_a_proxy(host):
    with pytest.raises(ConfigurationError, match="nothing says who is asking"):
        check_listening(Settings(), host)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_is_served(host):
    check_listening(Settings(), host)


def test_a_taken_port_is_told(shared_home):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(B12Error, match="Give another --port"):
        serve(shared_home, None, host="127.0.0.1", port=taken.getsockname()[1], say=lambda _: None)


def test_a_missing_home_is_told(tmp_path):
    with pytest.raises(B12Error, match="No home folder"):
        serve(tmp_path / "none", None, host="127.0.0.1", port=0, say=lambda _: None)


def test_a_secret_is_read_without_its_line_end_and_must_be_long():
    assert read_secret("file", lambda _: "s" * 24 + "\n") == "s" * 24
    with pytest.raises(ConfigurationError, match="shorter than 24"):
        read_secret("file", lambda _: "s" * 23)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_secret("/none", lambda path: Path(path).read_text())


@pytest.mark.parametrize(
    ("review", "says"),
    [
        ({"grant": [{"user": "a", "role": "lead"}]}, "no \\[review.proxy\\] is set"),
        ({"proxy": {"addresses": ["nowhere"], "secret_file": "x"}}, "is no address or network"),
        ({"proxy": {"addresses": [], "secret_file": "x"}}, "at least 1"),
        (
            {"proxy": {"addresses": ["10.0.0.5"], "secret_file": "x"}, "grant": [{"role": "lead"}]},
            "name one of the two",
        ),
        (
            {"proxy": {"addresses": ["10.0.0.5"], "secret_file": "x"}, "grant": [{"user": "a", "role": "admin"}]},
            "'viewer', 'reviewer' or 'lead'",
        ),
    ],
)
def test_a_wrong_configuration_is_named(review, says):
    with pytest.raises(ValueError, match=says):
        Settings.model_validate({"review": review})


def test_the_command_prints_a_link_serves_and_stops(practice):
    command = [sys.executable, "-u", "-m", "pipelines.cli", "--home", str(practice.home), "review", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        link = re.search(r"http://\S+", server.stdout.readline())[0]
        with httpx.Client(follow_redirects=True) as client:
            assert "What waits today" in client.get(link).text
        server.send_signal(signal.SIGINT)
        _, complaints = server.communicate(timeout=20)
    assert complaints == ""


def test_the_command_refuses_a_network_without_a_proxy(practice):
    command = [sys.executable, "-m", "pipelines.cli", "--home", str(practice.home), "review", "--host", "0.0.0.0"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert refused.returncode == 2
    assert "set [review.proxy] in b12.toml" in refused.stderr


def test_a_wrong_key_of_the_configuration_is_named_with_its_line(tmp_path):
    path = tmp_path / "b12.toml"
    path.write_text('[review]\nsession_minutes = 5\n[review.proxy]\naddresses = ["10.0.0.5"]\nsecret_fil = "x"\n')
    with pytest.raises(ConfigurationError, match="line 5: unknown key 'secret_fil'; nearest is 'secret_file'"):
        load_settings(path)
