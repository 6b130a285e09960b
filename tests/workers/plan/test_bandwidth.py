import pytest

from storage.catalogue.models import Chunk, Rendition
from workers.plan.decisions.bandwidth import average_bandwidth, peak_bandwidth
from workers.steps.publish import bandwidths


def test_peak_is_that_of_the_worst_four_seconds() -> None:
    assert peak_bandwidth([(4.0, 100_000), (4.0, 300_000), (4.0, 100_000)], 4) == 600_000


def test_a_tiny_last_segment_does_not_set_the_peak() -> None:
    assert peak_bandwidth([(4.0, 100_000), (0.04, 20_000)], 4) == round(8 * 120_000 / 4.04)


def test_a_rendition_shorter_than_half_a_target_is_one_run() -> None:
    assert peak_bandwidth([(1.0, 50_000)], 4) == 400_000


def test_average() -> None:
    assert average_bandwidth([(4.0, 100_000), (2.0, 50_000)]) == 200_000


@pytest.mark.parametrize("count", [1, 2, 50])
def test_peak_is_never_below_average_of_even_segments(count: int) -> None:
    segments = [(4.0, 1000 + 10 * n) for n in range(count)]
    assert peak_bandwidth(segments, 4) >= average_bandwidth(segments)


def test_what_is_declared_is_enough_for_whole_objects_of_tiny_segments() -> None:
    segments = [[4.0, 700, 601], [4.0, 1309, 601]]
    rendition = Rendition(name="90p", chunks=[Chunk(segments=segments, init_length=700)])
    peak, average = bandwidths(rendition, 4.0)
    fetched = 8 * (1309 + 601 - 700) / 8.0
    assert average >= fetched
    assert peak >= fetched
