"""The drift report (B-5): whether Exact's books and the invoices here say the same, by period and connection. No calls.

Our side is the invoice as it is now; Exact's is what `invoices.booked` kept of the last reading of its document and, for what
has no invoice here, the mirrored payment terms.
"""

from __future__ import annotations
