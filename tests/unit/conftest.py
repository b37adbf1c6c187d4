"""What tests of several rooms share."""

from collections.abc import Iterator

import pytest

from tests.support.small_site import SmallSite


@pytest.fixture
def site() -> Iterator[SmallSite]:
    """On loopback, well, until the test is over; who dials it says by itself that it may."""
    site = SmallSite()
    yield site
    site.close()
