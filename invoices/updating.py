"""Update existing: brings the newest copy in Exact to what the invoice says now, changing only what differs.

It converges: Exact's entry is read, compared, and the differences are written one call each. After a lost answer it
is read again, so nothing has to be remembered and nothing is written twice.
"""

from __future__ import annotations

from integrations.lane_work import LaneJob
from invoices.models import CopyRequest


def step(job: LaneJob, request: CopyRequest) -> None:
    """This function will take an update one step further."""
    raise NotImplementedError
