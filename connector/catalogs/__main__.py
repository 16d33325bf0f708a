"""``python -m connector.catalogs compile`` for what runs, ``... update [nl de fr]`` after texts were added or changed."""

from __future__ import annotations

import sys

from connector.catalogs import compiling, extracting, files

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["compile"]:
            compiling.compile_stale()
        case ["update", *languages] if set(languages) <= set(files.LANGUAGES):
            for language, count in extracting.update(languages or files.LANGUAGES).items():
                sys.stdout.write(f"{language}: {count} texts to translate\n")
        case _:
            sys.exit(__doc__)
