"""Exact Online as a library: one client, typed rows in and out; knows neither Django nor a database.

How to add a resource: its path in `endpoints`, a module with a `Row` per shape (see `rows`) and one function per
call, each with the link of Exact's page above it, and the unhappy answers in its tests.
"""

from __future__ import annotations
