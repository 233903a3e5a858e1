"""How long the notifier keeps words, addresses and emails. Decision 0241 says why so long.

The line of an email, an answer or an outcome stays, with its codes and opaque ids; what a person
wrote or is called goes.
"""

from services.notifier.store.tables import (
    answers,
    bounces,
    links,
    messages,
    outcomes,
    own_words,
    passes,
    questions,
)
from services.notifier.store.tables_of_pages import (
    complaints,
    erasures,
    outcome_details,
    suggestions,
)
from shared.storage.retention import STANDARD, Rule

_YEARS_2, _YEARS_3, _YEARS_6 = 730, 1_095, 2_190
_DECIDED = "to answer a member that asks why a match was made or not made"
_CLAIMS = "what came of public trust is answered for; the time in which claims can be made"

RULES = (
    *STANDARD,
    Rule(
        "emails as they were sent",
        messages,
        messages.c.finished_at,
        _YEARS_2,
        "to prove what was said to whom",
        empties=(messages.c.sealed_bytes, messages.c.sealed_recipient),
    ),
    Rule(
        "links that were in emails",
        links,
        links.c.made_at,
        _YEARS_2,
        "so that an old email can still stop further ones",
    ),
    Rule("who passed a question on", passes, passes.c.at, _YEARS_2, _DECIDED),
    Rule(
        "delivery reports",
        bounces,
        bounces.c.received_at,
        365,
        "to see that an address no longer works",
    ),
    Rule(
        "notes and names of answers",
        answers,
        answers.c.given_at,
        _YEARS_3,
        _DECIDED,
        empties=(answers.c.sealed_note, answers.c.sealed_who),
    ),
    Rule(
        "words of suggested changes",
        suggestions,
        suggestions.c.made_at,
        _YEARS_3,
        _DECIDED,
        empties=(suggestions.c.sealed_text, suggestions.c.sealed_who),
    ),
    Rule(
        "words of questions and their answers",
        questions,
        questions.c.asked_at,
        _YEARS_3,
        _DECIDED,
        empties=(questions.c.sealed_text, questions.c.sealed_answer, questions.c.sealed_who),
    ),
    Rule(
        "what coordinators wrote into an approach",
        own_words,
        own_words.c.edited_at,
        _YEARS_3,
        _DECIDED,
        empties=(own_words.c.sealed_words,),
    ),
    Rule(
        "who told an outcome, in which words",
        outcomes,
        outcomes.c.reported_at,
        _YEARS_6,
        _CLAIMS,
        empties=(outcomes.c.sealed_sentence, outcomes.c.sealed_who),
    ),
    Rule(
        "details of outcomes",
        outcome_details,
        outcome_details.c.told_at,
        _YEARS_6,
        _CLAIMS,
        empties=(outcome_details.c.sealed_words,),
    ),
    Rule("complaints", complaints, complaints.c.closed_at, _YEARS_6, _CLAIMS),
    Rule(
        "that somebody asked to be erased",
        erasures,
        erasures.c.done_at,
        _YEARS_6,
        "to prove that it was done",
    ),
)
