"""An S3-compatible server, started once for all tests that ask for it."""

import logging
from itertools import count

import pytest

from pipelines.remote.place import Place


@pytest.fixture(scope="session")
def s3_server():
    """The server, with address and keys in the environment, where the product looks for them."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "a key of nobody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "a secret of nobody")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        import s3fs

        s3fs.S3FileSystem().mkdir("clinic")
        yield server
    server.stop()


NUMBER = count()


@pytest.fixture
def bucket(s3_server) -> str:
    """The URL of an empty folder on the server."""
    return f"s3://clinic/home-{next(NUMBER)}"


@pytest.fixture(params=["file", "s3"])
def url(request, tmp_path) -> str:
    """The URL of an empty folder, on this machine and on the server."""
    return request.getfixturevalue("bucket") if request.param == "s3" else f"file://{tmp_path}/there"


@pytest.fixture
def place(url) -> Place:
    """That folder."""
    return Place(url)
