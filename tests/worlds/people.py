"""The first layer: people with accounts and roles, and the businesses of the merchants.

world = people(engine, clock())
with transaction(engine) as session:
    actions.something(session, actor=world.organiser.now(session), now=clock(), …)

world.organiser.enter(client, clock())       # the same person in a browser
"""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from procurement.access import Actor, Role
from procurement.accounts import actions, passwords, queries
from procurement.db import reading, transaction
from procurement.merchants.actions import register
from procurement.merchants.rules import MerchantKind, Particulars
from procurement.web import SESSION_COOKIE

PASSWORD = "a sunny field of tea"
"""Everybody's password in the tests."""

OFFICE = ZoneInfo("Asia/Shanghai")

BUSINESSES = (
    Particulars(
        kind=MerchantKind.COMPANY,
        name="青石镇茶叶有限公司",
        uscc="91430102MA4L00001F",
        representative="王青",
        address="青石镇建设路1号",
        contact="李红",
        phone="13812345678",
        hotline="0731-82210000",
        founded=2012,
        named=False,
    ),
    Particulars(
        kind=MerchantKind.COOPERATIVE,
        name="云岭村柑橘专业合作社",
        uscc="93430102MA4L00002C",
        representative="陈岭",
        address="云岭村合作社院内2号",
        contact="陈岭",
        phone="13912345678",
        hotline="",
        founded=2018,
        named=False,
    ),
    Particulars(
        kind=MerchantKind.FARMER,
        name="张三丰",
        uscc=None,
        representative="",
        address="云岭村三组17号",
        contact="张三丰",
        phone="13712345678",
        hotline="",
        founded=None,
        named=False,
    ),
)
"""Invented; the codes are well-formed and belong to nobody known to us."""

# Hashing is slow on purpose. Tests make dozens of people; the parameters travel inside each hash.
passwords.hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    engine: Engine = field(repr=False)
    id: int
    email: str
    name: str

    def now(self, session: Session) -> Actor:
        """This person with the roles and seats of this moment."""
        return queries.actor_with_id(session, self.id)

    @property
    def actor(self) -> Actor:
        """As `now`, read in a session of its own."""
        with reading(self.engine) as session:
            return self.now(session)

    def enter(self, client: FlaskClient, moment: datetime, *, hours: int = 12) -> FlaskClient:
        """Sign this person in on `client`, without the pages of signing in; returns it."""
        with transaction(self.engine) as session:
            token = actions.open_session(
                session, user_id=self.id, now=moment, device="Firefox, Linux", hours=hours, second_factor=True
            )
        client.set_cookie(SESSION_COOKIE, token)
        return client


@dataclass(frozen=True)
class People:
    """One or more of everybody. Seven members, so that two may be recused; three merchants, one of them for two
    applications; two organisers and two supervisors, so that somebody is left when one is attacked."""

    engine: Engine = field(repr=False)
    administrator: Person
    organiser: Person
    second_organiser: Person
    supervisor: Person
    second_supervisor: Person
    official: Person
    handler: Person
    members: tuple[Person, ...]
    merchants: tuple[Person, ...]
    businesses: tuple[str, ...]
    """References of a company, a cooperative and a farmer; each merchant acts for the one in the same place."""

    def everybody(self) -> list[Person]:
        """All of them."""
        return [
            self.administrator,
            self.organiser,
            self.second_organiser,
            self.supervisor,
            self.second_supervisor,
            self.official,
            self.handler,
            *self.members,
            *self.merchants,
        ]


def people(engine: Engine, now: datetime) -> People:
    """Everybody has an account, in English, with PASSWORD; nobody has a second factor."""
    new_hash = passwords.hash_password(PASSWORD)

    def person(address: str, name: str, role: Role, employer: str = "") -> Person:
        email = f"{address}@example.org"
        user_id = actions.create_account(
            session,
            email=email,
            name=name,
            employer=employer,
            roles=[role],
            password=PASSWORD,
            new_hash=new_hash,
            language="en",
            now=now,
        )
        return Person(engine, user_id, email, name)

    with transaction(engine) as session:
        merchants = tuple(
            person(f"merchant{n}", f"Merchant {name}", Role.MERCHANT)
            for n, name in enumerate(("Ana", "Bea", "Cia"), 1)
        )
        businesses = tuple(
            register(
                session,
                actor=who.now(session),
                now=now,
                today=now.astimezone(OFFICE).date(),
                particulars=particulars,
            )
            for who, particulars in zip(merchants, BUSINESSES, strict=True)
        )
        return People(
            engine=engine,
            administrator=person("administrator", "Ada Administrator", Role.ADMINISTRATOR),
            organiser=person("organiser", "Olga Organiser", Role.ORGANISER, "Selection office"),
            second_organiser=person("organiser2", "Otto Organiser", Role.ORGANISER, "Selection office"),
            supervisor=person("supervisor", "Sven Supervisor", Role.SUPERVISOR, "Supervision office"),
            second_supervisor=person("supervisor2", "Sara Supervisor", Role.SUPERVISOR, "Supervision office"),
            official=person("official", "Olaf Official", Role.OFFICIAL, "County government"),
            handler=person("handler", "Hedda Handler", Role.HANDLER, "Supervision office"),
            members=tuple(
                person(f"member{n}", f"Member {name}", Role.MEMBER, f"School {n}")
                for n, name in enumerate(("Un", "Du", "Tri", "Kvar", "Kvin", "Ses", "Sep"), 1)
            ),
            merchants=merchants,
            businesses=businesses,
        )
