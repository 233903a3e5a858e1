"""The matcher's own settings, beside the common ones."""

from dataclasses import dataclass
from pathlib import Path

from shared.settings.common import Settings
from shared.settings.fields import setting


@dataclass(frozen=True, kw_only=True)
class MatcherSettings(Settings):
    """How much is proposed, how long things wait, and which model scores."""

    health_port: int = setting(
        9102,
        minimum=0,
        maximum=65_535,
        help="Port of the worker's health and metrics server; 0 takes a free one.",
    )
    proposals_per_need: int = setting(
        3, minimum=1, maximum=50, help="Most open proposals a need may have."
    )
    proposals_per_member: int = setting(
        25,
        minimum=1,
        maximum=10_000,
        help="Most open proposals a member may be the supplier of; the best ones stay.",
    )
    approaches_per_member: int = setting(
        10,
        minimum=1,
        maximum=10_000,
        help="Most matches a supplier is asked about at the same time (exposure).",
    )
    least_score: float = setting(
        0.3, minimum=0.0, maximum=1.0, help="Pairs below this score are not proposed."
    )
    round_days: float = setting(
        1.0,
        minimum=0.0,
        help="Days between assignment rounds, the first so long after the first proposal; 0: only "
        "when somebody asks for one.",
    )
    round_per_place: int = setting(
        2,
        minimum=1,
        maximum=50,
        help="Most open proposals a round makes for each place that a capability has left.",
    )
    round_give_up: float = setting(
        0.03,
        minimum=0.0,
        maximum=0.5,
        help="Share of the expected matches a round may give up to spread proposals evenly.",
    )
    round_floor: float = setting(
        0.5,
        minimum=0.0,
        maximum=1.0,
        help="Share of a district's needs (of those that something fits) a round serves at least.",
    )
    proposal_days: float = setting(
        60.0, minimum=0.01, help="Days after which an undecided proposal expires."
    )
    approach_days: float = setting(
        21.0, minimum=0.01, help="Days after which an unanswered approach lapses."
    )
    ask_order: str = setting(
        "together",
        choices=("together", "needs_first"),
        help="Whether all parties are asked at once, or the needing side first.",
    )
    consortium_ask_order: str = setting(
        "needs_first",
        choices=("together", "needs_first"),
        help="The same for a consortium: all at once, or the needing side first.",
    )
    consortium_members: int = setting(
        5,
        minimum=2,
        maximum=5,
        help="Most members of a consortium, the needing one among them; 2 proposes none.",
    )
    semantic: bool = setting(
        True, help="Use the sentence model where the extra `semantic` is installed."
    )
    sentence_model_dir: Path | None = setting(
        None, help="Folder of another ONNX sentence model. Unset: the packaged one."
    )
    phrases_dir: Path | None = setting(
        None,
        help="Folder of a coalition's own phrase files (*.toml), read beside those that come with "
        "Convene. Unset: none.",
    )
    train_after_rows: int = setting(
        50,
        minimum=0,
        help="Verdicts, answers and outcomes after which weights are learned anew; 0: by command only.",
    )
    timer_seconds: float = setting(
        1.0, minimum=0.05, maximum=3600, help="How often the timers look whether something is due."
    )
    recruit_minutes: float = setting(
        30.0,
        minimum=0,
        help="Minutes between two looks at which kind of member would unlock most needs.",
    )
    pre_election_from: str | None = setting(
        None, help="First day of a pre-election period, as 2027-03-22. Unset: none."
    )
    pre_election_until: str | None = setting(None, help="Last day of the pre-election period.")
