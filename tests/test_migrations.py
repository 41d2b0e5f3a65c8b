"""The migrations: up, down and up again with data, on both databases; and they equal the models."""

from datetime import timedelta
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Engine, String, insert, text

from procurement.db import make_engine
from procurement.jobs import Job
from procurement.mail import Mail
from procurement.merchants.models import Merchant, MerchantUser
from procurement.schema import (
    BrokenReferences,
    current_revision,
    downgrade,
    metadata,
    migrating,
    shape,
    upgrade,
)
from tests.conftest import MONDAY_MORNING

ACCOUNT = {
    "id": 1,
    "email": "someone@example.org",
    "name": "Someone",
    "password_hash": "-",
    "created_at": MONDAY_MORNING,
}
MERCHANT = {
    "id": 1,
    "ref": "M-000001",
    "kind": "company",
    "name": "A business",
    "representative": "Someone",
    "address": "A street",
    "contact": "Someone",
    "phone": "1",
    "created_at": MONDAY_MORNING,
    "updated_at": MONDAY_MORNING,
}


@pytest.fixture
def empty(engine: Engine, tmp_path: Path, request: pytest.FixtureRequest) -> Engine:
    """An engine on a database without tables, of the same kind as `engine`."""
    if engine.dialect.name == "sqlite":
        return make_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    return make_engine(request.getfixturevalue("empty_postgresql"))


def fill(engine: Engine) -> None:
    """A few rows, some of which refer to others."""
    with engine.begin() as connection:
        connection.execute(insert(metadata().tables["user_account"]), ACCOUNT)
        connection.execute(insert(Merchant), MERCHANT)
        connection.execute(insert(MerchantUser), {"merchant_id": 1, "user_id": 1, "since": MONDAY_MORNING})
        connection.execute(
            insert(Job),
            {"kind": "k", "payload": {"a": [1]}, "created_at": MONDAY_MORNING, "run_after": MONDAY_MORNING},
        )
        connection.execute(
            insert(Mail),
            {
                "address": "someone@example.org",
                "language": "zh",
                "template": "t",
                "context": {"a": "b"},
                "created_at": MONDAY_MORNING,
                "run_after": MONDAY_MORNING + timedelta(days=1),
            },
        )


def test_migrations_lead_to_the_tables_that_the_models_describe(empty: Engine, engine: Engine) -> None:
    metadata().create_all(empty)
    with empty.connect() as described, engine.connect() as migrated:
        assert shape(migrated) == shape(described)
        assert shape(migrated).keys() == metadata().tables.keys()
    empty.dispose()


def test_up_down_with_data_and_up_again(empty: Engine) -> None:
    upgrade(empty)
    fill(empty)
    downgrade(empty, "base")
    assert current_revision(empty) is None
    with empty.connect() as connection:
        assert shape(connection) == {}
    upgrade(empty)
    fill(empty)
    with empty.connect() as connection:
        assert shape(connection).keys() == metadata().tables.keys()
    empty.dispose()


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    fill(engine)
    before = current_revision(engine)
    upgrade(engine)
    assert current_revision(engine) == before
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM merchant_user")) == 1


def test_rewriting_a_table_keeps_the_rows_that_refer_to_it(engine: Engine) -> None:
    fill(engine)
    with migrating(engine) as alembic:
        operations = Operations(MigrationContext.configure(alembic.attributes["connection"]))
        with operations.batch_alter_table("merchant", recreate="auto") as batch:
            batch.alter_column("name", existing_type=String(200), type_=String(250))
            batch.add_column(Column("motto", String(10), nullable=True))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM merchant_user")) == 1
        assert connection.scalar(text("SELECT motto IS NULL FROM merchant"))


def test_a_migration_that_breaks_references_is_not_committed(engine: Engine) -> None:
    fill(engine)
    # PostgreSQL refuses at the statement itself, SQLite at the check before the commit.
    with pytest.raises(Exception, match="merchant_user") as raised, migrating(engine) as alembic:
        alembic.attributes["connection"].execute(text("DELETE FROM merchant"))
    if engine.dialect.name == "sqlite":
        assert raised.type is BrokenReferences
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM merchant")) == 1
