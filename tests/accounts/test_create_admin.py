"""`sunlit user create-admin`, as an operator uses it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from procurement.access import Role
from procurement.accounts import queries
from procurement.cli import sunlit
from procurement.db import make_engine, reading
from tests.worlds.people import PASSWORD


@pytest.fixture
def database_file(tmp_path: Path, migrated_sqlite: Path) -> Path:
    path = tmp_path / "sunlit.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    return path


def create(path: Path, *arguments: str, typed: str = f"{PASSWORD}\n{PASSWORD}\n") -> Result:
    return CliRunner().invoke(
        sunlit,
        ["user", "create-admin", "--name", "First", *arguments],
        input=typed,
        env={"SUNLIT_DATABASE_URL": f"sqlite:///{path}", "SUNLIT_DATA_DIR": str(path.parent)},
    )


def test_an_administrator_is_made_once(database_file: Path) -> None:
    made = create(database_file, "--email", "First@example.org")
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    again = create(database_file, "--email", "first@example.org")
    assert again.exit_code == 1
    assert "There is an account with this address." in again.output
    engine = make_engine(f"sqlite:///{database_file}")
    with reading(engine) as session:
        (person,) = queries.people_with_role(session, Role.ADMINISTRATOR)
        tried = queries.attempt(session, email="first@example.org", password=PASSWORD)
    engine.dispose()
    assert person.name == "First"
    assert tried.matched_hash is not None


def test_a_machine_gives_the_password_on_standard_input(database_file: Path) -> None:
    made = create(
        database_file, "--email", "a@example.org", "--password-stdin", "--format", "json", typed=f"{PASSWORD}\n"
    )
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["email"] == "a@example.org"


@pytest.mark.parametrize(
    ("email", "typed", "told"),
    [
        ("a@example.org", "short\nshort\n", "at least 12 characters"),
        ("no address", f"{PASSWORD}\n{PASSWORD}\n", "not an e-mail address"),
    ],
)
def test_what_is_refused_changes_nothing(database_file: Path, email: str, typed: str, told: str) -> None:
    refused = create(database_file, "--email", email, typed=typed)
    assert refused.exit_code == 1
    assert told in refused.output
    engine = make_engine(f"sqlite:///{database_file}")
    with reading(engine) as session:
        assert queries.people_with_role(session, Role.ADMINISTRATOR) == []
    engine.dispose()
