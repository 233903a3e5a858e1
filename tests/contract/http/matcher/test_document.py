"""The description of the matcher's API, where it says more than every service's must."""

from tests.contract.http.pages import document_of


def test_every_decision_takes_the_revision_it_was_made_on() -> None:
    decisions = {
        path: {entry["name"] for entry in item["post"].get("parameters", [])}
        for path, item in document_of("matcher")["paths"].items()
        if "post" in item and not path.endswith(("/check", "/previews"))
    }
    assert len(decisions) == 10
    for path, named in decisions.items():
        assert {"If-Match", "Idempotency-Key"} <= named, path
