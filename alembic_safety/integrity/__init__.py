"""Checks of a whole database, or of what a migration touched: ``verify()`` and ``verify_touched()``.

``run`` shares the work out, ``checks`` holds one family of findings a file, ``touched`` is for use inside a migration's
transaction, ``baseline`` accepts what is known.
"""
