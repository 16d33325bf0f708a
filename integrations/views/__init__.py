"""The pages of the App Marketplace and of connections."""

from __future__ import annotations
