"""The texts of other languages: found in templates and Python, kept in ``locale/``, compiled before the program starts.

All of it is Babel's work, so that a fresh machine needs no gettext.
"""
