from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.ids import new_id
from storage.keys import step_key
from storage.packed_chunks import Segment, StoredChunk, UnknownPacking, pack, unpack

hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
sizes = st.integers(0, 2**40)
segments = st.builds(
    Segment, st.floats(0, 4000, allow_nan=False, exclude_min=True), offset=sizes, length=sizes
)
chunks = st.builds(
    StoredChunk,
    number=st.integers(0, 10**6),
    object_key=st.text(min_size=1, max_size=80),
    size=sizes,
    sha256=hashes,
    init_length=st.integers(0, 5000),
    init_sha256=hashes,
    frames=st.integers(0, 10**6),
    segments=st.lists(segments, max_size=5).map(tuple),
)


@given(st.lists(chunks, max_size=5))
def test_what_is_packed_comes_out_as_it_went_in(given_chunks: list[StoredChunk]) -> None:
    assert unpack(pack(given_chunks)) == given_chunks


def test_half_an_hour_takes_some_kilobytes() -> None:
    asset_id, version_id = new_id(), new_id()
    found = []
    for number in range(30):
        lengths = [500_000 + 7919 * number + 104_729 * place % 300_000 for place in range(15)]
        starts = [812 + sum(lengths[:place]) + 8 * place for place in range(15)]
        parts = tuple(Segment(4.0, *each) for each in zip(starts, lengths, strict=True))
        key = step_key(asset_id, version_id, new_id(), 1, f"1080p-{number}.mp4")
        found.append(
            StoredChunk(
                number,
                key,
                9_000_000,
                new_id().encode().hex()[:48].ljust(64, "a"),
                812,
                "0" * 64,
                1500,
                parts,
            )
        )
    assert len(pack(found)) < 5_000
    assert unpack(pack(found)) == found


def test_what_a_later_release_packed_is_not_guessed_at() -> None:
    with pytest.raises(UnknownPacking):
        unpack(b"\x02" + pack([])[1:])


@given(st.lists(chunks, min_size=1, max_size=3), st.data())
def test_damage_is_told_as_such(given_chunks: list[StoredChunk], data: st.DataObject) -> None:
    packed = pack(given_chunks)
    cut = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises(UnknownPacking):
        unpack(packed[:cut])
    said = 5 + 32 * len(given_chunks)
    at = data.draw(st.integers(said, len(packed) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    damaged = packed[:at] + bytes([packed[at] ^ bit]) + packed[at + 1 :]
    # Of zlib's head a bit may not matter.
    with suppress(UnknownPacking):
        assert unpack(damaged) == given_chunks
