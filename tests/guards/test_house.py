"""What holds the house together, checked on the source itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "procurement").rglob("*.py"), ROOT / "app.py", ROOT / "config.py"])


def kept_files() -> list[Path]:
    """Every file that git keeps or would keep, text only."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8192]]


def offences(paths: list[Path], pattern: str, *, but: tuple[str, ...] = ()) -> list[str]:
    """`file:line` of every match of `pattern` in `paths`, but in the files named."""
    found = []
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        if name not in but:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if re.search(pattern, line):
                    found.append(f"{name}:{number}: {line.strip()}")
    return found


def test_imports_go_one_way() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_only_db_commits() -> None:
    assert offences(SOURCES, r"\.(commit|rollback)\(\)", but=("procurement/db.py",)) == []


def test_only_the_edge_and_the_programs_know_the_clock() -> None:
    allowed = ("app.py", "procurement/clock.py", "procurement/cli.py", "procurement/worker.py")
    assert offences(SOURCES, r"\bsystem_clock\b", but=allowed) == []


def test_the_database_does_not_read_the_time() -> None:
    assert offences(SOURCES, r"(?i)\bCURRENT_(TIMESTAMP|DATE|TIME)\b|func\.now|datetime\('now'") == []


def test_no_page_of_the_machine_it_was_written_on() -> None:
    # The pattern is put together here, so that this file does not hold what it looks for.
    machine = "|".join(("/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/[a-z]", "/op" + "t/[a-z]"))
    assert offences(kept_files(), machine, but=("requirements.lock",)) == []


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("inline styles", r"""<[^>{]*\sstyle\s*="""),
        ("event attributes", r"""(?i)<[a-z][^>]*\son[a-z]+\s*="""),
        ("javascript addresses", r"""(?i)javascript:"""),
        ("scripts without a nonce", r"""(?i)<script(?![^>]*\bnonce=)"""),
        ("style elements", r"""(?i)<style"""),
        ("unescaped output", r"""\|\s*safe\b"""),
    ],
)
def test_pages_fit_the_content_security_policy(what: str, pattern: str) -> None:
    pages = [path for path in (ROOT / "templates").rglob("*.html") if not {"pdf", "mail"} & set(path.parts)]
    assert offences(pages, pattern) == [], what
