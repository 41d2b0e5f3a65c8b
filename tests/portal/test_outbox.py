"""The developers' outbox: read in development, nowhere else."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app import create_app
from config import Config
from procurement import mail
from procurement.db import transaction
from procurement.mail import queue_mail
from tests.conftest import MovableClock, close


@pytest.mark.parametrize(("environment", "status"), [("development", 200), ("test", 404)])
def test_letters_are_read_in_development_only(
    environment: str,
    status: int,
    engine: Engine,
    config: Config,
    clock: MovableClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "note.en.txt").write_text("Subject of <it>\nThe link: {{ link }}\n")
    monkeypatch.setattr(mail, "TEMPLATES", tmp_path)
    mail._templates.cache_clear()
    with transaction(engine) as session:
        queue_mail(session, to="w@example.org", language="en", template="note", context={"link": "L1"}, now=clock())
    app = create_app(replace(config, environment=environment), clock=clock)
    answer = app.test_client().get("/en/outbox")
    close(app.extensions["sunlit"].engine)
    mail._templates.cache_clear()
    assert answer.status_code == status
    assert ("The link: L1" in answer.text) == (status == 200)
    assert "<it>" not in answer.text
