"""Who is attacked never rules: held inside the database, whoever writes to it.

A step by which an objection is admitted, found inadmissible or ruled on cannot be entered by an account whose act it
attacks, nor by whoever filed it, nor by nobody.
"""

from sqlalchemy import Connection, MetaData, event

from procurement.db import Base

_BARRED = """new.kind IN ('admitted', 'inadmissible', 'upheld', 'partly_upheld', 'dismissed') AND (
        new.by_id IS NULL
        OR EXISTS (SELECT 1 FROM objection_attacked a
                   WHERE a.objection_id = new.objection_id AND a.user_id = new.by_id)
        OR EXISTS (SELECT 1 FROM objection o WHERE o.id = new.objection_id AND o.filer_user_id = new.by_id))"""
_MESSAGE = "who is attacked, or has filed the objection, does not decide on it"

_CREATE: dict[str, tuple[str, ...]] = {
    "sqlite": (
        f"""CREATE TRIGGER objection_step_judge BEFORE INSERT ON objection_step WHEN {_BARRED}
        BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END""",
    ),
    "postgresql": (
        f"""CREATE FUNCTION sunlit_objection_judge() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF {_BARRED} THEN
            RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = '{_MESSAGE}';
          END IF;
          RETURN new;
        END $$""",
        """CREATE TRIGGER objection_step_judge BEFORE INSERT ON objection_step
        FOR EACH ROW EXECUTE FUNCTION sunlit_objection_judge()""",
    ),
}
_DROP: dict[str, tuple[str, ...]] = {
    "sqlite": ("DROP TRIGGER objection_step_judge",),
    "postgresql": (
        "DROP TRIGGER objection_step_judge ON objection_step",
        "DROP FUNCTION sunlit_objection_judge()",
    ),
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
    if any(getattr(table, "name", "") == "objection_step" for table in created):  # type: ignore[attr-defined]
        for statement in create_statements(connection.dialect.name):
            connection.exec_driver_sql(statement)
