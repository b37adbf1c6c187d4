"""What tests of the demo site need; whoever imports this is skipped where it is not there."""

import pytest

pytest.importorskip("psutil", reason="the site extra is not installed: pip install 'praetor[site]'")
pytest.importorskip("psycopg", reason="the site extra is not installed: pip install 'praetor[site]'")

from praetor.sites.demo.postgres import find_postgres

needs_postgres = pytest.mark.skipif(find_postgres() is None, reason="no PostgreSQL here: apt-get install postgresql")
