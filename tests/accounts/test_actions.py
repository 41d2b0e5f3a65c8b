"""Acts on accounts, on both databases: each way out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from procurement.access import VISITOR, Role
from procurement.accounts import actions, passwords, queries
from procurement.accounts.models import Invitation, SignIn, User
from procurement.db import reading, transaction
from procurement.errors import NotAllowed, NotFound, RuleBroken
from procurement.mail import Mail
from procurement.publiclog.entry import unseal
from procurement.publiclog.models import LogEntry
from tests.conftest import MovableClock
from tests.worlds.people import PASSWORD, People, Person, people

NEW = "another sunny field of tea"


@pytest.fixture
def world(engine: Engine, clock: MovableClock) -> People:
    return people(engine, clock())


def attempt(world: People, email: str, password: str) -> queries.Attempt:
    with reading(world.engine) as session:
        return queries.attempt(session, email=email, password=password)


def sign_in(
    world: People, email: str, now: datetime, password: str = PASSWORD, *, required: bool = False
) -> actions.SignedIn | None:
    tried = attempt(world, email, password)
    with transaction(world.engine) as session:
        return actions.sign_in(
            session, attempt=tried, now=now, device="Firefox", hours=12, second_factor_required=required
        )


def actor_of(world: People, token: str, now: datetime) -> Any:
    with reading(world.engine) as session:
        return queries.actor_of(session, token=token, now=now)


def write(world: People, act: Callable[[Session], Any]) -> Any:
    with transaction(world.engine) as session:
        return act(session)


def enrol(world: People, person: Person, now: datetime) -> tuple[pyotp.TOTP, tuple[str, ...]]:
    write(world, lambda s: actions.begin_enrolment(s, actor=person.actor))
    with reading(world.engine) as session:
        secret = session.get_one(User, person.id).totp_secret
    totp = pyotp.TOTP(secret or "")
    codes = write(world, lambda s: actions.confirm_enrolment(s, actor=person.actor, now=now, code=totp.at(now)))
    return totp, codes


def give_code(world: People, token: str, code: str, now: datetime) -> str | None:
    with transaction(world.engine) as session:
        return actions.give_code(session, token=token, code=code, now=now, hours=12)


def logged(world: People, kind: str = "account.") -> list[Any]:
    """Entries of the log whose kind begins with `kind`, those of the world's own accounts left out."""
    with reading(world.engine) as session:
        bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.idx)).all()
    entries = [unseal(body).entry for body in bodies]
    return [entry for entry in entries if entry.kind.startswith(kind) and entry.kind != "account.made"]


def letters(world: People) -> list[Mail]:
    with reading(world.engine) as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def token_in(letter: Mail) -> str:
    return str(letter.context["path"]).rpartition("/")[2]


# --- signing in ---------------------------------------------------------------------------------------------------


def test_the_right_password_opens_a_session(world: People, clock: MovableClock) -> None:
    signed_in = sign_in(world, " Organiser@Example.org", clock())
    assert signed_in is not None
    assert signed_in.next == ""
    who = actor_of(world, signed_in.token, clock())
    assert (who.user_id, who.roles) == (world.organiser.id, {Role.ORGANISER})


def test_the_token_is_not_in_the_database(world: People, clock: MovableClock) -> None:
    signed_in = sign_in(world, "organiser@example.org", clock())
    assert signed_in is not None
    assert len(signed_in.token) >= 43
    with reading(world.engine) as session:
        stored = session.scalars(select(SignIn.token_sha256)).all()
    assert stored == [queries.token_digest(signed_in.token)]
    assert signed_in.token not in stored


@pytest.mark.parametrize("email", ["organiser@example.org", "nobody@example.org", ""])
def test_a_wrong_password_and_an_unknown_address_end_the_same(world: People, clock: MovableClock, email: str) -> None:
    assert sign_in(world, email, clock(), "wrong password here") is None


def test_a_disabled_account_does_not_open(world: People, clock: MovableClock) -> None:
    with reading(world.engine) as session:
        ref = session.get_one(User, world.organiser.id).ref
    write(world, lambda s: actions.disable(s, actor=world.administrator.actor, now=clock(), ref=ref))
    assert sign_in(world, "organiser@example.org", clock()) is None
    write(world, lambda s: actions.enable(s, actor=world.administrator.actor, now=clock(), ref=ref))
    assert sign_in(world, "organiser@example.org", clock()) is not None


def test_the_account_pauses_after_five_failures_and_no_longer_than_said(world: People, clock: MovableClock) -> None:
    for _ in range(4):
        assert sign_in(world, "organiser@example.org", clock(), "wrong password here") is None
    assert sign_in(world, "organiser@example.org", clock(), "wrong password here") is None
    assert sign_in(world, "organiser@example.org", clock()) is None, "paused"
    clock.advance(minutes=1, microseconds=-1)
    assert sign_in(world, "organiser@example.org", clock()) is None, "still paused"
    clock.advance(microseconds=1)
    assert sign_in(world, "organiser@example.org", clock(), "wrong password here") is None
    clock.advance(minutes=1)
    assert sign_in(world, "organiser@example.org", clock()) is None, "the sixth failure pauses for two minutes"
    clock.advance(minutes=1)
    assert sign_in(world, "organiser@example.org", clock()) is not None
    with reading(world.engine) as session:
        user = session.get_one(User, world.organiser.id)
        assert (user.failures, user.locked_until) == (0, None)


def test_trying_during_a_pause_does_not_lengthen_it(world: People, clock: MovableClock) -> None:
    for _ in range(5):
        sign_in(world, "organiser@example.org", clock(), "wrong password here")
    for _ in range(5):
        sign_in(world, "organiser@example.org", clock(), "wrong password here")
    clock.advance(minutes=1)
    assert sign_in(world, "organiser@example.org", clock()) is not None


def test_a_password_changed_meanwhile_does_not_open(world: People, clock: MovableClock) -> None:
    tried = attempt(world, "organiser@example.org", PASSWORD)
    with transaction(world.engine) as session:
        session.get_one(User, world.organiser.id).password_hash = passwords.hash_password(NEW)
    with transaction(world.engine) as session:
        opened = actions.sign_in(
            session, attempt=tried, now=clock(), device="", hours=12, second_factor_required=False
        )
    assert opened is None


def test_an_outdated_hash_is_replaced(world: People, clock: MovableClock) -> None:
    weak = passwords.PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    with transaction(world.engine) as session:
        session.get_one(User, world.organiser.id).password_hash = weak
    assert sign_in(world, "organiser@example.org", clock()) is not None
    with reading(world.engine) as session:
        stored = session.get_one(User, world.organiser.id).password_hash
    assert stored != weak
    assert not passwords.outdated(stored)
    assert passwords.matches(stored, PASSWORD)


# --- sessions -----------------------------------------------------------------------------------------------------


def test_a_session_ends_after_its_hours_unless_it_is_used(world: People, clock: MovableClock) -> None:
    one = sign_in(world, "organiser@example.org", clock())
    other = sign_in(world, "organiser@example.org", clock())
    assert one is not None
    assert other is not None
    clock.advance(hours=11)
    write(world, lambda s: actions.touch(s, token=one.token, now=clock(), hours=12))
    clock.advance(hours=1, microseconds=-1)
    assert actor_of(world, other.token, clock()).signed_in
    clock.advance(microseconds=1)
    assert actor_of(world, other.token, clock()) == VISITOR
    assert actor_of(world, one.token, clock()).signed_in
    clock.advance(hours=11)
    assert actor_of(world, one.token, clock()) == VISITOR
    write(world, lambda s: actions.touch(s, token=one.token, now=clock(), hours=12))
    assert actor_of(world, one.token, clock()) == VISITOR, "what is over does not come back"


def test_seen_is_written_every_five_minutes_at_most(world: People, clock: MovableClock) -> None:
    start = clock()
    signed_in = sign_in(world, "organiser@example.org", start)
    assert signed_in is not None
    for seconds, seen in ((299, start), (1, start + timedelta(minutes=5))):
        clock.advance(seconds=seconds)
        write(world, lambda s: actions.touch(s, token=signed_in.token, now=clock(), hours=12))
        with reading(world.engine) as session:
            assert session.scalars(select(SignIn.seen_at)).one() == seen


def test_signing_out_ends_this_session_only(world: People, clock: MovableClock) -> None:
    one, other = (sign_in(world, "organiser@example.org", clock()) for _ in range(2))
    assert one is not None
    assert other is not None
    write(world, lambda s: actions.sign_out(s, token=one.token, now=clock()))
    assert actor_of(world, one.token, clock()) == VISITOR
    assert actor_of(world, other.token, clock()).signed_in


def test_one_ends_ones_own_sessions_and_nobody_elses(world: People, clock: MovableClock) -> None:
    own, far = (sign_in(world, "organiser@example.org", clock()) for _ in range(2))
    others = sign_in(world, "supervisor@example.org", clock())
    assert own is not None
    assert far is not None
    assert others is not None
    with reading(world.engine) as session:
        view = queries.own_account(session, actor=world.organiser.actor, token=own.token, now=clock())
        foreign = session.scalars(select(SignIn.id).where(SignIn.user_id == world.supervisor.id)).one()
    assert [one.here for one in view.sessions].count(True) == 1
    with pytest.raises(NotFound), transaction(world.engine) as session:
        actions.end_session(session, actor=world.organiser.actor, now=clock(), session_id=foreign)
    write(
        world,
        lambda s: actions.end_other_sessions(s, actor=world.organiser.actor, now=clock(), token=own.token),
    )
    assert actor_of(world, own.token, clock()).signed_in
    assert actor_of(world, far.token, clock()) == VISITOR
    assert actor_of(world, others.token, clock()).signed_in


# --- the second factor --------------------------------------------------------------------------------------------


def test_with_a_second_factor_the_password_opens_nothing(world: People, clock: MovableClock) -> None:
    totp, _ = enrol(world, world.organiser, clock())
    clock.advance(minutes=1)
    signed_in = sign_in(world, "organiser@example.org", clock())
    assert signed_in is not None
    assert signed_in.next == "code"
    assert actor_of(world, signed_in.token, clock()) == VISITOR
    opened = give_code(world, signed_in.token, totp.at(clock()), clock())
    assert actor_of(world, opened, clock()).user_id == world.organiser.id
    assert opened != signed_in.token
    assert actor_of(world, signed_in.token, clock()) == VISITOR


def test_a_code_is_not_taken_twice(world: People, clock: MovableClock) -> None:
    totp, _ = enrol(world, world.organiser, clock())
    clock.advance(minutes=1)
    code = totp.at(clock())
    for expected in (True, False):
        signed_in = sign_in(world, "organiser@example.org", clock())
        assert signed_in is not None
        token = signed_in.token
        opened = give_code(world, token, code, clock())
        assert (opened is not None) is expected


def test_the_code_that_confirmed_does_not_open(world: People, clock: MovableClock) -> None:
    totp, _ = enrol(world, world.organiser, clock())
    signed_in = sign_in(world, "organiser@example.org", clock())
    assert signed_in is not None
    opened = give_code(world, signed_in.token, totp.at(clock()), clock())
    assert opened is None


def test_a_recovery_code_opens_once(world: People, clock: MovableClock) -> None:
    _, codes = enrol(world, world.organiser, clock())
    for expected in (True, False):
        signed_in = sign_in(world, "organiser@example.org", clock())
        assert signed_in is not None
        token = signed_in.token
        opened = give_code(world, token, codes[3].upper(), clock())
        assert (opened is not None) is expected


def test_wrong_codes_pause_the_account_and_the_password_does_not_reset_them(
    world: People, clock: MovableClock
) -> None:
    totp, _ = enrol(world, world.organiser, clock())
    clock.advance(minutes=1)
    for _ in range(5):
        signed_in = sign_in(world, "organiser@example.org", clock())
        assert signed_in is not None
        token = signed_in.token
        assert give_code(world, token, "000000", clock()) is None
    right = totp.at(clock())
    assert give_code(world, token, right, clock()) is None
    assert sign_in(world, "organiser@example.org", clock()) is None


def test_the_second_step_has_ten_minutes(world: People, clock: MovableClock) -> None:
    totp, _ = enrol(world, world.organiser, clock())
    clock.advance(minutes=1)
    signed_in = sign_in(world, "organiser@example.org", clock())
    assert signed_in is not None
    clock.advance(minutes=10)
    with pytest.raises(NotAllowed), transaction(world.engine) as session:
        actions.give_code(session, token=signed_in.token, code=totp.at(clock()), now=clock(), hours=12)


def test_where_it_is_required_staff_set_it_up_before_anything_else(world: People, clock: MovableClock) -> None:
    signed_in = sign_in(world, "organiser@example.org", clock(), required=True)
    assert signed_in is not None
    assert signed_in.next == "enrol"
    assert actor_of(world, signed_in.token, clock()) == VISITOR
    write(world, lambda s: actions.begin_enrolment_half(s, token=signed_in.token, now=clock()))
    with reading(world.engine) as session:
        half = queries.half_session(session, token=signed_in.token, now=clock())
    assert half is not None
    with pytest.raises(RuleBroken), transaction(world.engine) as session:
        actions.confirm_enrolment_half(session, token=signed_in.token, code="000000", now=clock(), hours=12)
    code = pyotp.TOTP(half.secret or "").at(clock())
    opened, codes = write(
        world,
        lambda s: actions.confirm_enrolment_half(s, token=signed_in.token, code=code, now=clock(), hours=12),
    )
    assert actor_of(world, opened, clock()).roles == {Role.ORGANISER}
    assert len(codes) == 10


def test_merchants_are_never_made_to(world: People, clock: MovableClock) -> None:
    signed_in = sign_in(world, "merchant1@example.org", clock(), required=True)
    assert signed_in is not None
    assert signed_in.next == ""


def test_removing_it_asks_for_a_code_and_is_refused_where_required(world: People, clock: MovableClock) -> None:
    totp, codes = enrol(world, world.organiser, clock())
    clock.advance(minutes=1)
    who = world.organiser.actor
    for code, required in (("000000", False), (totp.at(clock()), True)):
        with pytest.raises(RuleBroken), transaction(world.engine) as session:
            actions.remove_second_factor(session, actor=who, now=clock(), code=code, second_factor_required=required)
    write(
        world,
        lambda s: actions.remove_second_factor(
            s, actor=who, now=clock(), code=codes[0], second_factor_required=False
        ),
    )
    signed_in = sign_in(world, "organiser@example.org", clock())
    assert signed_in is not None
    assert signed_in.next == ""


def test_new_recovery_codes_replace_the_old(world: People, clock: MovableClock) -> None:
    _, old = enrol(world, world.organiser, clock())
    new = write(
        world,
        lambda s: actions.renew_recovery_codes(s, actor=world.organiser.actor, now=clock(), code=old[0]),
    )
    with pytest.raises(RuleBroken), transaction(world.engine) as session:
        actions.renew_recovery_codes(session, actor=world.organiser.actor, now=clock(), code=old[1])
    assert set(new).isdisjoint(old)


# --- passwords ----------------------------------------------------------------------------------------------------


def test_changing_the_password_ends_other_sessions(world: People, clock: MovableClock) -> None:
    here, there = (sign_in(world, "organiser@example.org", clock()) for _ in range(2))
    assert here is not None
    assert there is not None
    tried = attempt(world, "organiser@example.org", PASSWORD)
    write(
        world,
        lambda s: actions.change_password(
            s,
            actor=world.organiser.actor,
            now=clock(),
            attempt=tried,
            password=NEW,
            new_hash=passwords.hash_password(NEW),
            token=here.token,
        ),
    )
    assert actor_of(world, here.token, clock()).signed_in
    assert actor_of(world, there.token, clock()) == VISITOR
    assert sign_in(world, "organiser@example.org", clock()) is None
    assert sign_in(world, "organiser@example.org", clock(), NEW) is not None
    assert [letter.template for letter in letters(world)] == ["accounts/password-changed"]


@pytest.mark.parametrize(
    ("present", "new", "field"),
    [
        ("wrong password here", NEW, "present"),
        (PASSWORD, "short", "password"),
        (PASSWORD, "Olga Organiser", "password"),
    ],
)
def test_a_password_is_not_changed(world: People, clock: MovableClock, present: str, new: str, field: str) -> None:
    tried = attempt(world, "organiser@example.org", present)
    with pytest.raises(RuleBroken) as refused, transaction(world.engine) as session:
        actions.change_password(
            session,
            actor=world.organiser.actor,
            now=clock(),
            attempt=tried,
            password=new,
            new_hash=passwords.hash_password(new),
            token="",
        )
    assert [problem.field for problem in refused.value.problems] == [field]
    assert sign_in(world, "organiser@example.org", clock()) is not None
    assert letters(world) == []


def test_somebody_elses_password_does_not_change_mine(world: People, clock: MovableClock) -> None:
    tried = attempt(world, "supervisor@example.org", PASSWORD)
    with pytest.raises(RuleBroken), transaction(world.engine) as session:
        actions.change_password(
            session,
            actor=world.organiser.actor,
            now=clock(),
            attempt=tried,
            password=NEW,
            new_hash=passwords.hash_password(NEW),
            token="",
        )


def test_a_link_by_mail_changes_the_password_once(world: People, clock: MovableClock) -> None:
    before = sign_in(world, "organiser@example.org", clock())
    assert before is not None
    write(world, lambda s: actions.forget_password(s, email="Organiser@example.org", language="en", now=clock()))
    token = token_in(letters(world)[0])
    clock.advance(hours=2, microseconds=-1)

    def reset(session: Session) -> None:
        actions.reset_password(session, token=token, password=NEW, new_hash=passwords.hash_password(NEW), now=clock())

    write(world, reset)
    assert actor_of(world, before.token, clock()) == VISITOR
    assert sign_in(world, "organiser@example.org", clock(), NEW) is not None
    with pytest.raises(NotFound), transaction(world.engine) as session:
        reset(session)


def test_a_link_is_over_after_two_hours_and_replaced_by_a_newer_one(world: People, clock: MovableClock) -> None:
    for _ in range(2):
        write(world, lambda s: actions.forget_password(s, email="organiser@example.org", language="en", now=clock()))
    first, second = (token_in(letter) for letter in letters(world))
    with reading(world.engine) as session:
        with pytest.raises(NotFound):
            queries.open_reset(session, token=first, now=clock())
        assert queries.open_reset(session, token=second, now=clock()) == "organiser@example.org"
        with pytest.raises(NotFound):
            queries.open_reset(session, token=second, now=clock() + timedelta(hours=2))


def test_a_reset_ends_a_pause_and_keeps_the_second_factor(world: People, clock: MovableClock) -> None:
    enrol(world, world.organiser, clock())
    for _ in range(5):
        sign_in(world, "organiser@example.org", clock(), "wrong password here")
    write(world, lambda s: actions.forget_password(s, email="organiser@example.org", language="zh", now=clock()))
    token = token_in(letters(world)[0])
    write(
        world,
        lambda s: actions.reset_password(
            s, token=token, password=NEW, new_hash=passwords.hash_password(NEW), now=clock()
        ),
    )
    signed_in = sign_in(world, "organiser@example.org", clock(), NEW)
    assert signed_in is not None
    assert signed_in.next == "code"


def test_nobody_learns_which_addresses_have_accounts(world: People, clock: MovableClock) -> None:
    write(world, lambda s: actions.forget_password(s, email="nobody@example.org", language="en", now=clock()))
    assert letters(world) == []


# --- becoming somebody --------------------------------------------------------------------------------------------


def accept(world: People, token: str, now: datetime, *, name: str = "New Person", password: str = NEW) -> int:
    made: int = write(
        world,
        lambda s: actions.accept_invitation(
            s,
            token=token,
            name=name,
            password=password,
            new_hash=passwords.hash_password(password),
            language="en",
            now=now,
        ),
    )
    return made


def test_a_merchant_registers_by_a_letter(world: People, clock: MovableClock) -> None:
    write(world, lambda s: actions.register(s, email="New@example.org", language="zh", now=clock()))
    letter = letters(world)[0]
    assert (letter.address, letter.template, letter.language) == ("new@example.org", "accounts/register", "zh")
    with reading(world.engine) as session:
        assert session.scalar(select(User.id).where(User.email == "new@example.org")) is None
        offer = queries.open_invitation(session, token=token_in(letter), now=clock())
    assert (offer.roles, offer.invited) == ((Role.MERCHANT,), False)
    user_id = accept(world, token_in(letter), clock())
    with reading(world.engine) as session:
        assert queries.actor_with_id(session, user_id).roles == {Role.MERCHANT}
    with pytest.raises(NotFound):
        accept(world, token_in(letter), clock())


def test_registering_an_address_that_has_an_account_tells_its_owner_only(world: People, clock: MovableClock) -> None:
    write(world, lambda s: actions.register(s, email="organiser@example.org", language="en", now=clock()))
    assert [letter.template for letter in letters(world)] == ["accounts/registered-already"]
    with reading(world.engine) as session:
        assert session.scalars(select(Invitation)).all() == []


def test_registering_does_not_replace_an_invitation_of_the_office(world: People, clock: MovableClock) -> None:
    invite(world, clock())
    write(world, lambda s: actions.register(s, email="new@example.org", language="en", now=clock()))
    user_id = accept(world, token_in(letters(world)[0]), clock())
    with reading(world.engine) as session:
        assert queries.actor_with_id(session, user_id).roles == {Role.SUPERVISOR, Role.HANDLER}
    with pytest.raises(NotFound):
        accept(world, token_in(letters(world)[1]), clock())


def invite(world: People, now: datetime, **changes: Any) -> None:
    given: dict[str, Any] = {
        "actor": world.administrator.actor,
        "email": "new@example.org",
        "name": "New  Person",
        "employer": "Office",
        "roles": [Role.SUPERVISOR, Role.HANDLER],
        "language": "en",
        **changes,
    }
    write(world, lambda s: actions.invite(s, now=now, **given))


def test_an_invitation_gives_its_roles_for_a_fortnight(world: People, clock: MovableClock) -> None:
    invite(world, clock())
    token = token_in(letters(world)[0])
    with reading(world.engine) as session:
        offer = queries.open_invitation(session, token=token, now=clock())
        assert (offer.name, offer.invited) == ("New Person", True)
        with pytest.raises(NotFound):
            queries.open_invitation(session, token=token, now=clock() + timedelta(days=14))
    clock.advance(days=14, microseconds=-1)
    user_id = accept(world, token, clock())
    with reading(world.engine) as session:
        assert queries.actor_with_id(session, user_id).roles == {Role.SUPERVISOR, Role.HANDLER}
    invited, opened = logged(world)
    assert (invited.kind, invited.roles) == ("account.invited", ("handler", "supervisor"))
    assert (opened.kind, opened.roles) == ("account.opened", ("handler", "supervisor"))
    with reading(world.engine) as session:
        assert b"new@example.org" not in b"".join(session.scalars(select(LogEntry.body)))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"roles": []}, "roles"),
        ({"roles": [Role.ADMINISTRATOR, Role.MEMBER]}, "roles"),
        ({"email": "organiser@example.org"}, "email"),
    ],
)
def test_what_cannot_be_offered(world: People, clock: MovableClock, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        invite(world, clock(), **changes)
    assert {problem.field for problem in refused.value.problems} == {field}
    assert letters(world) == []


def test_only_administrators_invite(world: People, clock: MovableClock) -> None:
    for person in world.everybody():
        if person is not world.administrator:
            with pytest.raises(NotAllowed):
                invite(world, clock(), actor=person.actor)
    with pytest.raises(NotAllowed):
        invite(world, clock(), actor=VISITOR)
    assert letters(world) == []


def test_a_newer_or_withdrawn_invitation_makes_the_link_invalid(world: People, clock: MovableClock) -> None:
    for _ in range(2):
        invite(world, clock())
    first, second = (token_in(letter) for letter in letters(world))
    with pytest.raises(NotFound):
        accept(world, first, clock())
    with reading(world.engine) as session:
        (waiting,) = queries.waiting_invitations(session, actor=world.administrator.actor, now=clock())
    write(
        world,
        lambda s: actions.withdraw_invitation(
            s, actor=world.administrator.actor, now=clock(), invitation_id=waiting.id
        ),
    )
    with pytest.raises(NotFound):
        accept(world, second, clock())
    kinds = [entry.kind for entry in logged(world)]
    assert kinds == ["account.invited", "account.invited", "account.invitation_withdrawn"]


@pytest.mark.parametrize(("name", "password", "field"), [("  ", NEW, "name"), ("New Person", "short", "password")])
def test_an_account_needs_a_name_and_a_password(
    world: People, clock: MovableClock, name: str, password: str, field: str
) -> None:
    invite(world, clock())
    token = token_in(letters(world)[0])
    with pytest.raises(RuleBroken) as refused:
        accept(world, token, clock(), name=name, password=password)
    assert [problem.field for problem in refused.value.problems] == [field]
    accept(world, token, clock())


def test_the_first_administrator_comes_from_the_command_line(engine: Engine) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)

    def create(password: str) -> int:
        with transaction(engine) as session:
            return actions.create_administrator(
                session,
                email="first@example.org",
                name="First",
                password=password,
                new_hash=passwords.hash_password(password),
                language="zh",
                now=now,
            )

    with pytest.raises(RuleBroken):
        create("short")
    user_id = create(NEW)
    with reading(engine) as session:
        assert queries.actor_with_id(session, user_id).roles == {Role.ADMINISTRATOR}
    with pytest.raises(RuleBroken):
        create(NEW)


# --- the administrator --------------------------------------------------------------------------------------------


def ref_of(world: People, person: Person) -> str:
    with reading(world.engine) as session:
        return session.get_one(User, person.id).ref


def test_changed_roles_need_a_new_sign_in(world: People, clock: MovableClock) -> None:
    signed_in = sign_in(world, "organiser@example.org", clock())
    assert signed_in is not None
    administrator, ref = world.administrator.actor, ref_of(world, world.organiser)
    write(
        world,
        lambda s: actions.change_roles(s, actor=administrator, now=clock(), ref=ref, roles=[Role.ORGANISER]),
    )
    assert actor_of(world, signed_in.token, clock()).signed_in, "nothing changed"
    write(
        world,
        lambda s: actions.change_roles(
            s, actor=administrator, now=clock(), ref=ref, roles=[Role.ORGANISER, Role.SUPERVISOR]
        ),
    )
    assert actor_of(world, signed_in.token, clock()) == VISITOR
    assert world.organiser.actor.roles == {Role.ORGANISER, Role.SUPERVISOR}
    with pytest.raises(RuleBroken), transaction(world.engine) as session:
        actions.change_roles(
            session, actor=administrator, now=clock(), ref=ref, roles=[Role.ORGANISER, Role.MERCHANT]
        )
    assert world.organiser.actor.roles == {Role.ORGANISER, Role.SUPERVISOR}
    (entry,) = logged(world)
    assert (entry.before, entry.after) == (("organiser",), ("organiser", "supervisor"))


def test_shutting_an_account_ends_its_sessions_and_links(world: People, clock: MovableClock) -> None:
    signed_in = sign_in(world, "organiser@example.org", clock())
    assert signed_in is not None
    write(world, lambda s: actions.forget_password(s, email="organiser@example.org", language="en", now=clock()))
    ref = ref_of(world, world.organiser)
    write(world, lambda s: actions.disable(s, actor=world.administrator.actor, now=clock(), ref=ref))
    assert actor_of(world, signed_in.token, clock()) == VISITOR
    with reading(world.engine) as session, pytest.raises(NotFound):
        queries.open_reset(session, token=token_in(letters(world)[0]), now=clock())
    with reading(world.engine) as session:
        assert [p.id for p in queries.people_with_role(session, Role.ORGANISER)] == [world.second_organiser.id]
    for act in (actions.disable, actions.enable, actions.enable):
        with transaction(world.engine) as session:
            act(session, actor=world.administrator.actor, now=clock(), ref=ref)
    assert [entry.kind for entry in logged(world)] == ["account.shut", "account.reopened"]


def test_an_administrator_takes_a_lost_second_factor_off(world: People, clock: MovableClock) -> None:
    enrol(world, world.organiser, clock())
    ref = ref_of(world, world.organiser)
    write(
        world,
        lambda s: actions.reset_second_factor(s, actor=world.administrator.actor, now=clock(), ref=ref),
    )
    signed_in = sign_in(world, "organiser@example.org", clock())
    assert signed_in is not None
    assert signed_in.next == ""
    assert [letter.template for letter in letters(world)] == ["accounts/second-factor-removed"]
    assert [entry.kind for entry in logged(world)] == ["account.second_factor_removed"]


ACTS: list[Callable[..., None]] = [
    actions.disable,
    actions.enable,
    actions.end_sessions_of,
    actions.reset_second_factor,
]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_nobody_does_this_to_themselves_or_without_being_administrator(
    world: People, clock: MovableClock, act: Callable[..., None]
) -> None:
    own, others = ref_of(world, world.administrator), ref_of(world, world.members[0])
    with pytest.raises(RuleBroken), transaction(world.engine) as session:
        act(session, actor=world.administrator.actor, now=clock(), ref=own)
    with pytest.raises(NotFound), transaction(world.engine) as session:
        act(session, actor=world.administrator.actor, now=clock(), ref="nobody")
    for person in (world.organiser, world.supervisor, world.merchants[0]):
        with pytest.raises(NotAllowed), transaction(world.engine) as session:
            act(session, actor=person.actor, now=clock(), ref=others)
    assert logged(world) == []


def test_the_list_of_accounts_comes_in_pages(world: People) -> None:
    seen: list[str] = []
    after = ""
    while True:
        with reading(world.engine) as session:
            rows, after = queries.accounts(session, actor=world.administrator.actor, after=after, size=4)
        seen += [row.email for row in rows]
        if not after:
            break
    assert sorted(seen) == sorted(person.email for person in world.everybody())
    with reading(world.engine) as session:
        members, _ = queries.accounts(session, actor=world.administrator.actor, only=Role.MEMBER)
        assert len(members) == 7
        with pytest.raises(NotAllowed):
            queries.accounts(session, actor=world.organiser.actor)


def test_every_account_that_comes_to_be_is_logged(world: People, clock: MovableClock) -> None:
    """Whoever puts an account or a role into the tables without an entry is found by the audit."""
    with reading(world.engine) as session:
        bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.idx)).all()
    made = [entry for entry in (unseal(body).entry for body in bodies) if entry.kind == "account.made"]
    assert len(made) == len(world.everybody())
    assert {role for entry in made for role in entry.roles} >= {"merchant", "member", "organiser", "supervisor"}
