"""OData version 2 as Exact Online speaks it: query options, filters and envelopes."""

from __future__ import annotations
