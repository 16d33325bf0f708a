"""The forms of the App Marketplace. Every choice comes from our copies of Exact's lists, never from Exact itself."""

from __future__ import annotations
