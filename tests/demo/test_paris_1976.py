"""The page about the tasting of 1976 says what `sunlit tally` says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "paris-1976.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\| `(.+?)` \| `(.+?)` \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)


def test_the_page_has_its_table() -> None:
    assert len(LINES) == 8


@pytest.mark.parametrize(("rule", "scores", "first", "then"), LINES)
def test_each_line_is_what_the_tally_gives(rule: str, scores: str, first: str, then: str) -> None:
    folder = ROOT / "docs" / "paris-1976"
    command = [
        sys.executable,
        "-m",
        "procurement.cli",
        "tally",
        "--rules",
        folder / rule,
        "--scores",
        folder / scores,
    ]
    out = subprocess.run([*command, "--format", "json"], cwd=ROOT, check=True, capture_output=True).stdout
    ranking = json.loads(out)["ranking"]
    winners = [row for row in ranking if row["rank"] == 1]
    assert first == f"{', '.join(row['application'] for row in winners)} {winners[0]['total']}"
    followers = ranking[len(winners) : len(winners) + 2]
    assert then == ", ".join(f"{row['application']} {row['total']}" for row in followers)
