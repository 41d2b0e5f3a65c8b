"""Who helped to write an application neither checks, scores nor decides on it: held inside the database, both ways.

A finding, verdict, request for a supplement, sheet or signature of a helper is refused; and so is the help of
somebody who has checked the application already.
"""

from sqlalchemy import Connection, MetaData, event

from procurement.db import Base

_HELPED = (
    "EXISTS (SELECT 1 FROM application_helper h WHERE h.application_id = new.application_id AND h.user_id = {who})"
)
_BARRED = {
    "finding": _HELPED.format(who="new.by_id"),
    "verdict": _HELPED.format(who="new.given_by_id"),
    "supplement_request": _HELPED.format(who="new.asked_by_id"),
    "sheet": _HELPED.format(who="(SELECT m.user_id FROM committee_member m WHERE m.id = new.member_id)"),
    "decision_signature": """EXISTS (SELECT 1 FROM application_helper h
        JOIN application a ON a.id = h.application_id JOIN decision d ON d.round_id = a.round_id
        WHERE d.id = new.decision_id AND h.user_id = new.user_id)""",
    "application_helper": """EXISTS (SELECT 1 FROM finding f
          WHERE f.application_id = new.application_id AND f.by_id = new.user_id)
        OR EXISTS (SELECT 1 FROM verdict v
          WHERE v.application_id = new.application_id AND v.given_by_id = new.user_id)
        OR EXISTS (SELECT 1 FROM supplement_request s
          WHERE s.application_id = new.application_id AND s.asked_by_id = new.user_id)""",
}
"""Table → when a row may not enter it."""

_MESSAGE = "who helps to write an application neither checks nor decides on it"


def create_statements(dialect_name: str) -> list[str]:
    """The DDL, one statement each, for "sqlite" or "postgresql"."""
    statements = []
    for table, barred in _BARRED.items():
        if dialect_name == "sqlite":
            statements.append(
                f"""CREATE TRIGGER {table}_helper BEFORE INSERT ON {table} WHEN {barred}
                BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"""
            )
            continue
        statements += [
            f"""CREATE FUNCTION sunlit_{table}_helper() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF {barred} THEN
                RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = '{_MESSAGE}';
              END IF;
              RETURN new;
            END $$""",
            f"""CREATE TRIGGER {table}_helper BEFORE INSERT ON {table}
            FOR EACH ROW EXECUTE FUNCTION sunlit_{table}_helper()""",
        ]
    return statements


def drop_statements(dialect_name: str) -> list[str]:
    """The DDL that takes it away again."""
    if dialect_name == "sqlite":
        return [f"DROP TRIGGER {table}_helper" for table in _BARRED]
    return [
        statement
        for table in _BARRED
        for statement in (f"DROP TRIGGER {table}_helper ON {table}", f"DROP FUNCTION sunlit_{table}_helper()")
    ]


@event.listens_for(Base.metadata, "after_create")
def _create_with_table(_: MetaData, connection: Connection, **options: object) -> None:
    created = options.get("tables") or ()
    if any(getattr(table, "name", "") == "application_helper" for table in created):  # type: ignore[attr-defined]
        for statement in create_statements(connection.dialect.name):
            connection.exec_driver_sql(statement)
