"""What a server's process holds: the libraries of documents and pictures are for the worker and for children."""

import subprocess
import sys
from pathlib import Path

ELSEWHERE = (
    "weasyprint",
    "pyhanko",
    "pikepdf",
    "PIL",
    "fontTools",
    "icalendar",
    "phonenumbers",
    "holidays.countries.france",
)
"""Modules that must not come with the application, nor with its most read pages."""

PROGRAM = """
import sys
from pathlib import Path
from app import create_app
from config import Config
from procurement.db import Base
app = create_app(Config(environment="test", data_dir=Path(sys.argv[1]), embedded_worker=False))
Base.metadata.create_all(app.extensions["sunlit"].engine)
client = app.test_client()
for address in ("/en/", "/zh/decisions/", "/en/verify"):
    assert client.get(address).status_code == 200, address
print(*(name for name in sys.argv[2:] if name in sys.modules))
"""


def test_pages_do_not_load_what_makes_documents(tmp_path: Path):
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), *ELSEWHERE], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []
