"""The command line as a stranger uses it: its output and its exit status."""

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from procurement.cli import main

HOUSE = Path(__file__).resolve().parent.parent

RULES: dict[str, Any] = {
    "criteria": [
        {"code": "quality", "weight": "6", "scale": {"min": "0", "max": "10", "step": "0.5"}},
        {"code": "price", "weight": "4", "scale": {"min": "0", "max": "10", "step": "0.5"}},
    ],
    "combine": "weighted_sum",
    "aggregation": {"method": "mean", "level": "criterion"},
    "rounding": [{"stage": "total", "places": 2, "mode": "half_up"}],
    "missing": "exclude",
    "ties": [{"by": "draw"}],
    "slots": 1,
}

SCORES = """application,member,criterion,score
A,M1,quality,8
A,M1,price,6.5
A,M2,quality,9
A,M2,price,
B,M1,quality,7
B,M1,price,recused
B,M2,quality,7.5
B,M2,price,9
"""


@dataclass
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def sunlit(*words: str) -> Done:
    """Run a command in this process, as the console script does."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["sunlit", *words]),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    assert isinstance(ended.value.code, int)
    return Done(ended.value.code, out.getvalue(), err.getvalue())


class Files:
    """Rules and scores in a folder, and the tally of them."""

    def __init__(self, folder: Path) -> None:
        self.rules, self.scores = folder / "rules.json", folder / "scores.csv"
        self.rules.write_text(json.dumps(RULES))
        self.scores.write_text(SCORES)

    def tally(self, *more: str) -> Done:
        return sunlit("tally", "--rules", str(self.rules), "--scores", str(self.scores), *more)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_tally_for_machines_has_the_promised_form(files: Files) -> None:
    done = files.tally("--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "ranking": [
            {
                "application": "B",
                "rank": 1,
                "total": "79.50",
                "criteria": {"quality": {"value": "7.25", "count": 2}, "price": {"value": "9", "count": 1}},
            },
            {
                "application": "A",
                "rank": 2,
                "total": "77.00",
                "criteria": {"quality": {"value": "8.5", "count": 2}, "price": {"value": "6.5", "count": 1}},
            },
        ],
        "unbroken_ties": [],
    }


def test_a_tally_for_machines_gives_the_steps_when_asked(files: Files) -> None:
    first = json.loads(files.tally("--format", "json", "--steps").stdout)["ranking"][0]
    assert (first["outcome"], first["sheets"]) == ("selected", 1)
    assert first["steps"][-1] == {
        "what": "total",
        "of": "B",
        "method": "sum",
        "terms": [{"label": "quality", "value": "43.5"}, {"label": "price", "value": "36"}],
        "expression": "43.5 + 36",
        "exact": "159/2",
        "value": "79.50",
        "rounding": {"places": 2, "mode": "half_up"},
    }


def test_a_tally_for_people_prints_the_ranking_and_each_step(files: Files) -> None:
    done = files.tally()
    assert done.returncode == 0
    assert "criterion quality, mean: (7 + 7.5) ÷ 2 = 7.25" in done.stdout
    assert "total B, sum: 43.5 + 36 = 79.50" in done.stdout
    assert "left out: M1 (recused)" in done.stdout
    assert "÷" not in files.tally("--no-steps").stdout


def test_an_unbroken_tie_is_told_and_a_key_breaks_it(files: Files) -> None:
    files.scores.write_text(
        "application,member,criterion,score\n"
        + "".join(f"{a},M1,{c},5\n" for a in "AB" for c in ("quality", "price"))
    )
    tied = json.loads(files.tally("--format", "json").stdout)
    assert tied["unbroken_ties"] == [["A", "B"]]
    assert [line["rank"] for line in tied["ranking"]] == [1, 1]
    assert tied["notes"] == ["A tie waits for the draw: no key was given."]
    assert "unbroken tie: A, B" in files.tally().stdout
    broken = json.loads(files.tally("--format", "json", "--draw-key", "k").stdout)
    assert broken["unbroken_ties"] == []
    assert [line["rank"] for line in broken["ranking"]] == [1, 2]
    assert broken["ties"][0]["by"] == {"by": "draw"}


def test_a_declared_preference_is_given_by_hand(files: Files) -> None:
    files.rules.write_text(json.dumps({**RULES, "ties": [{"by": "preference", "code": "first"}]}))
    files.scores.write_text(
        "application,member,criterion,score\n"
        + "".join(f"{a},M1,{c},5\n" for a in "AB" for c in ("quality", "price"))
    )
    ranked = json.loads(files.tally("--format", "json", "--prefer", "first=B").stdout)["ranking"]
    assert [line["application"] for line in ranked] == ["B", "A"]
    assert files.tally("--prefer", "first").returncode == 2


def test_those_without_an_award_are_listed_with_the_reason(files: Files) -> None:
    files.rules.write_text(json.dumps({**RULES, "threshold": "78"}))
    last = json.loads(files.tally("--format", "json").stdout)["ranking"][-1]
    assert (last["application"], last["rank"], last["total"]) == ("A", None, "77.00")
    assert last["no_award"] == ["no award: the total of 77 is below the threshold of 78"]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + SCORES,
        SCORES.replace("\n", "\r\n"),
        SCORES.replace("\n", "\n\n"),
        SCORES.replace("A,M1,quality,8\n", ' A , "M1",quality, 8 \n'),
        SCORES.rstrip("\n"),
    ],
    ids=["byte order mark", "CRLF", "blank lines", "spaces and quotes", "no last line end"],
)
def test_harmless_differences_of_files_change_nothing(files: Files, text: str) -> None:
    expected = files.tally("--format", "json").stdout
    files.scores.write_bytes(text.encode())
    assert files.tally("--format", "json").stdout == expected


def test_columns_may_stand_in_another_order(files: Files) -> None:
    expected = files.tally("--format", "json").stdout
    rows = [row.split(",") for row in SCORES.splitlines()]
    files.scores.write_text("\n".join(",".join(row[i] for i in (3, 1, 0, 2)) for row in rows))
    assert files.tally("--format", "json").stdout == expected


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("A,M3,quality,10.5", "row 10: 10.5 is outside the scale from 0 to 10"),
        ("A,M3,quality,-0.5", "row 10: -0.5 is outside the scale from 0 to 10"),
        ("A,M3,quality,8.25", "row 10: 8.25 is not on a step of 0.5 from 0"),
        ("A,M3,quality,NaN", "row 10: “NaN” is neither a plain decimal number nor “recused” nor empty"),
        ("A,M3,quality,Infinity", "row 10: “Infinity” is neither a plain decimal number nor “recused” nor empty"),
        ("A,M3,quality,1e1", "row 10: “1e1” is neither a plain decimal number nor “recused” nor empty"),
        ("A,M3,quality,８", "row 10: “８” is neither a plain decimal number nor “recused” nor empty"),
        ("A,M3,quality,eight", "row 10: “eight” is neither a plain decimal number nor “recused” nor empty"),
        ("A,M3,taste,8", "row 10: there is no criterion “taste”"),
        ("A,M1,quality,8", "row 10: M1 has already scored quality of A"),
        ("A,M3,quality", "row 10: 4 columns are needed, not 3"),
        ("A,M3,quality,8,8", "row 10: 4 columns are needed, not 5"),
        (",M3,quality,8", "row 10: application, member and criterion are needed"),
        ('A,M3,quality,"8', "row 10: not readable as CSV: unexpected end of data"),
    ],
)
def test_a_refused_row_is_named(files: Files, row: str, fault: str) -> None:
    files.scores.write_text(SCORES + row + "\n")
    done = files.tally()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"sunlit: {fault}\n"


def test_blank_lines_do_not_move_the_number_of_a_row(files: Files) -> None:
    files.scores.write_text(SCORES + "\n\nA,M3,quality,99\n")
    assert "row 12: 99 is outside" in files.tally().stderr


def test_every_refused_row_is_told_in_json_too(files: Files) -> None:
    files.scores.write_text(SCORES + "A,M3,quality,99\nA,M3,price,x\n")
    done = files.tally("--format", "json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["error"] == "RuleBroken"
    assert [p["place"] for p in told["problems"]] == ["row 10", "row 11"]
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "row 1: the file is empty"),
        (b"\n\n", "row 1: the file is empty"),
        (b"application,member,score\n", "row 1: the header must be application,member,criterion,score"),
        (b"A,M1,quality,8\n", "row 1: the header must be application,member,criterion,score"),
        (b"application,member,criterion,score\n\xff,M1,quality,8\n", "row 2: the file is not in UTF-8"),
    ],
)
def test_a_file_that_is_not_scores_is_refused(files: Files, content: bytes, fault: str) -> None:
    files.scores.write_bytes(content)
    done = files.tally()
    assert done.returncode == 1
    assert fault in done.stderr


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "The rules are not JSON"),
        ('{"slots": 1, "slots": 2}', "The rules give “slots” twice in one object."),
        (
            '{"criteria": [{"code": "c", "weight": 1.5, "scale": {"max": "10"}}]}',
            "criteria[0].weight: write the number",
        ),
        ("[]", "rules: an object is needed"),
        (
            '{"criteria": [{"code": "c", "weight": NaN, "scale": {"max": "10"}}]}',
            "criteria[0].weight: write the number",
        ),
    ],
)
def test_rules_that_are_none_are_refused(files: Files, content: str, fault: str) -> None:
    files.rules.write_text(content)
    done = files.tally()
    assert done.returncode == 1
    assert fault in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_marks_are_refused_where_the_rule_says_so(files: Files) -> None:
    files.rules.write_text(json.dumps({**RULES, "missing": "refuse"}))
    done = files.tally()
    assert (done.returncode, done.stderr) == (1, "sunlit: A, M2, price: the mark is missing\n")


def test_a_tally_loads_neither_the_web_nor_the_database(files: Files) -> None:
    program = (
        "import sys\nfrom procurement.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "loaded = {'flask', 'sqlalchemy', 'weasyprint', 'holidays', 'cryptography'} & set(sys.modules)\n"
        "sys.stderr.write(','.join(sorted(loaded)))"
    )
    command = [sys.executable, "-c", program, "tally", "--rules", str(files.rules), "--scores", str(files.scores)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HOUSE, timeout=60, check=False)
    assert "selected" in done.stdout
    assert done.stderr == ""


def test_a_draw() -> None:
    words = (
        "draw",
        "--pool",
        "25",
        "--count",
        "16",
        "--key",
        "9319./2.5.8.10.12./9.18.26.34.41.45./",
        "--digest",
        "md5",
    )
    assert json.loads(sunlit(*words, "--format", "json").stdout) == {
        "order": [17, 7, 2, 16, 25, 23, 8, 24, 19, 13, 22, 5, 18, 9, 1, 4]
    }
    assert sunlit(*words).stdout == "17 7 2 16 25 23 8 24 19 13 22 5 18 9 1 4\n"


def test_a_deadline() -> None:
    words = ("deadline", "--from", "2026-02-13", "--working-days", "2")
    assert json.loads(sunlit(*words, "--format", "json").stdout)["deadline"] == "2026-02-24"
    told = sunlit(*words).stdout
    assert told.startswith("2026-02-24 is the last day, counted from 2026-02-14\n")
    assert "counted although a weekend day: 2026-02-14" in told
    week = sunlit(*words, "--calendar", "none", "--format", "json").stdout
    assert json.loads(week) == {
        "deadline": "2026-02-17",
        "counted_from": "2026-02-14",
        "skipped": [{"date": "2026-02-14", "why": "weekend"}, {"date": "2026-02-15", "why": "weekend"}],
        "make_up": [],
        "provisional": False,
    }


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["draw", "--pool", "3", "--count", "4", "--key", "k"], 1),
        (["draw", "--pool", "3", "--count", "1", "--key", ""], 1),
        (["draw", "--pool", "three", "--count", "1", "--key", "k"], 2),
        (["draw", "--pool", "3", "--count", "1", "--key", "k", "--digest", "sha1"], 2),
        (["deadline", "--from", "2026-02-30", "--working-days", "1"], 2),
        (["deadline", "--from", "2026-02-03", "--working-days", "0"], 1),
        (["deadline", "--from", "2026-02-03", "--working-days", "1", "--calendar", "us"], 2),
        (["tally", "--rules", "no-such-file", "--scores", "no-such-file"], 2),
        (["tally"], 2),
        (["no-such-command"], 2),
        (["--help"], 0),
        (["tally", "--help"], 0),
    ],
)
def test_exit_status(words: list[str], status: int) -> None:
    done = sunlit(*words)
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert bool(done.stderr) is (status != 0)
