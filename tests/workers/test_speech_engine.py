"""An engine hears in the sandbox, has its limits for each window, and is told apart by its folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from confined import each_means, means
from rehearsal import ENVIRONMENT
from spoken_tones import model_folder, samples, saying
from tone_engine import BREAKS, RUNS_AWAY, SLEEPS

from configs.settings import load_settings
from workers import doctor, speech_engine
from workers.ffmpeg import ToolMissing
from workers.media import MediaTools
from workers.outputs import Outputs
from workers.plan.decisions.speech import SAMPLE_RATE, Heard, Window, parse_heard, parse_speech
from workers.sandbox import Means
from workers.speech_engine import Listener, find_engine

__all__ = ["means"]

SECOND = SAMPLE_RATE


def listener(means: Means, folder: Path, model: Path) -> Listener:
    found = MediaTools.find(load_settings(ENVIRONMENT))
    tools = MediaTools(found.tools, means, cores=1, threads=1)
    return Listener(find_engine(str(model)), "", tools, Outputs.below(folder))


@each_means
def test_speech_is_found_and_written_down_by_every_means(means: Means, tmp_path: Path) -> None:
    heard = listener(means, tmp_path, model_folder(tmp_path / "model"))
    sound = samples([(1, 1, saying(0)), (2, 1, saying(1)), (5, 1, saying(4))], 7)
    (heard.outputs.folder / "sound").write_bytes(sound)
    found = heard.find_speech("sound")
    assert found.opened
    assert found.error is None
    speech = parse_speech(found.lines, 7 * SECOND)
    assert [round(each.start / SECOND) for each in speech] == [1, 5]
    told = heard.write_down("sound", speech)
    texts = [each.text for each in parse_heard(told.lines) if each]
    assert texts == ["大家好，今天我们学习种植番茄。", "谢谢大家。"]


@each_means
@pytest.mark.parametrize("pitch", [RUNS_AWAY, BREAKS])
def test_an_engine_that_comes_to_no_end_has_told_what_it_heard_before(
    means: Means, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pitch: int
) -> None:
    monkeypatch.setattr(speech_engine, "WINDOW_CPU_SECONDS", 0.5)
    heard = listener(means, tmp_path, model_folder(tmp_path / "model"))
    (heard.outputs.folder / "sound").write_bytes(
        samples([(0, 1, saying(0)), (1, 1, pitch), (2, 1, saying(1))], 3)
    )
    windows = [Window(second * SECOND, (second + 1) * SECOND) for second in range(3)]
    told = heard.write_down("sound", windows)
    assert told.error is not None
    [before] = parse_heard(told.lines)
    assert isinstance(before, Heard)
    assert before.text == "大家好，"


def test_an_engine_that_sleeps_is_woken_by_the_clock_on_the_wall(
    means: Means, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech_engine, "WINDOW_SECONDS", 0.5)
    heard = listener(means, tmp_path, model_folder(tmp_path / "model"))
    (heard.outputs.folder / "sound").write_bytes(samples([(0, 1, SLEEPS)], 1))
    told = heard.write_down("sound", [Window(0, SECOND)])
    assert told.opened
    assert told.error is not None
    assert parse_heard(told.lines) == []


def test_an_engine_that_cannot_be_opened_says_so(means: Means, tmp_path: Path) -> None:
    model = model_folder(tmp_path / "model")
    (model / "broken.txt").touch()
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "sound").write_bytes(bytes(2 * SECOND))
    told = listener(means, tmp_path, model).find_speech("sound")
    assert not told.opened
    assert told.error is not None
    assert "broken" in told.error.stderr_tail


def folder_of(folder: Path, *names: str, mark: bytes = b"") -> str:
    for name in names:
        (folder / name).write_bytes(b"x" * 100 + mark)
    return str(folder)


@pytest.mark.parametrize(
    ("names", "mark", "family", "files"),
    [
        (
            ("model.onnx", "model.int8.onnx", "tokens.txt", "silero_vad.onnx"),
            b"model_type sense_voice_ctc",
            "sense_voice",
            {"model": "model.int8.onnx", "tokens": "tokens.txt", "vad": "silero_vad.onnx"},
        ),
        (
            ("model.int8.onnx", "tokens.txt", "silero_vad.onnx", "README.md"),
            b"",
            "paraformer",
            {"model": "model.int8.onnx", "tokens": "tokens.txt", "vad": "silero_vad.onnx"},
        ),
        (
            (
                "tiny-encoder.onnx",
                "tiny-decoder.int8.onnx",
                "tiny-decoder.onnx",
                "tiny-tokens.txt",
                "silero_vad_v5.onnx",
            ),
            b"",
            "whisper",
            {
                "encoder": "tiny-encoder.onnx",
                "decoder": "tiny-decoder.int8.onnx",
                "tokens": "tiny-tokens.txt",
                "vad": "silero_vad_v5.onnx",
            },
        ),
    ],
)
def test_the_files_of_a_folder_tell_which_model_it_is(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    mark: bytes,
    family: str,
    files: dict[str, str],
) -> None:
    package = tmp_path / "packages" / "sherpa_onnx"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(package.parent))
    model = tmp_path / "model"
    model.mkdir()
    found = find_engine(folder_of(model, *names, mark=mark))
    assert (found.model.family, dict(found.model.files)) == (family, files)


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        ((), "silero_vad.onnx, tokens.txt, model.onnx"),
        (("model.onnx", "tokens.txt"), "silero_vad.onnx"),
        (("silero_vad.onnx", "tokens.txt"), "model.onnx"),
        (("a-encoder.onnx", "silero_vad.onnx"), "tokens.txt, …decoder.onnx"),
    ],
)
def test_what_a_folder_lacks_is_told(tmp_path: Path, names: tuple[str, ...], missing: str) -> None:
    with pytest.raises(ToolMissing, match=missing):
        find_engine(folder_of(tmp_path, *names))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match=r"MODEL_DIR is .*nowhere"):
        find_engine(str(tmp_path / "nowhere"))


def test_the_doctor_tells_which_model_there_is_or_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)

    def told(folder: str) -> dict[str, object]:
        monkeypatch.setenv("MODEL_DIR", folder)
        doctor.main(["--json"])
        [check] = [check for check in json.loads(capsys.readouterr().out) if check["check"] == "speech"]
        return dict(check)

    assert told("")["ok"]
    own = model_folder(tmp_path / "own")
    assert told(str(own))["message_en"] == f"Captions are written by engine.py in {own}."
    (tmp_path / "empty").mkdir()
    missing = told(str(tmp_path / "empty"))
    assert not missing["ok"]
    assert "lacks silero_vad.onnx, tokens.txt, model.onnx" in str(missing["message_en"])
    assert "make speech" in str(missing["remedy_zh"])
