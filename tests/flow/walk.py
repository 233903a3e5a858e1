"""The fifteen steps of the walk, told once, against whichever house is running."""

from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import text

from shared.storage import Database
from tests.flow.house import COORDINATOR, PASSWORD, House, Mail, read_mail
from tests.flow.pages import submit

GROUND = {"basis": "legitimate_interests", "date": "2026-11-01", "source": "coalition meeting"}
PAST_GRACE_SECONDS = 120


@dataclass(frozen=True)
class Theme:
    """A need and the capability that answers it, in words that nothing else here shares."""

    name: str
    need: str
    need_text: str
    capability: str
    capability_text: str
    goal: int
    gives: str
    beneficiary: str


READING = Theme(
    "reading",
    "Reading before school in Tendring",
    "Too many children in Tendring start school without the words they need. We want help to bring "
    "songs, stories and talk into families' homes before school.",
    "First words: talk, songs and stories for families before school",
    "Our early-years team helps parents to talk, sing and read with babies and young children, with "
    "stories, songs and local campaigns that reach families at home.",
    1,
    "expertise",
    "early_years",
)
THEMES = (
    READING,
    Theme(
        "apprentices",
        "Apprenticeships for school leavers in Harlow",
        "School leavers in Harlow see few apprenticeships. We look for an employer with paid "
        "apprenticeship places in engineering for eighteen year olds.",
        "Apprenticeships on the electricity network",
        "Paid engineering apprenticeships for school leavers, as jointers and fitters, with "
        "training and a job at the end.",
        3,
        "training_places",
        "post_16",
    ),
    Theme(
        "online",
        "Older residents who are not online",
        "Many older residents have no laptop and no connection. We need refurbished laptops and "
        "patient people who teach digital skills.",
        "Refurbished laptops and digital skills volunteers",
        "We give refurbished laptops with a connection to people who are not online, and "
        "volunteers who teach digital skills to older people.",
        10,
        "equipment",
        "older_people",
    ),
    Theme(
        "debt",
        "Families in debt without advice",
        "Families on low incomes fall into debt with costly lenders. We want free debt advice and "
        "affordable credit close to home.",
        "Free debt advice and affordable loans",
        "Our advisers give free debt advice to families on low incomes and open the way to "
        "savings and affordable credit.",
        7,
        "expertise",
        "families",
    ),
    Theme(
        "retrofit",
        "Cold homes and high heating bills",
        "Tenants live in cold, draughty homes with high heating bills. We need insulation and heat "
        "pumps fitted by trained installers.",
        "Insulation and heat pumps for cold homes",
        "Our installers fit insulation and heat pumps in cold homes, so that tenants' heating bills "
        "fall, and train local fitters.",
        13,
        "workforce",
        "residents",
    ),
)


class Parties:
    """The two members of one walk, their people and their listings; ids end in the tag."""

    def __init__(self, theme: Theme, tag: str) -> None:
        self.theme = theme
        self.needing, self.bringing = f"council-{tag}", f"broadcaster-{tag}"
        self.need_id, self.capability_id = f"need-{tag}", f"capability-{tag}"
        self.needing_name, self.bringing_name = f"Amara Okafor {tag}", f"Tom Reyes {tag}"
        self.needing_address = f"amara.{tag}@essex.example"
        self.bringing_address = f"tom.{tag}@bbc.example"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be on the bus."""
        people = (self.needing_name, self.bringing_name)
        return (self.needing_address, self.bringing_address, *people)

    def members(self) -> list[dict[str, Any]]:
        council = {"name": f"Council {self.theme.name}", "sector": "local_government"}
        other = {"name": f"Broadcaster {self.theme.name}", "sector": "public_body"}
        return [
            {"id": self.needing, "places": ["E10000012"], **council},
            {"id": self.bringing, "places": ["K02000001"], **other},
        ]

    def contact(self, member_id: str) -> dict[str, Any]:
        needing = member_id == self.needing
        return {
            "name": self.needing_name if needing else self.bringing_name,
            "email": self.needing_address if needing else self.bringing_address,
            "role": "Partnerships lead",
            "main": True,
            "ground": GROUND,
        }

    def capability(self) -> dict[str, Any]:
        return {
            "id": self.capability_id,
            "member": self.bringing,
            "title": self.theme.capability,
            "description": self.theme.capability_text,
            "goals": [self.theme.goal],
            "delivers_in": ["K02000001"],
            "gives": [self.theme.gives],
            "beneficiaries": [self.theme.beneficiary],
            "capacity": {"amount": 5, "unit": "partnerships", "per": "year"},
        }

    def need(self) -> dict[str, Any]:
        return {
            "id": self.need_id,
            "member": self.needing,
            "title": self.theme.need,
            "description": self.theme.need_text,
            "goals": [self.theme.goal],
            "places": ["E07000076"],
            "wants": [self.theme.gives],
            "beneficiaries": [self.theme.beneficiary],
            "urgency": "high",
        }


class Walk:
    """One partnership in one house; the methods are called in order."""

    def __init__(self, house: House, theme: Theme = READING, tag: str = "1") -> None:
        self.house = house
        self.parties = Parties(theme, tag)
        self.match_id = ""

    # Steps 1 to 8
    def publish(self) -> None:
        for member in self.parties.members():
            self._post("/v1/members", member)
            contact = self.parties.contact(member["id"])
            self._post(f"/v1/members/{member['id']}/contacts", contact)
        self._post("/v1/capabilities", self.parties.capability())
        self._post("/v1/needs", self.parties.need())

    def see_proposal(self) -> dict[str, Any]:
        self.house.settle(lambda: bool(self.proposals()), "a proposal for the need")
        match = self.proposals()[0]
        self.match_id = match["match_id"]
        members = [party["member_id"] for party in match["parties"]]
        assert members == [self.parties.needing, self.parties.bringing]
        added = sum(reason["contribution"] for reason in match["reasons"])
        assert abs(added - match["score"]) < 0.0002, "reasons add up to the score"
        return match

    def proposals(self) -> list[dict[str, Any]]:
        """The open ones of our need with our capability: other walks may have like ones."""
        answer = self.api("GET", f"/v1/matches?need={self.parties.need_id}")
        items = [item for item in answer.json()["items"] if item["state"] == "proposed"]
        return [item for item in items if item["capability_ids"] == [self.parties.capability_id]]

    # Step 9
    def sign_in(self) -> None:
        page = self.house.matcher.get("/", follow_redirects=True)
        values = {"email": COORDINATOR, "password": PASSWORD}
        home = submit(self.house.matcher, page, values)
        assert home.status_code == 200, home.text[:500]
        assert "Sign out" in home.text

    def approve(self) -> None:
        page = self.house.matcher.get(f"/matches/{self.match_id}")
        done = submit(self.house.matcher, page, {}, action="approve")
        assert done.status_code == 200, done.text[:800]
        assert self.state() == "approved"

    # Step 10
    def wait_for_approaches(self) -> tuple[Mail, Mail]:
        needing, bringing = self.parties.needing_address, self.parties.bringing_address
        assert not self.mail_to(needing), "no mail in the grace period"
        self.house.advance(seconds=PAST_GRACE_SECONDS)
        self.house.settle(lambda: self.state() == "asked", "both parties asked")
        ours, theirs = self.mail_to(needing)[0], self.mail_to(bringing)[0]
        for mail, stranger in ((ours, bringing), (theirs, needing)):
            assert stranger not in mail.text, "no address before both said yes"
        return ours, theirs

    # Step 11
    def answer(self, mail: Mail, value: str, name: str) -> None:
        page = self.house.notifier.get(mail.link("a"), follow_redirects=True)
        again = self.house.notifier.get(mail.link("a"), follow_redirects=True)
        assert again.status_code == page.status_code == 200, page.text[:500]
        assert self.state() in ("asked", "agreed"), "looking changes nothing"
        done = submit(self.house.notifier, page, {"name": name}, button=("do", value))
        assert done.status_code == 200, done.text[:800]

    # Steps 12 and 13
    def wait_for_introduction(self) -> list[Mail]:
        self.house.settle(lambda: self._answers() == ["yes", "yes"], "both answers arrived")
        self.house.advance(seconds=PAST_GRACE_SECONDS)
        self.house.settle(lambda: self.state() == "introduced", "the introduction")
        return self.introductions()

    def introductions(self) -> list[Mail]:
        """The emails that name both people's addresses, whoever they were delivered to."""
        both = (self.parties.needing_address, self.parties.bringing_address)
        return [
            mail
            for address in both
            for mail in self.mail_to(address)
            if all(named in mail.text + mail.to for named in both)
        ]

    # Step 14
    def report_outcome(self) -> None:
        before = len(self.mail_to(self.parties.needing_address))
        self.house.advance(days=31)
        self.sign_in()  # a month is longer than a session
        self.house.settle(
            lambda: len(self.mail_to(self.parties.needing_address)) > before, "a follow-up email"
        )
        mail = self.mail_to(self.parties.needing_address)[-1]
        page = self.house.notifier.get(mail.link("o"), follow_redirects=True)
        done = submit(
            self.house.notifier, page, {"stage": "started", "name": self.parties.needing_name}
        )
        assert done.status_code == 200, done.text[:800]
        self.house.settle(lambda: self.state() == "active", "the reported start")

    # Step 15
    def training_rows(self) -> int:
        database = Database(self.house.database_url("matcher"), service="matcher")
        try:
            with database.read() as connection:
                query = text("SELECT count(*) FROM training_rows")
                return int(connection.execute(query).scalar_one())
        finally:
            database.close()

    def state(self) -> str:
        return str(self.match()["state"])

    def match(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api("GET", f"/v1/matches/{self.match_id}").json()
        return found

    def mail_to(self, address: str) -> list[Mail]:
        return [mail for mail in read_mail(self.house.mailbox) if mail.delivered_to == address]

    def api(self, method: str, path: str) -> httpx.Response:
        answer = self.house.matcher.request(method, path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer

    def _answers(self) -> list[str | None]:
        return [party["answer"] for party in self.match()["parties"]]

    def _post(self, path: str, body: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {self.house.admin_key}"}
        answer = self.house.registry.post(path, json=body, headers=headers)
        assert answer.status_code == 201, f"{path}: {answer.status_code} {answer.text[:800]}"
