"""The engine of ``hear.py`` that sherpa-onnx is: speech is found by Silero's model, and heard by one of three families.

It is given the ``folder`` of its packages, the ``family`` of the model, its ``files`` by what they are for, and the
``language`` that is expected, empty if nobody knows.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

RATE = 16_000
LEAST_SILENCE = 0.3
LEAST_SPEECH = 0.25
MOST_SPEECH = 20.0
"""Seconds. After the most, a shorter silence parts what is said."""


def open_engine(given: Mapping[str, Any]) -> SherpaEngine:
    """Load the models."""
    # Before they are loaded: each library would start as many threads as there are processors.
    os.putenv("OMP_NUM_THREADS", "1")
    sys.path.append(given["folder"])
    return SherpaEngine(import_module("sherpa_onnx"), given)


class SherpaEngine:
    """Both models, each loaded when it is needed first."""

    def __init__(self, sherpa: Any, given: Mapping[str, Any]) -> None:
        self._sherpa = sherpa
        self._given = given
        self._recognizer = None if given["task"] == "speech" else self._open_recognizer()
        self._detector = self._open_detector() if given["task"] == "speech" else None

    def speech(self, blocks: Iterable[Sequence[float]]) -> Iterator[tuple[int, int]]:
        """Yield where somebody speaks."""
        detector: Any = self._detector
        for block in blocks:
            detector.accept_waveform(block)
            yield from self._found(detector)
        detector.flush()
        yield from self._found(detector)

    def text(self, samples: Sequence[float]) -> dict[str, Any]:
        """Return what is said."""
        recognizer: Any = self._recognizer
        stream = recognizer.create_stream()
        stream.accept_waveform(RATE, samples)
        recognizer.decode_stream(stream)
        heard = stream.result
        tokens, times = heard.tokens, heard.timestamps
        if len(tokens) != len(times):
            # Whisper tells of parts only, and if its model was exported so, of tokens.
            tokens, times = heard.segment_texts, heard.segment_timestamps
        return {"text": heard.text, "language": heard.lang, "tokens": tokens, "times": times}

    @staticmethod
    def _found(detector: Any) -> Iterator[tuple[int, int]]:
        while not detector.empty():
            segment = detector.front
            yield segment.start, segment.start + len(segment.samples)
            detector.pop()

    def _open_detector(self) -> Any:
        sherpa = self._sherpa
        config = sherpa.VadModelConfig(
            silero_vad=sherpa.SileroVadModelConfig(
                model=self._given["files"]["vad"],
                min_silence_duration=LEAST_SILENCE,
                min_speech_duration=LEAST_SPEECH,
                max_speech_duration=MOST_SPEECH,
            ),
            sample_rate=RATE,
            num_threads=1,
        )
        return sherpa.VoiceActivityDetector(config, buffer_size_in_seconds=120)

    def _open_recognizer(self) -> Any:
        make, files = self._sherpa.OfflineRecognizer, self._given["files"]
        match self._given["family"]:
            case "sense_voice":
                return make.from_sense_voice(model=files["model"], tokens=files["tokens"], use_itn=True)
            case "paraformer":
                return make.from_paraformer(paraformer=files["model"], tokens=files["tokens"])
            case "whisper":
                return make.from_whisper(
                    encoder=files["encoder"],
                    decoder=files["decoder"],
                    tokens=files["tokens"],
                    language=self._given["language"],
                    enable_segment_timestamps=True,
                )
            case family:
                raise ValueError(family)
