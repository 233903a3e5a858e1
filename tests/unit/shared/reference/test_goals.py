import pytest

from shared.reference import goals


def test_the_default_is_the_fourteen_goals_of_2021() -> None:
    framework = goals.framework()

    assert (framework.id, framework.version) == ("levelling-up-goals-2021", "2021-02")
    assert framework.numbers == tuple(range(1, 15))
    assert framework.goal(1).title == "Strong foundations in early years"
    assert framework.goal(14).title == "Achieve equality, through diversity and inclusion"


def test_the_missions_of_2022_are_a_framework_of_their_own() -> None:
    framework = goals.framework("levelling-up-missions-2022")

    assert framework.numbers == tuple(range(1, 13))
    assert framework.find("Pride in place").number == 9
    assert framework.find("Mission 3").title == "Transport infrastructure"


@pytest.mark.parametrize("framework_id", goals.frameworks())
def test_every_goal_can_be_read_in_one_line(framework_id: str) -> None:
    framework = goals.framework(framework_id)

    assert framework.id == framework_id
    assert framework.source
    for goal in framework.goals:
        assert 20 < len(goal.description) < 160
        assert "\n" not in goal.description


@pytest.mark.parametrize(
    "text",
    [
        1,
        "1",
        " goal 1 ",
        "1 Strong foundations in early years",
        "1. strong foundations",
        "STRONG FOUNDATIONS IN EARLY YEARS",
        "strong foundations",
    ],
)
def test_a_goal_is_found_by_number_or_name(text: str | int) -> None:
    assert goals.framework().find(text).number == 1


@pytest.mark.parametrize(
    "text",
    [
        0,
        15,
        -1,
        "15",
        "",
        "s",
        "1 Closing the digital divide",
        "mission 1",
        "²",
        "x" * 9000,
        "1" * 99,
    ],
)
def test_what_is_no_goal_is_refused_with_the_list(text: str | int) -> None:
    with pytest.raises(goals.UnknownGoal, match="10 Closing the digital divide"):
        goals.framework().find(text)


@pytest.mark.parametrize("framework_id", ["", "2021", "../places/sources", "crosswalks"])
def test_an_unknown_framework_is_refused_with_those_there_are(framework_id: str) -> None:
    with pytest.raises(goals.UnknownFramework, match="levelling-up-goals-2021"):
        goals.framework(framework_id)


def test_the_crosswalk_covers_every_goal_and_names_only_missions() -> None:
    missions = goals.framework("levelling-up-missions-2022")
    links = goals.crosswalk("levelling-up-goals-2021", "levelling-up-missions-2022")

    assert tuple(links) == goals.framework().numbers
    assert all(set(targets) <= set(missions.numbers) for targets in links.values())
    assert links[10] == (4,)
    with pytest.raises(TypeError):
        links[1] = (2,)  # type: ignore[index]


def test_a_crosswalk_that_is_not_there_is_refused() -> None:
    with pytest.raises(goals.UnknownFramework, match="no crosswalk"):
        goals.crosswalk("levelling-up-missions-2022", "levelling-up-goals-2021")
