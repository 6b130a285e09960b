"""The resumable hash against Python's own, cut and resumed at any byte."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.sha256 import ResumableSha256


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_any_cutting_gives_the_digest_of_the_whole(pieces: list[bytes]) -> None:
    state = None
    for piece in pieces:
        running = ResumableSha256(state)
        running.update(piece)
        state = running.state()
    assert ResumableSha256(state).hexdigest() == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_asking_for_the_digest_does_not_end_the_hash() -> None:
    running = ResumableSha256()
    running.update(b"lesson")
    assert running.hexdigest() == hashlib.sha256(b"lesson").hexdigest()
    running.update(b"stream")
    assert running.hexdigest() == hashlib.sha256(b"lessonstream").hexdigest()


def test_a_foreign_state_is_refused() -> None:
    with pytest.raises(ValueError, match="112 bytes"):
        ResumableSha256(b"short")
