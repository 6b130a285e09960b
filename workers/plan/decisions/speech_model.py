"""What is in the folder of a model: its family, told by the names of its files, and which file is for what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Family = Literal["sense_voice", "paraformer", "whisper", "own"]

OWN_ENGINE: Final = "engine.py"
"""A folder that has it brings an engine of its own (``workers/programs/hear.py``)."""

NAMES: Final[Mapping[Family, str]] = {
    "sense_voice": "SenseVoice",
    "paraformer": "Paraformer",
    "whisper": "Whisper",
    "own": OWN_ENGINE,
}

SENSE_VOICE_MARK: Final = b"sense_voice_ctc"
"""Stands among what is told of a model behind its weights, if it is a SenseVoice; a Paraformer has files of the same
names."""

MARK_BYTES: Final = 1024**2
"""From the end of a model's file on, among which the mark is looked for."""


class ModelIncomplete(Exception):
    """A folder lacks ``missing`` files; the message names them."""

    def __init__(self, missing: Collection[str]) -> None:
        self.missing = tuple(missing)
        super().__init__(", ".join(missing))


@dataclass(frozen=True)
class SpeechModel:
    """A model and its ``files``: names by what they are for."""

    family: Family
    files: Mapping[str, str]


def model_in(names: Collection[str], is_sense_voice: Callable[[str], bool]) -> SpeechModel:
    """Return the model in a folder with files of these names. Raises ``ModelIncomplete``."""
    if OWN_ENGINE in names:
        return SpeechModel("own", {})
    onnx = sorted(
        (name for name in names if name.endswith(".onnx")), key=lambda name: ("int8" not in name, name)
    )
    vad = next((name for name in onnx if "vad" in name), None)
    tokens = next((name for name in sorted(names) if name.endswith("tokens.txt")), None)
    encoder = next((name for name in onnx if "encoder" in name), None)
    decoder = next((name for name in onnx if "decoder" in name), None)
    model = next((name for name in onnx if name != vad and "coder" not in name), None)
    always = {"vad": vad, "tokens": tokens}
    if encoder or decoder:
        return _complete("whisper", {**always, "encoder": encoder, "decoder": decoder})
    family: Family = "sense_voice" if model is not None and is_sense_voice(model) else "paraformer"
    return _complete(family, {**always, "model": model})


_CALLED: Final = {
    "vad": "silero_vad.onnx",
    "tokens": "tokens.txt",
    "encoder": "…encoder.onnx",
    "decoder": "…decoder.onnx",
    "model": "model.onnx",
}


def _complete(family: Family, files: Mapping[str, str | None]) -> SpeechModel:
    if missing := [_CALLED[purpose] for purpose, name in files.items() if name is None]:
        raise ModelIncomplete(missing)
    return SpeechModel(family, {purpose: name for purpose, name in files.items() if name is not None})
