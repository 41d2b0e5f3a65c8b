"""Who takes part in the demonstration. Nobody is a real person, and every name says so."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from procurement.access import Actor, Role
from procurement.accounts.actions import create_account
from procurement.accounts.passwords import hash_password
from procurement.accounts.queries import actor_with_id
from procurement.db import transaction

PASSWORD = "sunlit-demo-2026"  # noqa: S105 (of a demonstration that is refused in production)


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    id: int
    email: str
    name: str
    role: Role

    def now(self, session: Session) -> Actor:
        """This person with the roles and seats of this moment."""
        return actor_with_id(session, self.id)


@dataclass(frozen=True)
class Cast:
    """Everybody. `judges` are the eleven of 1976, in the order of the table of marks."""

    administrator: Person
    organiser: Person
    second_organiser: Person
    supervisor: Person
    second_supervisor: Person
    official: Person
    handler: Person
    members: tuple[Person, ...]
    merchants: dict[str, Person]
    judges: tuple[Person, ...] = field(repr=False)

    def listed(self) -> list[Person]:
        """Those whom somebody who looks around needs, in the order of the process."""
        office = [self.organiser, self.second_organiser, self.supervisor, self.second_supervisor]
        others = [self.official, self.handler, self.administrator]
        return [*office, *self.members, *self.merchants.values(), *others]

    def everybody(self) -> list[Person]:
        """All of them."""
        return [*self.listed(), *self.judges]

    def as_json(self) -> list[dict[str, Any]]:
        """Accounts as `sunlit demo --accounts` prints them."""
        return [
            {"role": person.role.value, "email": person.email, "password": PASSWORD, "name": person.name}
            for person in self.listed()
        ]


_LETTERS = "甲乙丙丁戊己庚"


def enrol(engine: Engine, now: datetime, *, merchants: list[str], judges: list[str]) -> Cast:
    """Give everybody an account. `merchants`: keys of the businesses; `judges`: names of those of 1976."""
    new_hash = hash_password(PASSWORD)

    with transaction(engine) as session:

        def person(address: str, name: str, role: Role, employer: str, language: str = "zh") -> Person:
            email = f"{address}@example.org"
            user_id = create_account(
                session,
                email=email,
                name=name,
                employer=employer,
                roles=[role],
                password=PASSWORD,
                new_hash=new_hash,
                language=language,
                now=now,
            )
            return Person(user_id, email, name, role)

        office, supervision = (
            "选品工作办公室（演示） Selection Office (demo)",
            "监督机构（演示） Supervision Office (demo)",
        )
        return Cast(
            administrator=person("administrator", "演示管理员 Demo administrator", Role.ADMINISTRATOR, office),
            organiser=person("organiser", "演示组织方甲 Demo organiser A", Role.ORGANISER, office),
            second_organiser=person("organiser2", "演示组织方乙 Demo organiser B", Role.ORGANISER, office),
            supervisor=person("supervisor", "演示监督员甲 Demo supervisor A", Role.SUPERVISOR, supervision),
            second_supervisor=person("supervisor2", "演示监督员乙 Demo supervisor B", Role.SUPERVISOR, supervision),
            official=person("official", "演示推介人 Demo official", Role.OFFICIAL, "青溪县人民政府（演示）"),
            handler=person("handler", "演示举报受理人 Demo handler", Role.HANDLER, supervision),
            members=tuple(
                person(
                    f"member{number}",
                    f"演示评审{letter} Demo member {chr(64 + number)}",
                    Role.MEMBER,
                    f"演示单位{letter} Demo institution {chr(64 + number)}",
                    "en" if number % 2 == 0 else "zh",
                )
                for number, letter in enumerate(_LETTERS, 1)
            ),
            merchants={
                key: person(f"merchant-{key}", f"演示商家账户 Demo merchant ({key})", Role.MERCHANT, "")
                for key in merchants
            },
            judges=tuple(
                person(f"judge{number}", f"{name} (1976)", Role.MEMBER, "Paris, 1976", "en")
                for number, name in enumerate(judges, 1)
            ),
        )
