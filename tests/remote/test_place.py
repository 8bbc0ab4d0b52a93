"""A folder that fsspec can reach: what is written is whole, and of two who write at once one is told so."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from pipelines.errors import B12Error, ConfigurationError
from pipelines.remote.place import Changed, Place


def test_what_is_uploaded_is_listed_and_downloaded_again(place, tmp_path):
    (tmp_path / "a").write_text("one")
    (tmp_path / "b").write_text("two")
    place.upload({"x/a": tmp_path / "a", "x/y/b": tmp_path / "b", "z": tmp_path / "a"})
    assert sorted(place.versions("x")) == ["x/a", "x/y/b"]
    place.download({"x/a": tmp_path / "here" / "a", "x/y/b": tmp_path / "here" / "b"})
    assert {path.name: path.read_text() for path in (tmp_path / "here").iterdir()} == {"a": "one", "b": "two"}
    place.remove("x/a", "x/none")
    assert sorted(place.versions("x")) == ["x/y/b"]


def test_nothing_is_listed_or_read_where_nothing_is(place):
    assert place.versions("x") == {}
    assert place.read("x/a") is None
    place.upload({})
    place.download({})


def test_a_mark_changes_with_the_content(place):
    assert place.create("a", b"one")
    first = place.versions("a")["a"]
    assert place.read("a") == (b"one", first)
    place.replace("a", b"two!", first)
    assert place.read("a")[0] == b"two!"
    assert place.versions("a")["a"] != first


def test_of_many_who_create_one_file_one_is_told_that_it_did(place):
    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda number: place.create("lock", str(number).encode()), range(8)))
    assert sum(told) == 1
    assert place.read("lock")[0] == str(told.index(True)).encode()


def test_a_file_is_not_replaced_when_somebody_else_wrote_it_since(place):
    place.create("a", b"one")
    mark = place.read("a")[1]
    place.replace("a", b"somebody's", mark)
    with pytest.raises(Changed, match="/a was changed by somebody else"):
        place.replace("a", b"mine", mark)
    with pytest.raises(Changed, match="/a was changed by somebody else"):
        place.replace("a", b"mine", None)  # who read that there was none
    assert place.read("a")[0] == b"somebody's"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("memory://home", "ends with this process"),
        ("https://example.org/home", "cannot be written"),
        ("nothing://home", "no address that can be understood"),
        ("ftp://me:secret@localhost/home", "^The address of a folder on ftp:// holds a password"),
    ],
)
def test_a_home_that_cannot_be_is_refused(url, says):
    with pytest.raises(ConfigurationError, match=says):
        Place(url)


def test_a_server_that_does_not_answer_at_once_is_named():
    with pytest.raises(B12Error, match=r"ftp://127\.0\.0\.1:1/home cannot be reached \(ConnectionRefusedError\)"):
        Place("ftp://127.0.0.1:1/home")


def test_a_bucket_that_does_not_exist_and_keys_that_are_missing_are_told_without_the_keys(s3_server, tmp_path):
    (tmp_path / "a").write_text("one")
    with pytest.raises(B12Error, match=r"s3://no-such-bucket/home cannot be written \(FileNotFoundError\)") as told:
        Place("s3://no-such-bucket/home").upload({"a": tmp_path / "a"})
    assert "AWS_ENDPOINT_URL" in str(told.value)
    assert "nobody" not in str(told.value)
