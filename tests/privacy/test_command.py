"""`sunlit privacy erase`, as an operator uses it; and the table that it follows."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from procurement.cli import sunlit
from procurement.db import Base, make_engine
from procurement.errors import RuleBroken
from procurement.privacy.rules import (
    MENTIONED,
    TABLE,
    Circumstances,
    Keep,
    Part,
    Subject,
    parse_reference,
    stays,
    years_later,
)
from tests.conftest import MovableClock
from tests.privacy.test_erasing import everything
from tests.worlds.people import people

DAY = date(2026, 3, 2)


@pytest.fixture
def database(migrated_sqlite: Path, clock: MovableClock, tmp_path: Path) -> Path:
    path = tmp_path / "sunlit.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    engine = make_engine(f"sqlite:///{path}")
    people(engine, clock())
    engine.dispose()
    return path


def run(database: Path, *words: str) -> Result:
    env = {"SUNLIT_DATABASE_URL": f"sqlite:///{database}", "SUNLIT_DATA_DIR": str(database.parent)}
    return CliRunner().invoke(sunlit, ["privacy", "erase", *words], env=env)


def test_a_dry_run_and_then_the_erasure(database: Path) -> None:
    said = run(database, "merchant:M-000001", "--dry-run")
    assert said.exit_code == 0
    assert "goes   merchant: Contact person and telephone (1 rows, 1 disclosures)" in said.stdout
    assert "stays  merchant: Name, code" in said.stdout
    assert "it is of an organisation, not of a person" in said.stdout
    assert said.stdout.endswith("Nothing was changed.\n")
    done = run(database, "merchant:M-000001", "--ground", "pipl-47-1", "--reason", "Asked.", "--format", "json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert (told["person"], told["disclosures"], told["open"]) == ("merchant:M-000001", 1, [])
    assert {part["part"] for part in told["parts"] if part["stays"]} == {"place", "name"}
    env = {"SUNLIT_DATABASE_URL": f"sqlite:///{database}", "SUNLIT_DATA_DIR": str(database.parent)}
    audited = CliRunner().invoke(sunlit, ["log", "audit"], env=env)
    assert "The record holds." in audited.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("merchant:M-000001",), 2, "pipl-47-3: the person withdrew consent"),
        (("merchant:M-000001", "--ground", "whim"), 2, "choose one"),
        (("M-000001", "--ground", "pipl-47-1"), 1, "Name whose data it is"),
        (("merchant:M-000009", "--ground", "pipl-47-1", "--reason", "x"), 1, "Nobody is known"),
        (("merchant:M-000001", "--ground", "pipl-47-1"), 1, "Say why, for the file"),
    ],
)
def test_what_is_refused(database: Path, words: tuple[str, ...], code: int, said: str) -> None:
    engine = make_engine(f"sqlite:///{database}")
    before = everything(engine)
    result = run(database, *words)
    assert result.exit_code == code
    assert said in result.output
    assert everything(engine) == before
    engine.dispose()


# --- the table ----------------------------------------------------------------------------------------------------


def test_every_column_and_table_of_it_exists() -> None:
    for parts in TABLE.values():
        assert len({part.code for part in parts}) == len(parts)
        for part in parts:
            for table, _, column in (name.partition(".") for name in part.columns):
                assert column in Base.metadata.tables[table].columns
            assert set(part.rows) <= Base.metadata.tables.keys()
    columns = {name for parts in TABLE.values() for part in parts for name in part.columns}
    assert columns >= MENTIONED


@pytest.mark.parametrize(
    ("keep", "about", "kept"),
    [
        ((), Circumstances(True, date.max, date.max), False),
        ((Keep.ORGANISATION,), Circumstances(organisation=True), True),
        ((Keep.ORGANISATION,), Circumstances(file_until=date.max), False),
        ((Keep.FILE,), Circumstances(file_until=date(2026, 3, 3)), True),
        ((Keep.FILE,), Circumstances(file_until=DAY), False),
        ((Keep.FILE,), Circumstances(file_until=date.max), True),
        ((Keep.REGISTER,), Circumstances(debarred_until=date(2026, 3, 3)), True),
        ((Keep.REGISTER,), Circumstances(debarred_until=DAY), False),
    ],
)
def test_what_stays(keep: tuple[Keep, ...], about: Circumstances, kept: bool) -> None:
    assert (stays(Part("x", "x", keep=keep), about, DAY) is not None) is kept


def test_fifteen_years() -> None:
    assert years_later(date(2026, 3, 2)) == date(2041, 3, 2)
    assert years_later(date(2024, 2, 29)) == date(2039, 3, 1)


def test_references() -> None:
    assert parse_reference("observer:R2026-001:O3") == (Subject.OBSERVER, "R2026-001:O3")
    for wrong in ("", "M-000001", "merchant:", "nobody:1"):
        with pytest.raises(RuleBroken):
            parse_reference(wrong)
