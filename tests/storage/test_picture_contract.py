"""What service and workers tell each other about pictures, as it is stored."""

from __future__ import annotations

import pytest

from storage.catalogue.pictures import (
    PictureWish,
    TileGrid,
    grid_from_json,
    grid_to_json,
    wish_from_json,
    wish_to_json,
)

GRID = TileGrid(columns=10, rows=2, tile_width=160, tile_height=90, seconds=4.0, count=12)
STORED_FRAME = {
    "image": "thumbnail-1000-320",
    "width": 320,
    "height": None,
    "fit": "preserve",
    "format": "jpg",
    "time": 1.0,
}


@pytest.mark.parametrize(
    ("wish", "stored"),
    [
        (
            PictureWish("thumbnail-1000-320", 320, time=1.0),
            {
                "image": "thumbnail-1000-320",
                "width": 320,
                "height": None,
                "fit": "preserve",
                "format": "jpg",
                "time": 1.0,
            },
        ),
        (
            PictureWish("poster-x", 320, 320, "crop", "webp", of="poster"),
            {
                "image": "poster-x",
                "width": 320,
                "height": 320,
                "fit": "crop",
                "format": "webp",
                "of": "poster",
            },
        ),
    ],
)
def test_wishes(wish: PictureWish, stored: dict[str, object]) -> None:
    assert wish_to_json(wish) == stored
    assert wish_from_json(stored) == wish


def test_a_wish_of_before_there_were_shapes() -> None:
    stored = {"image": "thumbnail-1000-320", "width": 320, "time": 1.0, "height": None}
    assert wish_from_json(stored) == PictureWish("thumbnail-1000-320", 320, time=1.0)


def test_a_wish_for_what_nobody_makes_is_refused() -> None:
    with pytest.raises(ValueError, match="format"):
        wish_from_json({"image": "x", "width": 320, "time": 1.0, "format": "exe"})


def test_a_grid() -> None:
    stored = grid_to_json(GRID)
    assert stored.keys() == {"columns", "rows", "tile_width", "tile_height", "seconds", "count"}
    assert grid_from_json(stored) == GRID


@pytest.mark.parametrize(
    "wrong",
    [{"count": 10**9}, {"count": 0}, {"columns": 0}, {"rows": 10**6}, {"tile_width": -1}, {"seconds": 0.0}],
)
def test_a_sheet_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        grid_from_json({**grid_to_json(GRID), **wrong})
