"""Find the browser that the browser tests drive."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "Browser tests need Chromium: install the package chromium, or set CHROMIUM to its path."


def find() -> str | None:
    """This function will return the path of Chromium, or None."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)
