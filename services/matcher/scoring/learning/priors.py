"""What a score is made of and what each part counts before any verdict (stage 3 of matching).

The weights are stated, not learned; `docs/matching.md` says how they were chosen.
"""

COSINES = ("meaning", "words", "goals", "beneficiaries", "help", "place", "offers", "terms")
"""Features that are the product of two vectors, in the order of `Representation.present`."""
FEATURES = (*COSINES, "priority", "freshness", "load")
FIRST_FEATURES = ("meaning", "words", "goals", "beneficiaries", "help", "place", "priority",
                  "freshness", "load")  # fmt: skip
"""Those of matches made before what each side asks of the other counted; replay needs them."""
BASELINE = "baseline"

NEUTRAL: dict[str, float] = {
    "meaning": 0.20,
    "words": 0.05,
    "goals": 0.20,
    "beneficiaries": 0.25,
    "help": 0.35,
    "place": 0.35,
    "offers": 0.5,
    "terms": 1.0,
    "priority": 0.5,
    "freshness": 1.0,
    "load": 0.0,
}
"""The value at which a feature says nothing: about that of two listings taken at random."""

PRIORS: dict[str, float] = {
    "meaning": 5.0,
    "words": 5.0,
    "goals": 0.9,
    "beneficiaries": 1.0,
    "help": 0.4,
    "place": 0.6,
    "offers": 0.5,
    "terms": 1.0,
    "priority": 0.3,
    "freshness": 0.3,
    "load": -0.1,
}
"""Log-odds per unit of a feature before any verdict; load alone may only lower a score."""

PRIORS_WITHOUT_MEANING: dict[str, float] = {**PRIORS, "meaning": 0.0, "words": 8.0}
"""Used where the sentence model is not installed: words must carry the text alone."""

INTERCEPT = -2.0
"""Log-odds of a pair about which everything is neutral: about one in eight."""

INTERCEPT_WITHOUT_MEANING = -1.5
"""Words alone meet less often, so that a good match still comes out above the threshold."""
