"""Signed notes: the example of C2SP's specification, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.publiclog.checkpoint import (
    Checkpoint,
    NoteError,
    SigningKey,
    VerifierKey,
    open_checkpoint,
    open_note,
)

# From the specification c2sp.org/signed-note.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
KEY = SigningKey("example.org/log", bytes(range(32)))
POINT = Checkpoint("example.org/log", 7, bytes(32))


def test_the_example_of_the_specification_opens() -> None:
    key = VerifierKey.parse(EXAMPLE_KEY)
    opened = open_note(EXAMPLE, [key])
    assert opened.text == "This is an example message.\n"
    assert opened.signed_by == (key,)
    assert str(key) == EXAMPLE_KEY


def test_a_checkpoint_reads_back() -> None:
    note = KEY.sign(POINT.text())
    assert note.startswith("example.org/log\n7\n" + "A" * 43 + "=\n\n— example.org/log ")
    assert open_checkpoint(note, KEY.verifier, "example.org/log") == POINT


@given(st.binary(min_size=32, max_size=32))
def test_keys_read_back_whatever_their_base64_contains(seed: bytes) -> None:
    key = SigningKey("log", seed)
    assert SigningKey.parse(key.encoded()) == key
    assert VerifierKey.parse(str(key.verifier)) == key.verifier


def test_the_secret_does_not_show() -> None:
    assert KEY.encoded().split("+")[-1] not in repr(KEY)
    assert "AAECAw" not in repr(KEY)


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_changed_bit_does_not_pass(position: int, bit: int) -> None:
    note = bytearray(KEY.sign(POINT.text()).encode())
    note[position % len(note)] ^= 1 << bit
    try:
        text = note.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(NoteError):
        open_checkpoint(text, KEY.verifier, "example.org/log")


def test_unknown_signatures_are_passed_over_but_do_not_suffice() -> None:
    other = SigningKey("witness.example.org", bytes(32))
    note = KEY.sign(POINT.text())
    both = note + other.sign(POINT.text()).split("\n\n")[1]
    assert open_note(both, [KEY.verifier]).signed_by == (KEY.verifier,)
    assert open_note(both, [other.verifier, KEY.verifier]).signed_by == (KEY.verifier, other.verifier)
    with pytest.raises(NoteError, match="none of the known keys"):
        open_note(note, [other.verifier])


def test_a_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    other = SigningKey("witness.example.org", bytes(32))
    foreign = other.sign(Checkpoint("example.org/log", 8, bytes(32)).text()).split("\n\n")[1]
    with pytest.raises(NoteError, match=r"signature of witness\.example\.org is wrong"):
        open_note(KEY.sign(POINT.text()) + foreign, [KEY.verifier, other.verifier])


def test_the_checkpoint_of_another_log_is_refused() -> None:
    key = SigningKey("example.org/log", bytes(range(32)))
    note = key.sign(Checkpoint("example.org/other", 7, bytes(32)).text())
    with pytest.raises(NoteError, match=r"not of example\.org/log"):
        open_checkpoint(note, key.verifier, "example.org/log")


@pytest.mark.parametrize(
    "text",
    [
        "example.com/foo+530d903a",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",  # id
        "example.com/foo+530d903a+",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",  # cut
        "exam ple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+ZekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",  # algorithm
    ],
)
def test_keys_that_are_none(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "text",
    ["", "log\n", "log\n07\n" + "A" * 43 + "=\n", "log\n-1\n" + "A" * 43 + "=\n", "log\n7\nAAAA\n", "\n7\nAAAA\n"],
)
def test_texts_that_are_no_checkpoint(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


@pytest.mark.parametrize("text", ["no newline", "tab\there\n", "nul\x00\n"])
def test_texts_that_cannot_be_signed(text: str) -> None:
    with pytest.raises(NoteError):
        KEY.sign(text)


@pytest.mark.parametrize(
    "note", ["", "text\n", "text\n\n", "text\n\n— name\n", "text\n\n- name AAAA\n", EXAMPLE[:-1]]
)
def test_notes_that_are_none(note: str) -> None:
    with pytest.raises(NoteError):
        open_note(note, [VerifierKey.parse(EXAMPLE_KEY)])


def test_a_key_of_another_kind_is_no_private_key() -> None:
    with pytest.raises(NoteError):
        SigningKey.parse(str(KEY.verifier))
    with pytest.raises(NoteError):
        SigningKey.parse(KEY.encoded().replace("example.org/log", "example.org/other"))
