"""Figures of the mail: how many, what became of them, and how late they left."""

from prometheus_client import Counter, Histogram

mails = Counter("convene_mails", "Emails by kind and what became of one try.", ["kind", "fate"])
mail_delay_seconds = Histogram(
    "convene_mail_delay_seconds",
    "From the moment an email may be sent until the server accepted it.",
    buckets=(0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600),
)
bounces = Counter("convene_bounces", "What came back, by kind.", ["kind"])
registry_waits = Counter(
    "convene_contact_lookups_put_off", "Emails put off because the registry did not answer."
)
