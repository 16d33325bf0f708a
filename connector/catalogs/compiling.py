"""Makes of each catalog the file that the program reads."""

from __future__ import annotations

import os
from tempfile import NamedTemporaryFile

from babel.messages.mofile import write_mo

from connector.catalogs import files


def compile_stale() -> None:
    """This function will compile the catalogs that changed since they were compiled."""
    for language in files.LANGUAGES:
        source = files.path_of(language)
        target = source.with_suffix(".mo")
        changed_at = source.stat().st_mtime_ns
        if target.exists() and target.stat().st_mtime_ns == changed_at:
            continue
        # Programs that start at the same time each write their own file, and none reads half of one.
        with NamedTemporaryFile(dir=target.parent, suffix=".new", delete=False) as file:
            write_mo(file, files.read(language))
        os.chmod(file.name, 0o644)
        # The time of its source, as a checkout may bring an older file.
        os.utime(file.name, ns=(changed_at, changed_at))
        os.replace(file.name, target)
