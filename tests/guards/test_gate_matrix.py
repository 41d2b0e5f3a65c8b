"""Route × role × phase: one table (routes.py) and the whole application against it.

The world is the demonstration, which has a round in every phase. Whoever lacks a role is turned away at the gate; who
has the role without a seat in the round is turned away by the round; who has the seat but not the phase is refused,
and nothing at all is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import lxml.html
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, select, text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import create_app
from procurement.access import GRANTS, SEATS, Permission, Role
from procurement.accounts.models import User
from procurement.applications.models import Application, ApplicationDraft
from procurement.db import reading
from procurement.objections.models import Objection
from procurement.rounds.models import Round
from procurement.rounds.phases import Phase
from tests.conftest import Demonstration, MovableClock, close
from tests.guards.routes import ROUTES
from tests.worlds.people import Person

REFUSED = {303, 400, 403, 404, 405, 409, 410, 422}
"""303: sent to where the matter stands now, without anything being written."""
PERSONAS = {
    Role.MERCHANT: "merchant-tea",
    Role.MEMBER: "member1",
    Role.ORGANISER: "organiser",
    Role.SUPERVISOR: "supervisor",
    Role.OFFICIAL: "official",
    Role.HANDLER: "handler",
    Role.ADMINISTRATOR: "administrator",
}
WITHOUT_SEAT = {Role.ORGANISER: "organiser2", Role.MEMBER: "judge11"}


_APPLICATION = ("/my-sheets/", "/applications/<ref>")
_OBJECTION = "/objections/<ref>"
_DECISION = ("/decisions/<ref>", "/my-signatures/<ref>")


class First(NamedTuple):
    """An application: its reference, the key of its draft, the account that applied."""

    ref: str
    key: str
    applicant: str


@dataclass
class House:
    """A copy of the demonstration, served, with one browser for each person who was asked for."""

    app: Flask
    engine: Engine
    clock: MovableClock
    told: dict[str, Any]
    browsers: dict[str, FlaskClient] = field(default_factory=dict)

    def browser(self, name: str) -> FlaskClient:
        """A browser in which `name`@example.org is signed in; nobody for ""."""
        if name not in self.browsers:
            client = self.app.test_client()
            if name:
                with reading(self.engine) as session:
                    user = session.scalars(select(User).where(User.email == f"{name}@example.org")).one()
                Person(self.engine, user.id, user.email, user.name).enter(client, self.clock())
            self.browsers[name] = client
        return self.browsers[name]

    def ref(self, phase: Phase) -> str | None:
        """A round in `phase`, if the demonstration has one."""
        return next((told["ref"] for told in self.told["rounds"] if told["phase"] == phase), None)

    def first_application(self, round_ref: str) -> "First":
        """The first application of the round, the key of its draft and who applied."""
        with reading(self.engine) as session:
            row = session.execute(
                select(Application.ref, ApplicationDraft.key, User.email)
                .join(Round, Round.id == Application.round_id)
                .join(ApplicationDraft, ApplicationDraft.application_id == Application.id)
                .join(User, User.id == ApplicationDraft.created_by_id)
                .where(Round.ref == round_ref)
                .order_by(Application.id)
            ).first()
        return First(row[0], row[1], row[2].partition("@")[0]) if row else First("none", "none", "merchant-tea")

    def address(self, rule: Rule, round_ref: str) -> str:
        """The address of `rule` for a round, its first application and the first of everything else."""
        first = self.first_application(round_ref)
        examples: dict[str, Any] = {
            "lang": "en",
            "ref": self.objection(round_ref) if _OBJECTION in rule.rule else round_ref,
            "application": first.ref,
            "key": first.key,
            "name": "product",
            "section": "basics",
            "code": "quality",
            "index": 0,
            "target": "result",
            "kind": "ruling",
            "digest": "0" * 64,
        }
        if any(part in rule.rule for part in _DECISION):
            examples["ref"] = f"{round_ref}-D1"
        if "/members/" in rule.rule:
            examples["code"] = "M1"
        if any(part in rule.rule for part in _APPLICATION):
            examples["ref"] = first.ref
        values = {name: examples.get(name, "1") for name in rule.arguments}
        return str(self.app.url_map.bind("localhost").build(rule.endpoint, values))

    def objection(self, round_ref: str) -> str:
        """The first objection in the round."""
        with reading(self.engine) as session:
            return (
                session.scalar(
                    select(Objection.ref)
                    .join(Round, Round.id == Objection.round_id)
                    .where(Round.ref == round_ref)
                    .order_by(Objection.id)
                )
                or "none"
            )

    def actor(self, by: str, round_ref: str) -> FlaskClient:
        """The browser of whoever has the role `by` in the round."""
        if by == Role.MERCHANT:
            return self.browser(self.first_application(round_ref).applicant)
        return self.browser(PERSONAS[Role(by)] if by != Role.VISITOR else "")

    def rules(self, method: str) -> Iterator[Rule]:
        """The rules that answer `method`."""
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda rule: rule.rule):
            if rule.endpoint != "static" and method in (rule.methods or ()):
                yield rule


@pytest.fixture
def house(demonstration: Demonstration, tmp_path: Path) -> Iterator[House]:
    clock = MovableClock(demonstration.present)
    app = create_app(demonstration.copy(tmp_path / "house"), clock=clock)
    app.testing = True
    # The token is tested elsewhere for every form; here nobody is turned away for want of one. Nor for haste.
    app.config.update(WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    from procurement.web import limiter

    limiter.enabled = False
    engine = app.extensions["sunlit"].engine
    yield House(app, engine, clock, demonstration.told)
    limiter.enabled = True
    close(engine)


@pytest.fixture
def watch(house: House) -> Iterator[Connection]:
    """A connection that notices whether any other one has committed anything (PRAGMA data_version)."""
    with house.engine.connect().execution_options(sunlit_reading=True) as connection:
        yield connection


def version(watch: Connection) -> int:
    """Changes whenever anything is committed."""
    found = watch.execute(text("PRAGMA data_version")).scalar_one()
    watch.rollback()
    return int(found)


def test_every_route_is_in_the_table(house: House) -> None:
    served = {rule.endpoint for method in ("GET", "POST") for rule in house.rules(method)}
    assert served - ROUTES.keys() == set(), "add a row to tests/guards/routes.py"
    assert ROUTES.keys() - served == set(), "the table names routes that are gone"


def test_every_route_asks_for_the_permission_of_the_table(house: House) -> None:
    wrong = {
        name: (route.permission, house.app.view_functions[name].permission)  # type: ignore[attr-defined]
        for name, route in ROUTES.items()
        if house.app.view_functions[name].permission is not route.permission  # type: ignore[attr-defined]
    }
    assert wrong == {}


@pytest.mark.parametrize("role", [None, *PERSONAS], ids=str)
def test_the_gate_turns_away_whoever_lacks_the_role(house: House, watch: Connection, role: Role | None) -> None:
    browser = house.browser(PERSONAS[role] if role else "")
    held = {Role.VISITOR, role}
    before, passed, ref = version(watch), [], house.ref(Phase.SCORING)
    assert ref is not None
    for method in ("GET", "POST"):
        for rule in house.rules(method):
            if GRANTS[ROUTES[rule.endpoint].permission] & held:
                continue
            answer = browser.open(house.address(rule, ref), method=method)
            turned_away = (
                answer.status_code == 303 and "/sign-in" in answer.headers["Location"]
                if role is None and method == "GET"
                else answer.status_code == 403
            )
            if not turned_away:
                passed.append((method, rule.rule, answer.status_code))
    assert passed == []
    assert version(watch) == before


def _needs_seat(permission: Permission) -> bool:
    return GRANTS[permission] <= SEATS and permission is not Permission.CREATE_ROUND


@pytest.mark.parametrize("role", WITHOUT_SEAT, ids=str)
@pytest.mark.parametrize("phase", [Phase.DRAFT, Phase.SCORING], ids=str)
def test_a_round_turns_away_who_has_no_seat_in_it(house: House, watch: Connection, role: Role, phase: Phase) -> None:
    ref = house.ref(phase)
    assert ref is not None
    browser = house.browser(WITHOUT_SEAT[role])
    before, passed = version(watch), []
    for method in ("GET", "POST"):
        for rule in house.rules(method):
            permission = ROUTES[rule.endpoint].permission
            if not (
                {"ref", "application"} & rule.arguments and _needs_seat(permission) and role in GRANTS[permission]
            ):
                continue
            answer = browser.open(house.address(rule, ref), method=method)
            # 422: a form that lacks something is refused before anybody looks whose round it is.
            if answer.status_code not in ({403, 404} if method == "GET" else {403, 404, 422}):
                passed.append((method, rule.rule, answer.status_code))
    assert passed == []
    assert version(watch) == before


def fill_in(page: TestResponse) -> dict[str, Any]:
    """What somebody would send from the main form of `page`: every field filled, every box ticked."""
    document = lxml.html.fromstring(page.text)
    filled: dict[str, Any] = {}
    for element in document.xpath("//main//form//*[@name]"):
        name, kind = element.get("name"), element.get("type", "text")
        if element.tag == "select":
            options = [option.get("value") for option in element.iter("option") if option.get("value")]
            filled.setdefault(name, options[0] if options else "")
        elif element.tag == "textarea":
            filled[name] = (element.text or "").strip() or "演示：此处写明理由。Demo: the reason is written here."
        elif kind in ("radio", "checkbox"):
            filled.setdefault(name, element.get("value", "y"))
        elif kind == "file":
            continue
        elif element.tag in ("input", "button"):
            filled[name] = element.get("value") or {"email": "x@example.org", "number": "1"}.get(kind, "1")
    return filled


def test_an_act_happens_in_its_phases_only(house: House, watch: Connection) -> None:
    """Whoever may act sends, in every phase, the very form that is right in the right phase."""
    done, tried = [], 0
    for rule in house.rules("POST"):
        route = ROUTES[rule.endpoint]
        if route.phases is None:
            continue
        sent: dict[str, Any] = {}
        for phase in Phase:
            ref = house.ref(phase)
            if ref is not None and phase in route.phases and "GET" in (rule.methods or ()):
                page = house.actor(route.by, ref).get(house.address(rule, ref))
                if page.status_code == 200:
                    sent = fill_in(page)
                    break
        for phase in Phase:
            ref = house.ref(phase)
            if ref is None or phase in route.phases:
                continue
            browser = house.actor(route.by, ref)
            before = version(watch)
            answer = browser.post(house.address(rule, ref), data=sent)
            tried += 1
            if answer.status_code not in REFUSED or version(watch) != before:
                done.append((rule.rule, phase.value, answer.status_code))
    assert done == []
    assert tried > 50


def test_pages_of_a_round_are_there_or_say_why_not(house: House) -> None:
    """No page of any round in any phase is an error of ours, for anybody who may ask for it."""
    broken = []
    for role, name in [(Role.VISITOR, ""), *PERSONAS.items()]:
        for phase in Phase:
            ref = house.ref(phase)
            if ref is None:
                continue
            for rule in house.rules("GET"):
                granted = GRANTS[ROUTES[rule.endpoint].permission]
                public = Role.VISITOR in granted
                if "ref" not in rule.arguments or role not in granted or (public and role is not Role.VISITOR):
                    continue
                status = house.browser(name).get(house.address(rule, ref)).status_code
                if status not in {200, 303, 403, 404, 409}:
                    broken.append((role.value, phase.value, rule.rule, status))
    assert broken == []
