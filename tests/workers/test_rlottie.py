"""The Lottie program, locked in by every means that this host has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from confined import each_means, means
from PIL import Image

from workers import rlottie
from workers.ffmpeg import ToolError
from workers.plan.failure import MediaFailure
from workers.plan.source.lottie import Drawing
from workers.programs.draw_lottie import OUTPUT
from workers.sandbox import Means

__all__ = ["means"]


def shape(colour: list[float], begin: int, end: int, opacity: int = 100) -> dict[str, object]:
    still = {"o": {"k": 100}, "r": {"k": 0}, "a": {"k": [0, 0]}, "s": {"k": [100, 100]}, "p": {"k": [0, 0]}}
    items = [
        {"ty": "rc", "p": {"k": [5, 5]}, "s": {"k": [10, 10]}, "r": {"k": 0}},
        {"ty": "fl", "c": {"k": colour}, "o": {"k": opacity}},
        {"ty": "tr", **still},
    ]
    return {
        "ty": 4,
        "ip": begin,
        "op": end,
        "st": 0,
        "ks": {**still, "o": {"k": 100}},
        "shapes": [{"ty": "gr", "it": items}],
    }


def write(folder: Path, **changes: object) -> Path:
    layers = [shape([1, 0, 0, 1], 0, 2, opacity=50), shape([0, 0, 1, 1], 2, 3)]
    document = {"v": "5.7.0", "fr": 25, "ip": 0, "op": 3, "w": 20, "h": 10, "layers": layers, **changes}
    path = folder / "source"
    path.write_text(json.dumps(document))
    return path


@each_means
def test_pictures_are_drawn_frame_by_frame(means: Means, tmp_path: Path) -> None:
    source, output = write(tmp_path), tmp_path / "out"
    output.mkdir()
    found = rlottie.look(source, means, output, lambda: False)
    assert (found.width, found.height, found.rate, found.frames, found.loop) == (20, 10, 25, 3, True)
    drawn = rlottie.draw(source, Drawing(40, 20, 3, 1, (1, 25)), means, output, lambda: False)
    assert drawn == rlottie.Drawn(transparent=False, plain=False)
    with Image.open(output / OUTPUT) as picture:
        seen = []
        for number in range(3):
            picture.seek(number)
            pixels = picture.convert("RGBA")
            seen.append((pixels.getpixel((5, 5)), pixels.getpixel((35, 5))))
        assert (picture.n_frames, picture.info["duration"], picture.size) == (3, 40, (40, 20))
    clear = (0, 0, 0, 0)
    # Premultiplied: half of the red is there, and half of it is transparent.
    assert seen == [((127, 0, 0, 127), clear), ((127, 0, 0, 127), clear), ((0, 0, 255, 255), clear)]


LAYER: dict[str, object] = {"ip": 0, "op": 3, "st": 0, "ks": {}}


@pytest.mark.parametrize(
    ("layer", "missing"),
    [
        ({"ty": 5, "t": {}}, ["lottie_text_left_out"]),
        ({"ty": 5, "t": {}, "hd": True}, []),
        ({"ty": 6, "refId": "sound"}, ["lottie_sound_left_out"]),
        ({"ty": 4, "ef": [{"ty": 25, "nm": "Drop Shadow"}]}, ["lottie_effects_left_out"]),
        ({"ty": 4, "ef": [{"ty": 5, "nm": "a number for expressions"}, {"ty": 29, "en": 0}]}, []),
        (
            {"ty": 4, "ks": {"r": {"a": 0, "k": 0, "x": "var $bm_rt = time;"}}},
            ["lottie_expressions_left_out"],
        ),
        ({"ty": 2, "refId": "there"}, []),
        ({"ty": 2, "refId": "elsewhere"}, ["lottie_pictures_left_out"]),
    ],
    ids=str,
)
def test_what_is_not_drawn_is_told(
    layer: dict[str, object], missing: list[str], means: Means, tmp_path: Path
) -> None:
    pictures = {"there": "data:image/png;base64,AA==", "elsewhere": "http://127.0.0.1:9/picture.png"}
    named = str(layer.get("refId"))
    assets = [{"id": named, "w": 1, "h": 1, "u": "", "p": pictures[named]}] if named in pictures else []
    source = write(tmp_path, layers=[{**LAYER, **layer}], assets=assets)
    assert list(rlottie.look(source, means, tmp_path, lambda: False).missing) == missing


@pytest.mark.parametrize(
    ("layers", "seen"),
    [
        ([], rlottie.Drawn(transparent=True, plain=True)),
        (
            [{**LAYER, "ty": 1, "sw": 20, "sh": 10, "sc": "#ff0000"}],
            rlottie.Drawn(transparent=False, plain=True),
        ),
    ],
    ids=["nothing", "a background"],
)
def test_a_drawing_without_anything_on_it_is_told(
    layers: list[object], seen: rlottie.Drawn, means: Means, tmp_path: Path
) -> None:
    source = write(tmp_path, layers=layers)
    assert rlottie.draw(source, Drawing(20, 10, 3, 1, (1, 25)), means, tmp_path, lambda: False) == seen


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"layers": {}}, "source_not_media"),
        ({"w": "20"}, "lottie_invalid"),
        ({"fr": 0}, "lottie_invalid"),
        ({"op": float("nan")}, "lottie_invalid"),
        ({"layers": [{"ty": 4}] * 5001}, "animation_too_complex"),
        ({"nm": "x" * 5_300_000}, "lottie_too_large"),
    ],
)
def test_what_cannot_be_drawn(changes: dict[str, object], code: str, means: Means, tmp_path: Path) -> None:
    source = write(tmp_path, **changes)
    with pytest.raises(MediaFailure) as failure:
        rlottie.look(source, means, tmp_path, lambda: False)
    assert failure.value.code == code


def test_colours_of_old_animations_go_up_to_255(means: Means, tmp_path: Path) -> None:
    """One that stands still, and one that changes."""
    changing = shape([0, 0, 0, 0], 1, 2)
    moments = [
        {
            "t": 1,
            "s": [0, 128, 0, 255],
            "e": [0, 128, 0, 255],
            "i": {"x": [1], "y": [1]},
            "o": {"x": [0], "y": [0]},
        }
    ]
    changing["shapes"][0]["it"][1]["c"]["k"] = [*moments, {"t": 2}]  # type: ignore[index]
    source = write(tmp_path, v="4.1.8", layers=[shape([128, 7, 6, 255], 0, 1), changing], op=2)
    output = tmp_path / "out"
    output.mkdir()
    rlottie.draw(source, Drawing(20, 10, 2, 1, (1, 25)), means, output, lambda: False)
    with Image.open(output / OUTPUT) as picture:
        seen = []
        for number in range(2):
            picture.seek(number)
            seen.append(picture.convert("RGB").getpixel((5, 5)))
    assert seen == [(128, 7, 6), (0, 128, 0)]


def test_deep_nesting_is_refused(means: Means, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text('{"fr":25,"layers":' + "[" * 200_000 + "]" * 200_000 + "}")
    with pytest.raises(MediaFailure) as failure:
        rlottie.look(source, means, tmp_path, lambda: False)
    assert failure.value.code == "lottie_invalid"


def test_odd_layers_end_in_a_picture_or_a_failure(means: Means, tmp_path: Path) -> None:
    """Whatever the library makes of them, the worker goes on."""
    odd = [{"ty": 4, "shapes": [{"ty": "gr", "it": None}]}, {"ty": 0, "refId": "x"}, {"ty": "?"}, {"ks": 3}]
    for number, layer in enumerate(odd):
        folder = tmp_path / str(number)
        folder.mkdir()
        source = write(folder, layers=[{"ip": 0, "op": 3, "st": 0, **layer}])
        try:
            rlottie.draw(source, Drawing(20, 10, 3, 1, (1, 25)), means, folder, lambda: False)
        except (MediaFailure, ToolError) as failure:
            assert isinstance(failure, MediaFailure)
