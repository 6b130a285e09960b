from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.plan.timing import audio_spans, chunk_spans, output_rate, segment_frames


@settings(deadline=None)
@given(total=st.integers(1, 20_000), segment=st.integers(10, 250), longest=st.integers(1, 4000))
def test_chunks_cover_every_frame_once_and_start_on_segments(total: int, segment: int, longest: int) -> None:
    spans = chunk_spans(total, segment, longest)
    assert [span.number for span in spans] == list(range(len(spans)))
    assert spans[0].start == 0
    assert all(a.start + a.count == b.start for a, b in pairwise(spans))
    assert spans[-1].start + spans[-1].count == total
    assert all(span.start % segment == 0 and span.count > 0 for span in spans)
    assert all(span.count <= max(longest, segment) + segment for span in spans)


@settings(deadline=None)
@given(total=st.integers(1, 20_000), segment=st.integers(10, 250), longest=st.integers(1, 4000))
def test_chunks_of_long_segments_begin_on_them_after_the_first(
    total: int, segment: int, longest: int
) -> None:
    long_segment = 3 * segment
    spans = chunk_spans(total, segment, longest, long_segment)
    assert sum(span.count for span in spans) == total
    assert all(a.start + a.count == b.start for a, b in pairwise(spans))
    first = [span.start for span in spans if span.start < long_segment]
    assert all(start % segment == 0 for start in first)
    assert all(span.start % long_segment == 0 for span in spans[len(first) :])


def test_the_first_chunk_is_one_segment_so_that_playback_starts_soon() -> None:
    spans = chunk_spans(30 * 3600, segment=120, longest=30 * 64)
    assert [span.count // 120 for span in spans[:6]] == [1, 2, 4, 8, 16, 16]


@settings(deadline=None)
@given(seconds=st.floats(0.1, 20_000))
def test_audio_chunks_cover_every_frame_once(seconds: float) -> None:
    total = max(1, int(seconds * 48000 / 1024))
    spans = audio_spans(total, 188)
    assert sum(span.count for span in spans) == total
    assert all(a.start + a.count == b.start and b.start % 188 == 0 for a, b in pairwise(spans))


@pytest.mark.parametrize(
    ("nominal", "average", "expected"),
    [
        ("25", "25", "25"),
        ("30000/1001", "30000/1001", "30000/1001"),
        ("60", "60", "60"),
        ("1", "1", "1"),
        ("120", "120", "60"),
        ("240", "240", "60"),
        ("90000", "2997/125", "24000/1001"),  # a phone's timescale as nominal rate
        ("90000", "30.125", "30"),  # a phone that averages just over
        ("90000", "31.5", "48"),  # and one whose frames would be lost
        (
            "30000/1001",
            "1000/33",
            "30000/1001",
        ),  # Matroska without a default duration: rounded to milliseconds
        ("24000/1001", "293/12", "24000/1001"),
        ("60", "62.5", "60"),
        ("7", "85/12", "7"),
        ("60", "27.3", "30000/1001"),  # variable: nothing is lost, nothing much is doubled
        ("30", "3", "24"),
        ("1000", "59", "60000/1001"),
        ("100/7", "100/7", "100/7"),  # a GIF of 70 ms frames
    ],
)
def test_output_rate(nominal: str, average: str, expected: str) -> None:
    assert output_rate(Fraction(nominal), Fraction(average)) == Fraction(expected)


@given(rate=st.sampled_from(["12.5", "24000/1001", "25", "30", "60"]))
def test_segments_last_about_four_seconds(rate: str) -> None:
    frames = segment_frames(Fraction(rate), 4.0)
    assert abs(frames / Fraction(rate) - 4) < Fraction(1, 20)
