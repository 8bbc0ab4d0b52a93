"""Folders that a test can reach as a remote home."""

import pytest

from pipelines.remote.place import Place


@pytest.fixture(params=["file", "s3"])
def url(request, tmp_path) -> str:
    """The URL of an empty folder, on this machine and on the server."""
    return request.getfixturevalue("bucket") if request.param == "s3" else f"file://{tmp_path}/there"


@pytest.fixture
def place(url) -> Place:
    """That folder."""
    return Place(url)
