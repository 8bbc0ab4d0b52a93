"""One practice, published once; a test that changes something has a copy of its home, and a screen over it."""

import pytest

from tests.review.screen import Screen, open_screening_practice


@pytest.fixture(scope="session")
def screening_practice(tmp_path_factory):
    practice = open_screening_practice(tmp_path_factory.mktemp("screening"))
    practice.night()
    return practice


@pytest.fixture
def practice(screening_practice, tmp_path):
    return screening_practice.copy(tmp_path)


@pytest.fixture
def screen(practice):
    return Screen(practice.home)


@pytest.fixture(scope="session")
def shared_home(screening_practice, tmp_path_factory):
    """A home that nobody decides in."""
    return screening_practice.copy(tmp_path_factory.mktemp("shared")).home


@pytest.fixture
def shared_screen(shared_home):
    """For tests that only look: a screen of their own over the home of all."""
    return Screen(shared_home)
