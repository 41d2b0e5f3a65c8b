"""The rules of accounts, at their boundaries."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.access import EXCLUSIVE, SEATS, Role
from procurement.accounts import rules

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, 0), (1, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (9, 16), (10, 32), (11, 60), (12, 60), (10_000, 60)],
)
def test_the_pause_grows_with_failures(failures: int, minutes: int) -> None:
    assert rules.pause_after(failures) == timedelta(minutes=minutes)


def test_the_pause_never_shrinks() -> None:
    pauses = [rules.pause_after(n) for n in range(200)]
    assert all(before <= after for before, after in pairwise(pauses))


@pytest.mark.parametrize(("at", "expected"), [(-TICK, True), (timedelta(0), False), (TICK, False)])
def test_a_pause_ends_at_its_end(at: timedelta, expected: bool) -> None:
    assert rules.locked(NOON, NOON + at) is expected


def test_without_a_pause_nothing_is_locked() -> None:
    assert rules.locked(None, NOON) is False


@pytest.mark.parametrize(
    ("seen_after", "ends_after"),
    [
        (timedelta(0), timedelta(hours=12)),
        (timedelta(hours=5), timedelta(hours=17)),
        (timedelta(days=6, hours=12) - TICK, timedelta(days=7) - TICK),
        (timedelta(days=6, hours=12), timedelta(days=7)),
        (timedelta(days=6, hours=12) + TICK, timedelta(days=7)),
    ],
)
def test_a_session_slides_for_at_most_a_week(seen_after: timedelta, ends_after: timedelta) -> None:
    assert rules.session_end(NOON, NOON + seen_after, 12) == NOON + ends_after


@pytest.mark.parametrize(
    ("password", "fine"),
    [
        ("", False),
        ("elevenchars", False),
        ("twelve chars", True),
        ("密码是一句很长的话没有人猜", True),
        ("x" * 200, False),  # one character
        ("xy" * 100, True),
        ("xy" * 100 + "z", False),
        ("organiser@example.org", False),
        ("ORGANISER@EXAMPLE.ORG", False),
        ("organiserorganiser", False),
        ("Olga Organiser", False),
        ("Olga Organiser and her dog", True),
    ],
)
def test_a_password_is_long_and_not_oneself(password: str, fine: bool) -> None:
    problems = rules.password_problems(password, email="organiser@example.org", name="Olga Organiser")
    assert (problems == []) is fine


@given(st.text(min_size=12, max_size=200).filter(lambda text: len(set(text.casefold().strip())) > 1))
def test_no_character_is_demanded_or_forbidden(password: str) -> None:
    assert rules.password_problems(password, email="organiser@example.org", name="Olga Organiser") == []


@pytest.mark.parametrize(
    ("roles", "fine"),
    [
        ([], True),
        ([Role.ORGANISER], True),
        ([Role.ORGANISER, Role.SUPERVISOR], True),  # each round keeps them apart
        ([Role.ORGANISER, Role.MEMBER], True),
        ([Role.SUPERVISOR, Role.HANDLER], True),
        ([Role.MERCHANT, Role.MEMBER], False),  # a merchant is one in every round
        ([Role.MERCHANT, Role.ADMINISTRATOR], False),
        ([Role.ADMINISTRATOR, Role.ORGANISER], False),
        ([Role.HANDLER, Role.ORGANISER], False),
    ],
)
def test_roles_that_one_account_may_hold(roles: list[Role], fine: bool) -> None:
    assert (rules.role_problems(roles) == []) is fine


@given(st.sets(st.sampled_from(sorted(set(Role) - {Role.VISITOR}))))
def test_an_account_never_holds_opposites_that_count_in_every_round(roles: set[Role]) -> None:
    everywhere = roles - SEATS
    opposed = any(frozenset({one, other}) in EXCLUSIVE for one in everywhere for other in roles if one is not other)
    assert bool(rules.role_problems(roles)) is opposed


@pytest.mark.parametrize(
    ("target", "fine"),
    [
        ("/en/rounds", True),
        ("/zh/rounds?after=R1#x", True),
        ("", False),
        (None, False),
        ("en/rounds", False),
        ("//example.org/", False),
        ("/\\example.org", False),
        ("/en\\..", False),
        ("/\t/example.org", False),
        ("/en\n", False),
        ("https://example.org/", False),
        ("javascript:alert(1)", False),
        ("/" + "x" * 2000, False),
    ],
)
def test_a_sign_in_leads_only_to_our_own_pages(target: str | None, fine: bool) -> None:
    assert (rules.own_path(target) == target and target is not None) is fine


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge, Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1 MicroMessenger/8.0", "WeChat, iPhone"),
        ("curl/8", ""),
    ],
)
def test_a_device_is_named_coarsely(agent: str, device: str) -> None:
    assert rules.device_of(agent) == device


def test_addresses_are_compared_in_one_form() -> None:
    assert rules.normal_email("  Ｏrganiser@Example.ORG ") == "organiser@example.org"
