"""How long rows of signing in are kept; who decided what stays with the decisions."""

from services.matcher.console.tables import account_links, sessions
from shared.storage.retention import Rule

RULES = (
    Rule(
        "sessions that are over",
        sessions,
        sessions.c.started_at,
        30,
        "to see who was signed in when something happened",
    ),
    Rule(
        "links that set a password",
        account_links,
        account_links.c.expires_at,
        30,
        "to see that one was made and used",
    ),
)
