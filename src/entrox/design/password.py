"""Passwords in the URLs of databases are never shown nor written."""

from __future__ import annotations

import re

__all__ = ["WITHOUT_PASSWORD", "hide_password"]

WITHOUT_PASSWORD = "Leave it out of the URL and give it in the variable PGPASSWORD or in the file ~/.pgpass."

_PASSWORD = re.compile(r"(?P<head>\b[\w+.-]+://[^/\s:@]*:)(?P<password>.*)(?=@)|(?P<key>\bpassword=)[^&\s]*")


def hide_password(text: str) -> str:
    """Return ``text``, such as an argument of a command, with the password of a URL in it replaced by ``***``.

    Examples
    --------
    >>> hide_password("postgresql://ann:se@cret@host/runs"), hide_password("--store=postgresql://ann@host/runs")
    ('postgresql://ann:***@host/runs', '--store=postgresql://ann@host/runs')
    """
    return _PASSWORD.sub(lambda match: f"{match['head'] or match['key']}***", text)
