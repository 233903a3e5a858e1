"""An email's HTML in a frame that can do nothing: no script, no form, no link, nothing loaded."""

from flask import Response, make_response

from shared.web.headers import CONTENT_SECURITY_POLICY

FRAMING_POLICY = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
# Emails carry their styles with them; nothing else in the frame is allowed.
_FRAME_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)


def framed(html: str) -> Response:
    """What the frame shows."""
    response = make_response(html)
    response.headers["Content-Security-Policy"] = _FRAME_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def framing(page: Response) -> Response:
    """The page around it."""
    page.headers["Content-Security-Policy"] = FRAMING_POLICY
    return page
