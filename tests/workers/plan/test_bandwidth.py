import pytest

from workers.plan.decisions.bandwidth import average_bandwidth, peak_bandwidth


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
