"""The checker of receipts in the browser: it agrees with the server's own proofs and catches every change."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page

from config import Config
from procurement.db import reading
from procurement.publiclog import keys, queries, serving
from procurement.publiclog.checkpoint import SigningKey
from procurement.publiclog.receipt import Receipt
from procurement.publiclog.rotation import rotate
from procurement.publiclog.signer import sign_checkpoint
from procurement.publiclog.succession import parse_succession, succession_text
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
    page.locator("#answer").evaluate("answer => answer.replaceChildren()")  # so that none is taken for the next
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


# --- a log that changed its key -----------------------------------------------------------------------------------


@pytest.fixture
def rotated(app: Flask, config: Config, tmp_path: Path) -> tuple[SigningKey, Path, Path]:
    """The key that a log had first, a receipt that its third one signed, and how one handed over to the next."""
    engine, guard, first = app.extensions["sunlit"].engine, keys.guard_of(config), keys.key_of(config)
    grow(engine, 5)
    sign_checkpoint(engine, key=first, guard=guard, now=NOON)
    key = first
    for number in (1, 2):
        following = keys.new_key(tmp_path / f"{number}.key", first.name)
        rotate(engine, old=key, new=following, guard=guard, reason="The keeper left.", now=NOON)
        key = following
    grow(engine, 1, first=7)
    sign_checkpoint(engine, key=key, guard=guard, now=NOON)
    with reading(engine) as session:
        receipt, handovers = serving.receipt_for(session, INDEX), serving.succession(session)
    assert receipt is not None
    paths = tmp_path / "mine.tlog-proof", tmp_path / "succession"
    paths[0].write_text(receipt.text(), encoding="utf-8")
    paths[1].write_text(handovers, encoding="utf-8")
    return first, *paths


def followed(page: Page, key: str, receipt: Path, handovers: Path) -> str:
    page.locator("#key").fill(key)
    page.locator("#succession").set_input_files(handovers)
    return check(page, receipt, None)


@pytest.mark.parametrize(("language", "width"), [("en", 320), ("zh", 1280)])
def test_an_old_key_is_followed(
    open_page: OpenPage, rotated: tuple[SigningKey, Path, Path], language: str, width: int
) -> None:
    first, receipt, handovers = rotated
    page = open_page(f"/{language}/log/check", width=width)
    page.locator("#key").fill(str(first.verifier))
    assert ("not signed with this key" if language == "en" else "并非由该密钥签署") in check(page, receipt, None)
    said = followed(page, str(first.verifier), receipt, handovers)
    assert ("The receipt holds" if language == "en" else "回执成立") in said
    assert "(5, 6)" in said
    picture(page, f"check-succession-{language}-{width}")
    assert_fits(page)
    assert_no_axe_findings(page)


def test_a_handover_that_does_not_hold_is_refused(
    open_page: OpenPage, rotated: tuple[SigningKey, Path, Path]
) -> None:
    first, receipt, handovers = rotated
    good = parse_succession(handovers.read_text(encoding="utf-8"))
    body = good[1].note.partition("\n\n")[0] + "\n"
    stranger = SigningKey(first.name, bytes(32))
    lost = (good[1].entry or b"").replace(b'"old_signs":true', b'"old_signs":false')
    broken = {
        "one of the two did not sign": replace(good[1], note=stranger.sign(body)),
        "another state of the log": replace(good[1], note=good[1].note.replace(body, body.replace("\n7\n", "\n8\n"))),
        "another place": replace(good[1], proof=good[1].proof[::-1]),
        "another entry": replace(good[1], entry=(good[1].entry or b"") + b" "),
        "no handover": Receipt.parse(receipt.read_text(encoding="utf-8")),
        "lost": replace(good[1], entry=lost),
    }
    page = open_page("/en/log/check")
    for why, wrong in broken.items():
        handovers.write_text(succession_text([good[0], wrong]), encoding="utf-8")
        said = followed(page, str(first.verifier), receipt, handovers)
        assert "The receipt does not hold" in said, why
        expected = "Your key was lost" if why == "lost" else "does not lead from your key"
        assert expected in said, why
    handovers.write_text(succession_text(good[:1]), encoding="utf-8")
    assert "not signed with this key" in followed(page, str(first.verifier), receipt, handovers)
