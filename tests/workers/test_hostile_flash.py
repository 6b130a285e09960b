"""Flash movies that were made to do harm: none gets out of the sandbox, and each ends as a film or with a code that
says why, with nothing of it left behind."""

from __future__ import annotations

import ctypes
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import flash_movies as make
import flash_scripts as scripts
import pytest
from browser_pictures import easel_in, pictures
from flash_movies import tag
from flash_scripts import Script3, variable
from support import children

from workers import browser
from workers.browser import Easel, Played
from workers.plan.failure import MediaFailure
from workers.plan.formats.swf import movie as swf_movie
from workers.plan.formats.swf.outline import outline
from workers.plan.formats.swf.wrapper import wrapped_video
from workers.plan.source.flash import plan_movie
from workers.programs.draw_page import OUTPUT, SOUND

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
SHOW = make.tag(make.SHOW)
FRAMES = 4
SCENE = (make.background(GREEN), make.shape(1, 10, 80, RED), make.place(1, 1))
SEEN, HALF_DONE = "R" + "G" * 9, "GGGGGRGGGG"
"""What is always seen, a letter for each ten pixels; and where the script does not come to its end."""

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Canary:
    """``there`` is an address that nobody must come to, ``movie`` a file, a movie in blue, that nobody must read."""

    listener: socket.socket
    movie: Path

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.listener.getsockname()[1])

    @property
    def there(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def untouched(self) -> bool:
        """Return whether nobody came."""
        try:
            self.listener.accept()
        except BlockingIOError:
            return True
        return False


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    movie = tmp_path / "canary.swf"
    movie.write_bytes(make.movie(make.shape(1, 100, 80, BLUE), make.place(1, 1), *[SHOW] * FRAMES))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield Canary(listener, movie)


@pytest.fixture
def easel(tmp_path: Path) -> Iterator[Easel]:
    """Where a browser draws, which leaves nothing behind: what loses its parent becomes this process's child, and is
    seen."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    own = Path("/proc/self").resolve()
    before = set(children(int(own.name)))
    yield easel_in(tmp_path)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    assert set(children(int(own.name))) <= before
    assert {path.name for path in (tmp_path / "out").iterdir()} <= {OUTPUT, SOUND}


def play(easel: Easel, movie: bytes) -> Played:
    source = easel.folder.with_name("source")
    source.write_bytes(movie)
    return browser.draw_flash(easel, source, plan_movie(outline([movie])))


def rows(easel: Easel) -> list[str]:
    names = {RED: "R", GREEN: "G", BLUE: "B"}
    return [
        "".join(names.get(picture.getpixel((x, 30)), "?") for x in range(5, 100, 10))
        for picture in pictures(easel)
    ]


def scripted(code: bytes, *more: bytes) -> bytes:
    """A movie with a bar that stands in the middle until the script has come to its end, and brings it to the left."""
    bar = make.sprite(2, 1, make.place(1, 1), SHOW) + make.named("bar", 2, 1, 50)
    end = variable("bar") + scripts.push("_x", 0) + b"\x4f"
    return make.movie(*SCENE[:2], bar, *more, scripts.actions(code + end), *[SHOW] * FRAMES)


def scripted_3(script: Script3) -> bytes:
    """A movie whose script draws the bar at its end."""
    scripts.draw(script, RED, 0, 0, 10, 80)
    return make.movie(*SCENE[:1], script.tags(), *[SHOW] * FRAMES, script_3=True)


def pages(canary: Canary) -> bytes:
    """Opens pages and talks to the player around it."""
    addresses = [
        (f"{canary.there}/page", "_blank"),
        (f"{canary.there}/top", "_top"),
        ("file:///etc/passwd", "_self"),
    ]
    addresses += [
        (f"javascript:fetch('{canary.there}')", "_self"),
        (f"data:text/html,<img src={canary.there}>", ""),
    ]
    commands = [(f"FSCommand:{command}", canary.there) for command in ("exec", "quit", "save", "fullscreen")]
    return scripted(b"".join(scripts.url(*pair) for pair in (*addresses, *commands)))


def movies(canary: Canary) -> bytes:
    """Loads other movies and variables, over itself and beside itself."""
    code = b""
    for number, address in enumerate(
        (
            f"{canary.there}/a.swf",
            f"file://{canary.movie}",
            str(canary.movie),
            "../canary.swf",
            "/in/source/../canary.swf",
        )
    ):
        code += scripts.load(address, f"_level{number + 1}") + scripts.load(address, "_root", variables=True)
        code += scripts.url(address, "_level9")
    code += scripts.assign("l", scripts.make("MovieClipLoader"))
    code += scripts.call(variable("l"), "loadClip", f"file://{canary.movie}", "_level7")
    return scripted(code)


def data(canary: Canary) -> bytes:
    """Fetches data, and sends some, in every way of ActionScript 2."""
    code = scripts.assign("d", scripts.make("LoadVars"))
    code += scripts.call(variable("d"), "sendAndLoad", f"{canary.there}/data", variable("d"), "POST")
    code += scripts.call(variable("d"), "send", canary.there, "_blank", "GET")
    code += scripts.assign("x", scripts.make("XML")) + scripts.call(
        variable("x"), "load", f"{canary.there}/x.xml"
    )
    code += scripts.assign("s", scripts.make("XMLSocket"))
    code += scripts.call(variable("s"), "connect", "127.0.0.1", canary.port)
    code += scripts.assign("m", scripts.make("Sound"))
    code += scripts.call(variable("m"), "loadSound", f"{canary.there}/m.mp3", 1)
    code += scripts.assign("n", scripts.make("NetConnection"))
    code += scripts.call(variable("n"), "connect", None)
    code += scripts.assign("v", scripts.make("NetStream", variable("n")))
    code += scripts.call(variable("v"), "play", f"{canary.there}/v.flv")
    code += scripts.call(variable("n"), "connect", f"rtmp://127.0.0.1:{canary.port}/app")
    return scripted(code)


def machine(canary: Canary) -> bytes:
    """Reaches for what is beside it: storage, the clipboard, other movies, the page, the camera."""
    code = scripts.assign("c", scripts.make("LocalConnection"))
    code += scripts.call(variable("c"), "connect", "name") + scripts.call(
        variable("c"), "send", "_other", "go", 1
    )
    code += scripts.call(variable("SharedObject"), "getLocal", "../../../kept", "/")
    code += scripts.call(variable("System"), "setClipboard", canary.there)
    code += scripts.call(variable("System.security"), "loadPolicyFile", f"{canary.there}/p.xml")
    code += scripts.call(variable("flash.external.ExternalInterface"), "call", f"fetch('{canary.there}')")
    code += scripts.call(variable("Camera"), "get") + scripts.call(variable("Microphone"), "get")
    return scripted(code)


def requests_3(canary: Canary) -> bytes:
    """Opens, loads and sends in ActionScript 3."""
    script = Script3()
    request = script.make("flash.net.URLRequest", f"{canary.there}/r")
    local = script.make("flash.net.URLRequest", f"file://{canary.movie}")
    script.do(script.run("flash.net.navigateToURL", request, "_blank"))
    script.do(script.run("flash.net.sendToURL", request))
    for kind in ("flash.net.URLLoader", "flash.net.URLStream", "flash.display.Loader", "flash.media.Sound"):
        script.do(script.call(script.make(kind), "load", request))
        script.do(script.call(script.make(kind), "load", local))
    script.do(script.call(script.make("flash.net.FileReference"), "download", request, "../../.bashrc"))
    return scripted_3(script)


def shown_3(canary: Canary) -> bytes:
    """Loads the movie that nobody must read, and would show it."""
    script = Script3()
    for address in (
        f"file://{canary.movie}",
        str(canary.movie),
        "/in/source/../canary.swf",
        "/../canary.swf",
    ):
        loader = script.make("flash.display.Loader")
        # Kept as a child first, so that it is seen as soon as it has something.
        script.do(script.call(b"\xd0", "addChild", loader))
        child = script.call(b"\xd0", "getChildAt", 0)
        script.do(script.call(child, "load", script.make("flash.net.URLRequest", address)))
    return scripted_3(script)


def connections_3(canary: Canary) -> bytes:
    """Connects in ActionScript 3."""
    script = Script3()
    for kind in ("flash.net.Socket", "flash.net.XMLSocket", "flash.net.SecureSocket"):
        script.do(script.call(script.make(kind), "connect", "127.0.0.1", canary.port))
    connection = script.make("flash.net.NetConnection")
    script.do(script.call(connection, "connect", f"rtmp://127.0.0.1:{canary.port}/app"))
    script.do(script.call(connection, "connect", f"{canary.there}/gateway"))
    security = script.get("flash.system.Security")
    script.do(script.call(security, "loadPolicyFile", f"xmlsocket://127.0.0.1:{canary.port}"))
    script.do(script.call(security, "allowDomain", "*"))
    return scripted_3(script)


def machine_3(canary: Canary) -> bytes:
    """Reaches for what is beside it in ActionScript 3."""
    script = Script3()
    outside = script.get("flash.external.ExternalInterface")
    script.do(script.call(outside, "call", "eval", f"fetch('{canary.there}')"))
    script.do(script.call(script.get("flash.net.SharedObject"), "getLocal", "../../kept", "/"))
    script.do(script.call(script.make("flash.net.LocalConnection"), "connect", "_name"))
    script.do(script.call(script.get("flash.system.System"), "setClipboard", canary.there))
    script.do(script.call(script.get("flash.system.System"), "exit", 1))
    script.do(script.run("flash.system.fscommand", "exec", canary.there))
    for kind in ("Camera", "Microphone"):
        script.do(script.call(script.get(f"flash.media.{kind}"), f"get{kind}"))
    return scripted_3(script)


def imports(canary: Canary) -> bytes:
    """Takes its characters from other movies."""
    named = struct.pack("<HH", 1, 9) + b"part\0"
    first = tag(57, f"{canary.there}/lib.swf".encode() + b"\0" + named)
    second = tag(71, f"file://{canary.movie}".encode() + b"\0\x01\0" + named)
    return scripted(b"", first, second, make.place(9, 5))


def names(canary: Canary) -> bytes:
    """Is called as paths and programs are, everywhere."""
    bad = (
        "../../../../etc/cron.d/x",
        "__proto__",
        "<img src=x onerror=fetch(1)>",
        "%00\x01",
        "$(id)",
        "名" * 9000,
    )
    labels = [tag(43, name.encode() + b"\0") for name in bad]
    exports = [tag(56, struct.pack("<HH", 1, 1) + name.encode() + b"\0") for name in bad]
    told = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{canary.there}"><!ENTITY f SYSTEM "file:///etc/passwd">]><x>&e;&f;</x>'
    return scripted(b"", *labels, *exports, tag(77, told.encode() + b"\0"))


def sprites(_: Canary) -> bytes:
    """Holds itself, and others tenfold in tenfold."""
    own = make.sprite(20, 1, make.place(20, 1), make.place(1, 2), SHOW)
    nests = [make.sprite(30, 1, make.place(1, 1), SHOW)]
    for level in range(31, 36):
        nests.append(make.sprite(level, 1, *[make.place(level - 1, depth) for depth in range(1, 4)], SHOW))
    return scripted(b"", own, make.place(20, 7), *nests, make.place(35, 8))


def bitmaps(_: Canary) -> bytes:
    """Says that its bitmaps are larger than any memory."""
    packed = zlib.compress(bytes(4_000_000))
    lossless = [
        tag(code, struct.pack("<HBHH", 40 + place, 5, side, side) + packed)
        for place, (code, side) in enumerate([(20, 65535), (36, 65535), (20, 30000), (36, 0)])
    ]
    jpeg = b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\0\x02\x11\1\x03\x11\1\xff\xd9"
    photo = tag(21, struct.pack("<H", 50) + jpeg)
    video = tag(60, struct.pack("<HHHHBB", 51, 60_000, 65_535, 65_535, 0, 2)) + make.place(51, 9)
    frames = [tag(61, struct.pack("<HH", 51, number) + b"\0\0\x84" + bytes(20)) for number in range(3)]
    return scripted(b"", *lossless, photo, video, *frames)


def sounds(_: Canary) -> bytes:
    """Plays a sound without end, whose lengths are lies."""
    tone = struct.pack("<HBI", 60, 0x3F, 0xFFFFFFFF) + bytes(range(256)) * 40
    start = tag(15, struct.pack("<HBH", 60, 0x04, 0xFFFF))
    head = tag(45, struct.pack("<BBH", 0x0F, 0x3F, 0xFFFF))
    return scripted(b"", tag(14, tone), start, head, *[tag(19, bytes(8))] * 3)


def reckless(_: Canary) -> bytes:
    """Calls itself until nothing is left, as deep as it is allowed to."""
    limits = tag(65, struct.pack("<HH", 0xFFFF, 0xFFFF))
    body = scripts.push(0, "f") + b"\x3d\x17"
    return scripted(scripts.function("f", body) + body, limits)


def reckless_3(_: Canary) -> bytes:
    """Makes itself again and again in ActionScript 3."""
    script = Script3()
    script.do(script.make("Main"))
    return scripted_3(script)


def busy(_: Canary) -> bytes:
    """Never comes to the end of its first frame."""
    return scripted(scripts.endless(scripts.push(1) + b"\x17"))


def busy_3(_: Canary) -> bytes:
    """The same in ActionScript 3."""
    script = Script3()
    script.endless()
    return scripted_3(script)


def impatient(_: Canary) -> bytes:
    """Asks for the time until a second has passed, as movies did to wait."""
    look = b"\x34"
    again = look + variable("begun") + b"\x0b" + scripts.push(1000) + b"\x48"
    loop = again + b"\x9d" + struct.pack("<Hh", 2, -len(again) - 5)
    return scripted(scripts.assign("begun", look) + loop)


def greedy(_: Canary) -> bytes:
    """Doubles a text until the memory is full."""
    return scripted(scripts.assign("t", "x" * 1000) + scripts.endless(scripts.doubled("t")))


def greedy_3(_: Canary) -> bytes:
    """Makes pictures of the largest size without end."""
    script = Script3()
    picture = script.make("flash.display.BitmapData", 4095, 4095)
    script.endless(script.call(b"\xd0", "addChild", script.make("flash.display.Bitmap", picture)))
    return scripted_3(script)


def clones(_: Canary) -> bytes:
    """Copies a clip many thousand times, one over the other."""
    clip = make.sprite(70, 1, make.place(1, 1), SHOW)
    named = make.named("clip", 70, 9)
    copy = scripts.push("clip") + variable("clip_name") + variable("n") + b"\x24"
    count = scripts.assign("n", variable("n") + scripts.push(1) + b"\x47")
    code = scripts.assign("clip_name", "copy") + scripts.assign("n", 16384)
    return scripted(code + (copy + count) * 900, clip, named)


def filters(_: Canary) -> bytes:
    """Blurs what is large as far as can be."""
    blur = b"\x01\x01" + struct.pack("<ii", 255 << 16, 255 << 16) + bytes([15 << 3])
    body = bytes([0x06, 0x01]) + struct.pack("<HH", 9, 80) + b"\0" + blur
    return scripted(b"", make.shape(80, 1600, 1600, GREEN), tag(70, body), make.place(1, 12))


def garbage(_: Canary) -> bytes:
    """Has tags of every kind, and nonsense in them."""
    noise = bytes(number * 37 % 251 for number in range(90))
    kinds = [
        code for code in range(2, 95) if code not in (9, 26, 28, 39, 12, 59, 82, 72, 7, 34, 4, 5, 70, 94)
    ]
    return scripted(b"", *[tag(code, noise[code % 7 :]) for code in kinds])


OUTCOMES: dict[Callable[[Canary], bytes], str] = {
    **dict.fromkeys(
        [pages, movies, data, machine, requests_3, shown_3, connections_3, machine_3, names], SEEN
    ),
    **dict.fromkeys([sounds, impatient, clones, garbage, filters], SEEN),
    busy: HALF_DONE,
    **dict.fromkeys([busy_3, imports], "flash_blank"),
    **dict.fromkeys([sprites, bitmaps, reckless, reckless_3, greedy, greedy_3], "flash_not_supported"),
}


def outcome(easel: Easel, movie: bytes) -> str:
    """What is always seen of a movie, or the code of its failure."""
    try:
        played = play(easel, movie)
    except MediaFailure as failure:
        return failure.code
    if played.plain and not played.heard:
        return "flash_blank"
    [seen] = set(rows(easel))
    return seen


@pytest.mark.media
@pytest.mark.parametrize("kind", OUTCOMES, ids=lambda kind: kind.__name__)
def test_a_hostile_movie_reaches_nothing_and_ends(
    kind: Callable[[Canary], bytes], easel: Easel, canary: Canary
) -> None:
    assert outcome(easel, kind(canary)) == OUTCOMES[kind]
    assert canary.untouched()


@pytest.mark.media
@pytest.mark.parametrize(
    ("size", "rate", "frames"),
    [((1, 1), 20, 3), ((4096, 1), 20, 3), ((100, 80), 1 / 8, 2), ((100, 80), 255, 9)],
    ids=["a pixel", "a line", "slow", "fast"],
)
def test_a_movie_of_strange_measures_is_played(
    size: tuple[int, int], rate: float, frames: int, easel: Easel
) -> None:
    movie = make.movie(*SCENE, *[SHOW] * frames, size=size, rate=rate)
    assert play(easel, movie).pictures == (frames if rate < 60 else 1)
    assert {picture.size for picture in pictures(easel)} == {size}


@pytest.mark.media
def test_what_is_played_until_it_breaks_is_kept(easel: Easel) -> None:
    body = scripts.push(0, "f") + b"\x3d\x17"
    limits = tag(65, struct.pack("<HH", 0xFFFF, 0xFFFF))
    later = scripts.actions(scripts.function("f", body) + body)
    played = play(easel, make.movie(limits, *SCENE, SHOW, SHOW, later, *[SHOW] * 9))
    assert (played.broken, played.pictures) == (True, 2)
    assert rows(easel) == [SEEN] * 2


def lengthened(movie: bytes, length: int) -> bytes:
    """A movie that says so of its length."""
    return movie[:4] + struct.pack("<I", length) + movie[8:]


WHOLE = make.movie(*SCENE, *[SHOW] * FRAMES, packed=False)
ZEROS = [tag(90, bytes(1_000_000))] * 40
REFUSED = {
    "a stage beyond any screen": ("animation_too_large", make.movie(*SCENE, SHOW, size=(100_000, 100_000))),
    "no stage": ("source_damaged", make.movie(*SCENE, SHOW, size=(0, 0))),
    "a stage turned inside out": ("source_damaged", WHOLE[:8] + bytes([0x28, 0x78, 0x0F]) + WHOLE[8:]),
    "no rate": ("source_damaged", make.movie(*SCENE, SHOW, rate=0)),
    "no frame": ("source_damaged", make.movie(*SCENE)),
    "a bomb": ("flash_too_large", make.movie(*SCENE, *ZEROS, SHOW)),
    "another bomb": ("flash_too_large", make.lzma_packed(make.movie(*SCENE, *ZEROS, SHOW, packed=False))),
    "a tag without end": ("source_damaged", WHOLE[:-6] + struct.pack("<HI", 2 << 6 | 0x3F, 0xFFFFFFFF)),
    "cut off": ("source_damaged", WHOLE[: len(WHOLE) // 2]),
    "cut off within what is packed": ("source_damaged", make.movie(*SCENE, SHOW)[:50]),
    "packed nonsense": ("source_damaged", b"CWS\x0a\xff\0\0\0" + bytes(range(200))),
    "nothing but a name": ("source_damaged", b"FWS"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_movie_that_is_none_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swf_movie, "MAX_BYTES", 30_000_000)
    code, data = REFUSED[name]
    with pytest.raises(MediaFailure) as wrapped:
        list(wrapped_video([data]))
    assert wrapped.value.code in (code, "flash_not_supported")
    with pytest.raises(MediaFailure) as failure:
        plan_movie(outline([data]))
    assert failure.value.code == code


@pytest.mark.parametrize("length", [0, 7, 2**32 - 1])
def test_a_movie_may_lie_about_its_length(length: int) -> None:
    assert plan_movie(outline([lengthened(WHOLE, length)])).frames == FRAMES


def test_of_a_movie_without_end_the_beginning_is_drawn() -> None:
    drawing = plan_movie(outline([make.movie(*SCENE, *[SHOW] * 65_535)]))
    assert (drawing.frames, drawing.cut) == (20_000, True)
