"""Who helped to write an application neither scores nor signs: the database itself refuses it."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from procurement.applications.models import Application, ApplicationHelper
from tests.decisions.conftest import DecisionWorld


@pytest.mark.parametrize(
    ("table", "mine"),
    [
        ("sheet", "member_id IN (SELECT id FROM committee_member WHERE user_id = :who)"),
        ("decision_signature", "user_id = :who"),
    ],
)
def test_a_helper_neither_scores_nor_signs(made: DecisionWorld, table: str, mine: str) -> None:
    world = made.scored
    who = world.member("M1").id
    with Session(world.engine) as session:
        # A row as it stands is enough: the trigger speaks before any key does.
        again = text(f"INSERT INTO {table} SELECT * FROM {table} WHERE {mine}")  # noqa: S608 (names of our own)
        with pytest.raises(IntegrityError) as refused, session.begin_nested():
            session.execute(again, {"who": who})
        assert "helps to write" not in str(refused.value)
        ids = session.scalars(select(Application.id).where(Application.round_id == world.id)).all()
        session.add_all(ApplicationHelper(application_id=one, user_id=who, at=world.clock()) for one in ids)
        session.flush()
        with pytest.raises(IntegrityError, match="helps to write"), session.begin_nested():
            session.execute(again, {"who": who})
        session.rollback()
