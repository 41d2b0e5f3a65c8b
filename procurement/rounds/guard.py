"""The trigger that holds the block of food-safety supervisors inside the database, whoever writes to it.

Frozen rules whose official works for a body that must not recommend food cannot be stored while food is among their
goods, and those of "other relevant departments" not without a recorded opinion (rules.RECOMMENDING_FOOD; Food Safety
Law art. 73(2)). On PostgreSQL the trigger is ENABLE ALWAYS.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, MetaData, event

from procurement.db import Base
from procurement.rounds.rules import FOOD, RECOMMENDING_FOOD, FoodRule


def _quoted(values: Iterable[str]) -> str:
    return ", ".join(sorted(f"'{value}'" for value in values))


_NEVER = _quoted(kind.value for kind, rule in RECOMMENDING_FOOD.items() if rule is FoodRule.NEVER)
_OPINION = _quoted(kind.value for kind, rule in RECOMMENDING_FOOD.items() if rule is FoodRule.OPINION)
_FOOD = _quoted(category.value for category in FOOD)
_REFUSED = "food may not be recommended by this employer"
_BLOCKED = f"""EXISTS (SELECT 1 FROM json_each(new.document, '$.categories') WHERE value IN ({_FOOD}))
        AND (json_extract(new.document, '$.official.employer_kind') IN ({_NEVER})
          OR (json_extract(new.document, '$.official.employer_kind') IN ({_OPINION})
            AND json_extract(new.document, '$.activity.food.given_on') IS NULL))"""  # noqa: S608 (codes of our own)

_CREATE: dict[str, tuple[str, ...]] = {
    "sqlite": tuple(
        f"""CREATE TRIGGER round_rules_food_{act.lower()} BEFORE {act} ON round_rules
        WHEN {_BLOCKED} BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"""
        for act in ("INSERT", "UPDATE")
    ),
    "postgresql": (
        f"""
        CREATE FUNCTION sunlit_rules_food() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE rules jsonb := new.document::jsonb; employer text := rules #>> '{{official,employer_kind}}';
        BEGIN
          IF rules -> 'categories' ?| array[{_FOOD}]
             AND (employer IN ({_NEVER})
               OR (employer IN ({_OPINION}) AND rules #>> '{{activity,food,given_on}}' IS NULL)) THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = '{_REFUSED}';
          END IF;
          RETURN new;
        END $$
        """,
        """CREATE TRIGGER round_rules_food BEFORE INSERT OR UPDATE ON round_rules
        FOR EACH ROW EXECUTE FUNCTION sunlit_rules_food()""",
        "ALTER TABLE round_rules ENABLE ALWAYS TRIGGER round_rules_food",
    ),
}
_DROP: dict[str, tuple[str, ...]] = {
    "sqlite": ("DROP TRIGGER round_rules_food_insert", "DROP TRIGGER round_rules_food_update"),
    "postgresql": ("DROP TRIGGER round_rules_food ON round_rules", "DROP FUNCTION sunlit_rules_food()"),
}


def create_statements(dialect_name: str) -> list[str]:
    """The DDL, one statement each, for "sqlite" or "postgresql"."""
    return list(_CREATE[dialect_name])


def drop_statements(dialect_name: str) -> list[str]:
    """The DDL that takes it away again."""
    return list(_DROP[dialect_name])


@event.listens_for(Base.metadata, "after_create")
def _create_with_table(_: MetaData, connection: Connection, **options: object) -> None:
    created = options.get("tables") or ()
    if any(getattr(table, "name", "") == "round_rules" for table in created):  # type: ignore[attr-defined]
        for statement in create_statements(connection.dialect.name):
            connection.exec_driver_sql(statement)
