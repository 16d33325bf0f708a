"""The database that the processes of the mutants share is made by running this."""

from __future__ import annotations

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_database_of_the_tests_holds_the_walls_of_the_tenants():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_policies")
        assert cursor.fetchone()[0] > 0
