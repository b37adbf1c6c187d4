import pytest

from tests.support.openenv_serving import serving


@pytest.fixture
async def server():
    async with serving() as (url, env):
        yield url, env
