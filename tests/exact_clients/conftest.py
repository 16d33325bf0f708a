"""Each foreign client, logged on to a sandbox of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from exact_sandbox.options import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET
from exact_sandbox.server import running_sandbox
from tests.certificates import make_certificate
from tests.exact_clients.environments import NoPackageIndex, python_of
from tests.exact_clients.exact import ANNA, BRAM, DIVISION, SITE, Exact
from tests.exact_clients.foreign_client import ForeignClient


@contextmanager
def at_exact(
    name: str, folder: Path, *, username: str, callback: str, **options: Any
) -> Iterator[ForeignClient]:
    """A sandbox and a client with tokens for it, in the Dutch division."""
    try:
        python = python_of(name)
    except NoPackageIndex as problem:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{problem}, so {name} could not be installed.")
    with running_sandbox(
        redirect_uris=(callback,), minute_limit=100_000, day_limit=1_000_000, **options
    ) as running:
        exact = Exact(running.base_url, options.get("certificate"))
        given = {
            "base_url": exact.base_url,
            "folder": str(folder),
            "site": SITE,
            "client_id": DEFAULT_CLIENT_ID,
            "client_secret": DEFAULT_CLIENT_SECRET,
            "division": DIVISION,
        }
        client = ForeignClient(python, name, exact, given)
        try:
            returned = exact.log_on(client.do("authorize_address"), username)
            client.do("take_code", code=returned["code"])
            yield client
        finally:
            client.stop()


@pytest.fixture(scope="module")
def exactonline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForeignClient]:
    """It takes https addresses only."""
    folder = tmp_path_factory.mktemp("exactonline")
    certificate, key = make_certificate(folder)
    with at_exact(
        "exactonline",
        folder,
        username=ANNA,
        callback=f"{SITE}/oauth/success/",
        certificate=certificate,
        key=key,
    ) as client:
        yield client


@pytest.fixture(scope="module")
def django_exact(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForeignClient]:
    """It trusts the authorities of certifi only, so it comes over http, as its setting for the address may say."""
    with at_exact(
        "django-exact",
        tmp_path_factory.mktemp("django-exact"),
        username=BRAM,
        callback=f"{SITE}/exact/authenticate",
    ) as client:
        yield client


@pytest.fixture(scope="module", params=["exactonline", "django_exact"])
def client(request: pytest.FixtureRequest) -> ForeignClient:
    """Either client, for what both can do."""
    found: ForeignClient = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def exact(client: ForeignClient) -> Exact:
    """The client's sandbox."""
    return client.exact
