"""Flash movies that are played by a browser in the sandbox: frames and sound that are known, and what is refused."""

from __future__ import annotations

import array
import socket
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import flash_movies as make
import flash_scripts as scripts
import pytest
from PIL import Image
from rehearsal import ENVIRONMENT

from configs.settings import load_settings
from workers import browser
from workers.browser import Easel, Played
from workers.plan.failure import MediaFailure
from workers.plan.formats.swf.outline import Outline, outline
from workers.plan.source.flash import plan_movie
from workers.programs.draw_page import OUTPUT, SOUND
from workers.sandbox import choose

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
NAMES = {RED: "R", GREEN: "G", BLUE: "B"}
RATE = 20
FRAME = make.SAMPLES // RATE
SHOW = make.tag(make.SHOW)


@pytest.fixture
def easel(tmp_path: Path) -> Easel:
    means, folder = choose("bubblewrap"), tmp_path / "out"
    folder.mkdir()
    return Easel(browser.find_browser(load_settings(ENVIRONMENT), means), means, folder, lambda: False)


def play(easel: Easel, movie: bytes) -> Played:
    source = easel.folder.with_name("source")
    source.write_bytes(movie)
    return browser.draw_flash(easel, source, plan_movie(outline([movie])))


def rows(easel: Easel, height: int = 30) -> list[str]:
    """A row of each picture, a letter for each ten pixels."""
    with Image.open(easel.folder / OUTPUT) as drawing:
        seen = []
        for number in range(getattr(drawing, "n_frames", 1)):
            drawing.seek(number)
            picture = drawing.convert("RGB")
            seen.append("".join(NAMES.get(picture.getpixel((x, height)), "?") for x in range(5, 100, 10)))
        return seen


def tween(frames: int = 10, *last: bytes) -> bytes:
    """A red bar that goes ten pixels to the right in each frame, beside a tone."""
    tags = [make.background(GREEN), make.sound_head(RATE), make.shape(1, 10, 80, RED), make.place(1, 1)]
    for number in range(frames):
        tags += [make.move(1, 10 * number), make.sound_block(FRAME * number, FRAME, 441), SHOW]
    return make.movie(*tags[:-1], *last, SHOW, rate=RATE)


def test_a_movie_is_played_frame_by_frame_and_twice_the_same(easel: Easel) -> None:
    movie = tween(10, scripts.actions(scripts.STOP))
    assert play(easel, movie) == Played(pictures=10, heard=True, plain=False)
    assert rows(easel) == ["G" * number + "R" + "G" * (9 - number) for number in range(10)]
    first = [(easel.folder / name).read_bytes() for name in (OUTPUT, SOUND)]
    samples = array.array("h", first[1])[::2]
    assert len(samples) == pytest.approx(10 * FRAME, abs=FRAME)
    loud = [at for at, value in enumerate(samples) if abs(value) > 4000]
    assert loud[0] < 0.025 * make.SAMPLES
    assert max(after - before for before, after in pairwise(loud)) < make.SAMPLES / 441
    assert max(samples) == pytest.approx(16384, abs=400)
    play(easel, movie)
    assert [(easel.folder / name).read_bytes() for name in (OUTPUT, SOUND)] == first


def test_letters_that_are_not_in_the_movie_are_seen_in_chinese_too(easel: Easel) -> None:
    text = make.device_text(1, 2, 40, BLUE, "光的折射")
    play(easel, make.movie(make.background(GREEN), text, make.place(1, 1), SHOW, SHOW, size=(200, 80)))
    with Image.open(easel.folder / OUTPUT) as drawing:
        picture = drawing.convert("RGB")
    written = picture.getchannel("B").getbbox()
    assert written is not None, "nothing is written"
    assert written[2] - written[0] > 120, "four letters of forty pixels"


def test_text_buttons_and_timelines_of_their_own_are_seen(easel: Easel) -> None:
    child = make.sprite(5, 3, make.place(3, 1), SHOW, make.move(1, 10), SHOW, make.move(1, 20), SHOW)
    movie = make.movie(
        make.background(GREEN), make.text(1, 2, 40, BLUE), make.place(1, 1), make.shape(3, 20, 20, RED),
        make.button(4, 3), make.place(4, 2, 60), child, make.place(5, 3, 40, 60), SHOW,
    )  # fmt: skip
    found = outline([movie])
    assert (found.frames, found.longest, found.waits, found.scripted) == (1, 3, True, False)
    assert play(easel, movie).pictures == 2 * RATE
    assert rows(easel, 10)[:2] == ["BBBBGGRRGG"] * 2
    assert [row.index("R") for row in rows(easel, 70)[:6]] == [4, 5, 6, 4, 5, 6]


def test_a_script_draws_in_actionscript_3(easel: Easel) -> None:
    script = scripts.Script3()
    scripts.draw(script, BLUE, 50, 0, 50, 80)
    movie = make.movie(make.background(GREEN), script.tags(), SHOW, SHOW, SHOW, script_3=True)
    assert play(easel, movie) == Played(pictures=3, heard=False, plain=False)
    assert rows(easel) == ["GGGGGBBBBB"] * 3


def test_a_hostile_movie_reaches_nothing(easel: Easel, tmp_path: Path) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text("red=1")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        there = f"http://127.0.0.1:{listener.getsockname()[1]}"
        script = b"".join(
            scripts.url(address, target)
            for address, target in [
                (f"{there}/page", "_blank"),
                (f"{there}/top", "_top"),
                (f"{there}/movie.swf", "_level1"),
                (f"file://{canary}", "_level2"),
                ("file:///etc/passwd", "_self"),
                (f"javascript:fetch('{there}/script')", "_self"),
                (f"FSCommand:exec {there}", ""),
            ]
        )
        movie = make.movie(
            make.background(GREEN),
            make.shape(1, 10, 80, RED),
            make.place(1, 1),
            scripts.actions(script),
            *[SHOW] * 10,
        )
        assert play(easel, movie) == Played(pictures=10, heard=False, plain=False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert rows(easel) == ["R" + "G" * 9] * 10
    assert {path.name for path in easel.folder.iterdir()} == {OUTPUT, SOUND}


def test_an_outline_tells_who_waits() -> None:
    first = [make.background(GREEN), make.shape(1, 10, 80, RED), make.place(1, 1)]
    assert outline([make.movie(*first, SHOW, SHOW, rate=12.5, size=(550, 400))]) == Outline(
        550, 400, Fraction(25, 2), 2, 2, scripted=False, waits=False
    )
    assert outline([make.movie(*first, scripts.actions(scripts.STOP), SHOW, SHOW)]).waits
    assert not outline([make.movie(*first, SHOW, scripts.actions(scripts.STOP), SHOW)]).waits
    assert not outline([make.movie(*first, scripts.actions(scripts.push(7, "\x07")), SHOW, SHOW)]).waits
    assert outline([make.movie(*first, make.tag(82, b"\0" * 5 + b"\x0aMouseEvent"), SHOW)]).waits


def test_as_much_is_drawn_as_limits_allow() -> None:
    def planned(**changes: object) -> tuple[int, int, bool, bool]:
        values = {"width": 550, "height": 400, "rate": Fraction(24), "frames": 100, "longest": 100}
        found = plan_movie(Outline(**{**values, "scripted": False, "waits": False, **changes}))  # type: ignore[arg-type]
        return found.frames, found.step, found.rests, found.cut

    assert planned() == (100, 1, False, False)
    assert planned(frames=1, longest=1) == (48, 1, True, False)
    assert planned(frames=1, longest=300) == (300, 1, True, False)
    assert planned(frames=1, longest=1, scripted=True) == (1440, 1, True, False)
    assert planned(waits=True) == (100, 1, True, False)
    assert planned(rate=Fraction(120)) == (100, 2, False, False)
    assert planned(frames=65535) == (20_000, 1, False, True)
    assert planned(frames=5000, width=2000, height=2000) == (2000, 1, False, True)
    with pytest.raises(MediaFailure, match="animation_too_large"):
        planned(width=9000, height=9000)
