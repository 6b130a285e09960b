"""``python -m workers.doctor --json``: can this host process media, and if not, what is to be done.

Prints a JSON list, one object for each check, and exits with 0 if every check is well.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from configs.settings import Settings, SettingsError, load_settings
from workers.browser import find_browser
from workers.ffmpeg import (
    FLOOR,
    ToolError,
    Tools,
    find_tools,
    parse_version,
    run_ffmpeg,
    tool_versions,
)
from workers.hardware import try_encoders
from workers.plan.decisions.speech_model import NAMES
from workers.rapidocr import find_packages
from workers.rlottie import find_library
from workers.sandbox import Limits, Means, NoSandbox, SandboxError, choose
from workers.sandbox.choose import MEANS, examine
from workers.speech_engine import find_engine

NEEDED: Final = {"libx264": "-encoders", "aac": "-encoders", "libvmaf": "-filters"}
"""Parts of ffmpeg that the pipeline uses, and the option that lists them."""

_LIMITS: Final = Limits(cpu_seconds=10)
_FLOOR_TEXT: Final = ".".join(map(str, FLOOR))


@dataclass(frozen=True)
class Check:
    """One finding; the remedies are empty where there is nothing to do."""

    check: str
    ok: bool
    message_en: str
    message_zh: str
    remedy_en: str = ""
    remedy_zh: str = ""


def main(arguments: list[str] | None = None) -> int:
    """Run all checks and print them."""
    parser = argparse.ArgumentParser(prog="python -m workers.doctor")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of sentences")
    # Not asked for by health checks: cards that encode few streams at a time have none to spare every few minutes.
    parser.add_argument("--hardware", action="store_true", help="also try encoders of graphics hardware")
    given = parser.parse_args(arguments)
    checks = list(_checks(hardware=given.hardware))
    if given.json:
        print(json.dumps([asdict(check) for check in checks], ensure_ascii=False))
    else:
        for check in checks:
            print(f"{'✓' if check.ok else '✗'} {check.message_zh} {check.message_en}")
            if check.remedy_en:
                print(f"  {check.remedy_zh} {check.remedy_en}")
    return 0 if all(check.ok for check in checks) else 1


def _checks(*, hardware: bool) -> Iterator[Check]:
    try:
        settings = load_settings(part="worker")
    except SettingsError as error:
        yield Check(
            "settings",
            False,
            f"The settings are incomplete: {error}",
            f"配置不完整：{error}",
            "Set the variables named above.",
            "请设置上述环境变量。",
        )
        return
    means = None
    try:
        means = choose(settings.sandbox)
        yield _sandbox_found(settings, means)
    except NoSandbox as error:
        yield Check(
            "sandbox",
            False,
            f"Media tools cannot be locked in: {error}",
            f"无法隔离媒体工具：{error}",
            "Allow user namespaces or use a kernel with Landlock (5.13 or later); in a container, do not "
            "forbid the landlock_* and seccomp system calls.",
            "请允许用户命名空间，或使用支持 Landlock 的内核（5.13 及以上）；"
            "在容器中请不要禁止 landlock_* 与 seccomp 系统调用。",
        )
    try:
        tools = find_tools(settings)
    except ToolError as error:
        yield Check(
            "tools",
            False,
            f"A media tool is missing: {error}",
            f"缺少媒体工具：{error}",
            "Install the locked requirements, or set FFMPEG and FFPROBE to the paths of the programs.",
            "请安装锁定文件中的依赖，或将 FFMPEG 与 FFPROBE 设为程序路径。",
        )
        return
    yield _lottie()
    yield _slides(settings)
    yield _speech(settings)
    if means is None:
        return
    yield _browser(settings, means)
    if hardware:
        yield _encoder(settings, tools, means)
    try:
        yield from _versions(tools, means)
        yield from _parts(tools, means)
    except (ToolError, SandboxError) as error:
        yield Check(
            "tools",
            False,
            f"A media tool does not run: {error}",
            f"媒体工具无法运行：{error}",
            "Set FFMPEG and FFPROBE to programs built for this machine.",
            "请将 FFMPEG 与 FFPROBE 设为适用于本机的程序。",
        )


def _sandbox_found(settings: Settings, means: Means) -> Check:
    stronger = MEANS[: MEANS.index(means.name)] if settings.sandbox == "auto" else ()
    reasons = "".join(f"; {name}: {examine(name).problem}" for name in stronger)
    return Check(
        "sandbox",
        True,
        f"Media tools are locked in by {means.name}{reasons}.",
        f"媒体工具由 {means.name} 隔离{reasons}。",
    )


def _slides(settings: Settings) -> Check:
    if not settings.slides:
        return Check(
            "slides", True, "Slides are not looked for (SLIDES=off).", "不查找幻灯片（SLIDES=off）。"
        )
    try:
        found = find_packages()
    except ToolError as error:
        # Chapters are suggested all the same, so nothing is amiss.
        return Check(
            "slides",
            True,
            f"Slides are found, but not read: {error} (make slides).",
            f"能找到幻灯片，但不识别文字：{error}（make slides）。",
        )
    return Check(
        "slides", True, f"Slides are read by rapidocr in {found}.", f"幻灯片由 {found} 中的 rapidocr 识别。"
    )


def _speech(settings: Settings) -> Check:
    if not settings.model_dir:
        return Check(
            "speech",
            True,
            "Captions are not written by machine (MODEL_DIR is not set).",
            "不自动生成字幕（未设置 MODEL_DIR）。",
        )
    try:
        engine = find_engine(settings.model_dir)
    except ToolError as error:
        return Check(
            "speech",
            False,
            f"Captions cannot be written: {error}.",
            f"无法生成字幕：{error}。",
            "Complete the model's folder, and install the extra “speech” (make speech); or leave MODEL_DIR empty.",
            "请补全模型文件夹并安装附加组件 speech（make speech），或将 MODEL_DIR 留空。",
        )
    name = NAMES[engine.model.family]
    return Check(
        "speech",
        True,
        f"Captions are written by {name} in {settings.model_dir}.",
        f"字幕由 {settings.model_dir} 中的 {name} 生成。",
    )


def _lottie() -> Check:
    try:
        return Check(
            "lottie", True, f"Lottie is drawn by {find_library()}.", f"Lottie 由 {find_library()} 绘制。"
        )
    except ToolError as error:
        return Check(
            "lottie",
            False,
            f"Lottie animations cannot be drawn: {error}.",
            f"无法绘制 Lottie 动画：{error}。",
            "Install the locked requirements.",
            "请安装锁定文件中的依赖。",
        )


def _browser(settings: Settings, means: Means) -> Check:
    """A host may do without: other files are processed all the same."""
    try:
        program = find_browser(settings, means)
    except ToolError as error:
        return Check(
            "browser",
            True,
            f"Flash, HTML5 animations, and text in Lottie are not drawn here: {error}.",
            f"此处无法绘制 Flash、HTML5 动画和 Lottie 中的文字：{error}。",
            "If they are needed, install chromium-headless-shell (Debian) or set CHROMIUM, and have bubblewrap hold.",
            "如需要，请安装 chromium-headless-shell（Debian）或设置 CHROMIUM，并确保 bubblewrap 可用。",
        )
    return Check("browser", True, f"Animations are drawn by {program}.", f"动画由 {program} 绘制。")


def _encoder(settings: Settings, tools: Tools, means: Means) -> Check:
    """Software is as good, so nothing is amiss without hardware."""
    setting = settings.video_encoder
    attempts = list(try_encoders(setting, tools, means))
    found = next((attempt.hardware for attempt in attempts if attempt.hardware), None)
    tried = "".join(
        f"; {attempt.name}: {attempt.problem or attempt.hardware}"
        for attempt in attempts
        if attempt.hardware is None or attempt.hardware != found
    )
    if found:
        return Check(
            "encoder",
            True,
            f"All qualities but the lowest are encoded by {found}{tried}.",
            f"除最低一档外，各档画质由 {found} 编码{tried}。",
        )
    remedies = (
        "Let the workers have the device and its driver (docs/operations.md, Hardware encoders), or set "
        "VIDEO_ENCODER=software.",
        "请让处理进程能使用该设备及其驱动（docs/zh/operations.md），或设置 VIDEO_ENCODER=software。",
    )
    return Check(
        "encoder",
        True,
        f"Pictures are encoded by software (VIDEO_ENCODER={setting}{tried}).",
        f"画面由软件编码（VIDEO_ENCODER={setting}{tried}）。",
        *(remedies if attempts else ()),
    )


def _versions(tools: Tools, means: Means) -> Iterator[Check]:
    for name, line in tool_versions(tools, means).items():
        version = parse_version(line)
        if version is None or version >= FLOOR:
            yield Check(name, True, f"{line}.", f"{line}。")
            continue
        # ffprobe opens a stranger's file under the allow-lists only, which keep the known holes shut.
        tolerable = name == "ffprobe"
        yield Check(
            name,
            tolerable,
            f"{line}: older than {_FLOOR_TEXT}"
            + (", safe only under the allow-lists." if tolerable else "."),
            f"{line}：低于 {_FLOOR_TEXT}" + ("，仅在白名单限制下安全。" if tolerable else "。"),
            f"Set {name.upper()} to a program of version {_FLOOR_TEXT} or later.",
            f"请将 {name.upper()} 设为 {_FLOOR_TEXT} 或更高版本的程序。",
        )


def _parts(tools: Tools, means: Means) -> Iterator[Check]:
    with tempfile.TemporaryDirectory() as folder:
        listed = {
            option: run_ffmpeg(tools, [option], means=means, limits=_LIMITS, output=Path(folder))
            .stdout.decode(errors="replace")
            .split()
            for option in sorted(set(NEEDED.values()))
        }
    for name, option in NEEDED.items():
        if name in listed[option]:
            yield Check(name, True, f"ffmpeg has {name}.", f"ffmpeg 包含 {name}。")
        else:
            yield Check(
                name,
                False,
                f"ffmpeg lacks {name}.",
                f"ffmpeg 缺少 {name}。",
                f"Set FFMPEG to a build with {name}.",
                f"请将 FFMPEG 设为包含 {name} 的构建。",
            )


if __name__ == "__main__":
    sys.exit(main())
