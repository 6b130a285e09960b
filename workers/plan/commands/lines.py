"""What all command lines share: how a source is named, guarded and opened, and how a graph becomes arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import ffmpeg

from workers.plan.model.plan import VideoPlan
from workers.plan.model.sounds import AudioPlan
from workers.plan.source.demuxers import reader_options

REPRODUCIBLE = {"map_metadata": -1, "map_chapters": -1, "fflags": "+bitexact", "flags": "+bitexact"}


JPEG_COLOURS = {"out_color_matrix": "bt601", "out_range": "pc"}
"""JPEG files know no other colours (JFIF, ITU-T T.871)."""


JPEG = {"q:v": 3, "pix_fmt": "yuvj420p", "strict": "unofficial", **REPRODUCIBLE}


_LOOP: Final = "loop"
_BETWEEN: Final = "\0"
_STREAM: Final = re.compile(r"\[(\d+):([^\]]*)\]")


@dataclass(frozen=True)
class Input:
    """Where the tool finds a source: an address inside the sandbox, and the options that guard it."""

    address: str
    guards: Mapping[str, Any]


def options_of(source: Input, plan: VideoPlan | AudioPlan) -> dict[str, Any]:
    """Options that stand before a source however it is read."""
    return {**source.guards, **reader_options(plan.entry.demuxer)}


def entered(plan: VideoPlan | AudioPlan, entry: float) -> dict[str, Any]:
    """Options that open a source at ``entry`` seconds, and have times count from where the source starts."""
    options = {"ss": f"{entry:.6f}"} if entry > 0 else {}
    if plan.entry.start_offset > entry:
        options["itsoffset"] = f"{plan.entry.start_offset - entry:.6f}"
    return options


def beside(opened: Any, plan: VideoPlan | AudioPlan) -> list[Any]:
    """Outputs that make ffmpeg read the other streams of a source whose timestamps start again."""
    read = plan.streams if isinstance(plan, AudioPlan) else (plan.stream,)
    return thrown_away(opened, [stream for stream in plan.entry.joint_streams if stream not in read])


def steady(opened: Any, stream: int, filters: str) -> Any:
    """Return a sound of the one source that a command opens, after ``filters``, which give it one form for good.

    Where a sound's form changes (5.1 and stereo in a broadcast, another sample rate), ffmpeg makes the graph behind
    its decoder anew, and what it had counted is lost. So there is a graph of these filters alone, which may; what comes
    out of it is decoded once more and enters the command's own graph (ffmpeg.texi, loopback decoders).
    """
    (given, *_), _ = _inputs_of(ffmpeg.output(opened, "-").compile()[1:])
    return ffmpeg.input(_LOOP, af=filters, opened=_BETWEEN.join(given), stream=stream)["0"]


def thrown_away(opened: Any, streams: Sequence[int]) -> list[Any]:
    """Outputs that only have these streams read."""
    if not streams:
        return []
    return [ffmpeg.output(*(opened[str(stream)] for stream in streams), "-", format="null", c="copy")]


def guard_options(source: Input) -> list[str]:
    """A source's guards for ffprobe, which ``ffmpeg-python`` does not compose for."""
    return [part for name, value in source.guards.items() for part in (f"-{name}", str(value))]


def compiled(*outputs: Any) -> list[str]:
    """Return the arguments after the program's name."""
    stream = outputs[0] if len(outputs) == 1 else ffmpeg.merge_outputs(*outputs)
    return _looped(cast("list[str]", stream.compile())[1:])


def _inputs_of(arguments: list[str]) -> tuple[list[list[str]], list[str]]:
    """Return the arguments of each input, and all that follows them."""
    inputs = []
    while "-i" in arguments:
        end = arguments.index("-i") + 2
        inputs.append(arguments[:end])
        arguments = arguments[end:]
    return inputs, arguments


def _looped(arguments: list[str]) -> list[str]:
    """Put loopback decoders where the inputs stand that ``steady`` made up."""
    inputs, rest = _inputs_of(arguments)
    loops = [dict(zip(given[::2], given[1::2], strict=True)) for given in inputs if given[-1] == _LOOP]
    if not loops:
        return arguments
    source = loops[0]["-opened"].split(_BETWEEN)
    real = [source, *(given for given in inputs if given[-1] != _LOOP and given != source)]
    names: dict[int, str] = {}
    decoders: list[list[str]] = []
    for number, given in enumerate(inputs):
        if given[-1] == _LOOP:
            names[number] = f"dec:{len(decoders)}"
            decoders.append(_decoder(loops[len(decoders)], len(decoders)))
        else:
            names[number] = f"{real.index(given)}:"

    def name(found: re.Match[str]) -> str:
        named = names[int(found[1])]
        return f"[{named}{found[2] if named.endswith(':') else ''}]"

    for at, option in enumerate(rest):
        if option == "-filter_complex":
            rest[at + 1] = _STREAM.sub(name, rest[at + 1])
        elif option == "-map" and ":" in rest[at + 1]:
            rest[at + 1] = _STREAM.sub(name, f"[{rest[at + 1]}]")[1:-1]
    return [part for parts in (*real, *decoders, rest) for part in parts]


def _decoder(loop: Mapping[str, str], number: int) -> list[str]:
    """Arguments of an output that is thrown away, and of the loopback decoder that takes what it encoded."""
    mapped = ["-map", f"0:{loop['-stream']}", "-af", loop["-af"], "-acodec", "pcm_f32le"]
    return [*mapped, "-f", "null", "-", "-dec", f"{number}:0"]
