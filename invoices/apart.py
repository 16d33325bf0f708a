"""What is wrong with one row never holds up the others: it is told in the log, and that row alone waits."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import transaction

from connector.tenancy.write_back import PASSING_FAULTS

logger = logging.getLogger(__name__)


def is_done(work: Callable[[], object], failed: str, **about: int) -> bool:
    """This function will do the work of one row in a savepoint; False when it failed, and nothing of it is written.

    `failed` and `about` (ids) tell the log what it was. A database that is away fails for all rows, and is raised.
    """
    try:
        with transaction.atomic():
            work()
    except PASSING_FAULTS:
        raise
    except Exception:
        logger.exception(failed, extra=about)
        return False
    return True
