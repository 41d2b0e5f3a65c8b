"""The checker of receipts in the browser: it agrees with the server's own proofs and catches every change."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page

from config import Config
from procurement.db import reading
from procurement.publiclog import keys, queries, serving
from procurement.publiclog.signer import sign_checkpoint
from tests.browser.conftest import OpenPage, assert_fits, assert_no_axe_findings, picture
from tests.publiclog.happenings import NOON
from tests.publiclog.test_signer import KEY, grow

INDEX = 3


@pytest.fixture
def kept(app: Flask, config: Config, tmp_path: Path) -> tuple[Path, Path]:
    """A receipt and its entry, as somebody saved them, out of a log of 13 entries."""
    engine = app.extensions["sunlit"].engine
    grow(engine, 13)
    sign_checkpoint(engine, key=keys.key_of(config), guard=keys.guard_of(config), now=NOON)
    with reading(engine) as session:
        receipt, entry = serving.receipt_for(session, INDEX), queries.entry_at(session, INDEX)
    assert receipt is not None
    assert entry is not None
    paths = tmp_path / "mine.tlog-proof", tmp_path / "mine.json"
    paths[0].write_text(receipt.text(), encoding="utf-8")
    paths[1].write_bytes(entry.body)
    return paths


def check(page: Page, receipt: Path, entry: Path | None) -> str:
    page.locator("#receipt").set_input_files(receipt)
    if entry is not None:
        page.locator("#entry").set_input_files(entry)
    page.locator("#check-receipt button").click()
    page.wait_for_selector("#answer h2")
    return page.locator("#answer").inner_text()


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh", 320)])
def test_a_good_receipt_holds(open_page: OpenPage, kept: tuple[Path, Path], language: str, width: int) -> None:
    page = open_page(f"/{language}/log/check", width=width)
    said = check(page, *kept)
    assert ("The receipt holds" if language == "en" else "回执成立") in said
    assert said.count("\n") >= 4
    assert check(page, kept[0], None) == said, "the receipt holds its entry"
    picture(page, f"check-receipt-{language}-{width}")
    assert_fits(page)
    assert_no_axe_findings(page)


def changed(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_every_change_is_caught(open_page: OpenPage, kept: tuple[Path, Path], tmp_path: Path) -> None:
    receipt, entry = kept
    good = receipt.read_text(encoding="utf-8"), entry.read_text(encoding="utf-8")
    first_hash = good[0].split("\n")[3]
    second_hash = good[0].split("\n")[4]
    table = [
        (receipt, f"index {INDEX}", "index 4", "is not in the log"),
        (receipt, first_hash, second_hash, "is not in the log"),
        (receipt, first_hash + "\n", "", "is not in the log"),
        (receipt, "\n13\n", "\n12\n", "is not signed with this key"),
        (receipt, "tlog-proof@v1", "tlog-proof@v9", "not a receipt"),
        (receipt, first_hash, "!", "not a receipt"),
        (receipt, "extra ", "extra AAAA", "is not in the log"),
        (entry, '"v":1', '"v":2', "is not in the log"),
    ]
    for path, old, new, expected in table:
        receipt.write_text(good[0], encoding="utf-8")
        entry.write_text(good[1], encoding="utf-8")
        changed(path, old, new)
        said = check(open_page("/en/log/check"), receipt, entry)
        assert "The receipt does not hold" in said, old
        assert expected in said, old


def test_another_key_is_told_apart(open_page: OpenPage, kept: tuple[Path, Path]) -> None:
    for key, expected in ((str(KEY.verifier), "of another log"), ("nonsense", "not written correctly")):
        page = open_page("/en/log/check")
        page.locator("#key").fill(key)
        assert expected in check(page, *kept)
