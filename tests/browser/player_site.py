"""A small site for tests of the player: HLS media made by ffmpeg, the embed page rendered as a view would, and a
page of a partner that embeds it. Served on two ports, so that "another origin" is one."""

import json
import math
import secrets
import subprocess
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import imageio_ffmpeg
import jinja2

import player_embed

DURATION = 12
SEGMENT = 2
RUNGS = ((320, 180, "150k"), (640, 360, "400k"), (960, 540, "900k"))
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/mp4",
    ".jpg": "image/jpeg",
    ".vtt": "text/vtt; charset=utf-8",
}
CAPTIONS = """WEBVTT

00:00.000 --> 00:12.000
{text}
"""
CHAPTERS = """WEBVTT

00:00.000 --> 00:06.000
第一章 水墨

00:06.000 --> 00:12.000
第二章 设色
"""
SLIDES = """WEBVTT

00:00.000 --> 00:06.000
水墨的工具
笔、墨、纸、砚

00:06.000 --> 00:12.000
&lt;b&gt;设色
"""


def ffmpeg(*arguments: str | Path, folder: Path | None = None) -> None:
    """Runs ffmpeg, in a folder if one is given."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, cwd=folder, timeout=60)


def _encode(folder: Path, source: str, duration: float, sound: bool) -> None:
    inputs = ["-f", "lavfi", "-i", source]
    split = "".join(f"[s{i}]" for i in range(len(RUNGS)))
    scales = ";".join(f"[s{i}]scale={width}:{height}[v{i}]" for i, (width, height, _) in enumerate(RUNGS))
    options = ["-filter_complex", f"[0:v]split={len(RUNGS)}{split};{scales}"]
    names = []
    for i, (_, height, rate) in enumerate(RUNGS):
        options += ["-map", f"[v{i}]", f"-b:v:{i}", rate, f"-maxrate:v:{i}", rate, f"-bufsize:v:{i}", rate]
        names.append(f"v:{i},name:{height}" + (",agroup:sound" if sound else ""))
    if sound:
        inputs += ["-f", "lavfi", "-i", "sine=frequency=330:beep_factor=3"]
        options += ["-map", "1:a", "-c:a", "aac", "-b:a", "64k"]
        names.append("a:0,name:sound,agroup:sound,default:yes")
    ffmpeg(
        *inputs, *options, "-t", str(duration), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
        "-sc_threshold", "0", "-force_key_frames", f"expr:gte(t,n_forced*{SEGMENT})",
        "-f", "hls", "-hls_time", str(SEGMENT), "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4",
        "-hls_flags", "single_file+independent_segments", "-master_pl_name", "master.m3u8",
        "-var_stream_map", " ".join(names), "%v.m3u8",
        folder=folder,
    )  # fmt: skip


def make_media(
    folder: Path,
    picture: str = "testsrc2=size=960x540:rate=25",
    *,
    duration: float = DURATION,
    sound: bool = True,
) -> Path:
    """Three rungs in fMP4 by byte range, sound as its own rendition, poster, storyboard, captions and chapters."""
    folder.mkdir(parents=True)
    _encode(folder, picture, duration, sound)
    source = ["-f", "lavfi", "-i", picture]
    ffmpeg(*source, "-ss", "1", "-frames:v", "1", "poster.jpg", folder=folder)
    tiles = math.ceil(duration / SEGMENT)
    grid = f"fps=1/{SEGMENT},scale=160:90,tile={tiles}x1"
    ffmpeg(*source, "-t", str(duration), "-vf", grid, "-frames:v", "1", "sprite.jpg", folder=folder)
    cues = [
        f"00:00:{i * SEGMENT:02}.000 --> 00:00:{(i + 1) * SEGMENT:02}.000\nsprite.jpg#xywh={i * 160},0,160,90\n"
        for i in range(tiles)
    ]
    (folder / "storyboard.vtt").write_text("WEBVTT\n\n" + "\n".join(cues), encoding="utf-8")
    (folder / "zh.vtt").write_text(CAPTIONS.format(text="山高月小，水落石出"), encoding="utf-8")
    (folder / "en.vtt").write_text(CAPTIONS.format(text="High mountains, a small moon"), encoding="utf-8")
    (folder / "chapters.vtt").write_text(CHAPTERS, encoding="utf-8")
    (folder / "slides.vtt").write_text(SLIDES, encoding="utf-8")
    return folder


def escaped_json(value: Any) -> str:
    """JSON that may stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Browsers drop connections in the middle of a segment; nobody needs to read about it."""


@dataclass
class PlayerSite:
    """Both origins. `pages` are the page data by playback ID; `statuses` are answers forced on a media path,
    `problems` their bodies; `published` limits media playlists to that many segments (a version still being
    encoded)."""

    media: Path
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    problems: dict[str, dict[str, Any]] = field(default_factory=dict)
    published: int | None = None
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        loader = jinja2.FileSystemLoader(player_embed.TEMPLATES)
        self.templates = jinja2.Environment(loader=loader, autoescape=True)
        self.servers = [_Server(("127.0.0.1", 0), self._handler()) for _ in range(2)]
        for server in self.servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.service, self.partner = (
            f"http://127.0.0.1:{server.server_address[1]}" for server in self.servers
        )

    def close(self) -> None:
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def add(
        self, playback_id: str, *, folder: str = "film", origin: str | None = None, **changes: Any
    ) -> str:
        """Adds a page and returns its address; `changes` replace members of its data."""
        base = f"{origin or self.service}/media/{folder}"
        options = {
            "autoplay": False,
            "muted": False,
            "controls": True,
            "start": 0,
            "end": None,
            "speed": None,
            "captions": None,
            "preferences": True,
            "loop": False,
            "lang": None,
            "resume": None,
        }
        self.pages[playback_id] = {
            "playback_id": playback_id,
            "title": "中国山水画入门：第三讲 皴法与设色",
            "kind": "video",
            "state": "ready",
            "progress": {"percent": 100, "stage": "ready", "eta_seconds": None, "queue_position": None},
            "failure": None,
            "manifest_url": f"{base}/master.m3u8",
            "poster_url": f"{base}/poster.jpg",
            "storyboard_url": f"{base}/storyboard.vtt",
            "status_url": f"{self.service}/status/{playback_id}",
            "token_expires_in": None,
            "duration": DURATION,
            "width": 960,
            "height": 540,
            "loop": False,
            "tracks": [],
            "course": None,
            **changes,
            "options": options | changes.get("options", {}),
        }
        return f"{self.service}/embed/{playback_id}"

    def tracks(self, folder: str = "film") -> list[dict[str, str]]:
        base = f"{self.service}/media/{folder}"
        rows = (("captions", "en", "English"), ("captions", "zh-CN", "中文"), ("chapters", "zh-CN", "章节"))
        names = ("en.vtt", "zh.vtt", "chapters.vtt")
        return [
            {"kind": kind, "language": language, "label": label, "url": f"{base}/{name}"}
            for (kind, language, label), name in zip(rows, names, strict=True)
        ]

    def _asset(self, name: str) -> str:
        return f"/embed/static/{player_embed.static_files()[name]}/{name}"

    def playing(self, name: str, query: dict[str, str]) -> tuple[str, dict[str, str]]:
        """The lesson that is shown at an address: a page of a course may name another one."""
        return query.get("lesson", name), query

    def render(self, playback_id: str, query: dict[str, str]) -> tuple[str, dict[str, str]]:
        """The embed page and its headers, as the view renders it."""
        page = self.pages[playback_id]
        nonce = secrets.token_urlsafe(12)
        options = page["options"] | {"lang": query.get("lang", page["options"]["lang"])}
        options["autoplay"] = options["autoplay"] or "autoplay" in query
        html = self.templates.get_template("embed.html").render(
            lang=options["lang"] or "en",
            nonce=nonce,
            title=page["title"],
            page_data_json=escaped_json(page | {"options": options}),
            asset=self._asset,
            page_url=f"{self.service}/embed/{playback_id}",
            movie_page_url="/embed/movie",
            oembed_url=f"{self.service}/oembed?url=x",
            manifest_url=page["manifest_url"] if page["state"] in ("playable", "ready") else None,
            poster_url=page["poster_url"],
            shared_poster_url=page["poster_url"],
            width=page["width"],
            height=page["height"],
        )
        media = f"{self.service} {self.partner}"
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; connect-src 'self' {media}; "
            f"img-src 'self' data: {media}; media-src 'self' blob: {media}; base-uri 'none'; form-action 'none'"
        )
        return html, {"Content-Security-Policy": policy}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Silent."""

            def answer(
                self, body: bytes, content_type: str, status: int = 200, headers: dict[str, str] | None = None
            ) -> None:
                self.send_response(status)
                always = {"Content-Type": content_type, "Content-Length": str(len(body))}
                cors = {"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}
                for name, value in {**always, **cors, **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_OPTIONS(self) -> None:
                self.answer(b"", "text/plain", 204, {"Access-Control-Allow-Headers": "Range, Accept"})

            def do_GET(self) -> None:
                address = urlsplit(self.path)
                site.requests.append(address.path)
                kind, _, rest = address.path.lstrip("/").partition("/")
                if kind == "embed" and rest.startswith("static/"):
                    name = rest.rpartition("/")[2]
                    self.answer(
                        player_embed.static_content(name),
                        TYPES[Path(name).suffix],
                        headers={"Cache-Control": "max-age=3600"},
                    )
                elif kind == "embed":
                    html, headers = site.render(*site.playing(rest, dict(parse_qsl(address.query))))
                    self.answer(html.encode(), "text/html; charset=utf-8", headers=headers)
                elif kind == "status":
                    self.answer(json.dumps(site.pages[rest]).encode(), "application/json")
                elif kind == "host":
                    frame = (
                        f'<iframe src="{site.service}/embed/{rest}" width="640" height="360" '
                        'allow="fullscreen; picture-in-picture; autoplay"></iframe>'
                    )
                    self.answer(f"<!doctype html><body>{frame}".encode(), "text/html; charset=utf-8")
                elif kind == "error":
                    html = site.templates.get_template("embed_error.html").render(
                        lang=rest, code="token_expired", title="播放链接已过期", message="播放令牌已过期。",
                        advice="请刷新所在的课程页面后再试。", asset=site._asset,
                        lessons=[], nonce="n0nce", refusal_json='{"playback_id": null, "error": {}}',
                    )  # fmt: skip
                    self.answer(html.encode(), "text/html; charset=utf-8", 403)
                elif kind == "media":
                    self.media(rest)
                else:
                    self.answer(b"", "text/plain", 404)

            def media(self, name: str) -> None:
                path = site.media / name
                status = site.statuses.get(name)
                if status or not path.is_file():
                    problem = site.problems.get(name)
                    body = json.dumps(problem).encode() if problem else b""
                    return self.answer(body, "application/problem+json", status or 404)
                body = path.read_bytes()
                if path.suffix == ".m3u8" and path.name != "master.m3u8" and site.published is not None:
                    body = growing(body.decode(), site.published).encode()
                if "Range" not in self.headers:
                    return self.answer(body, TYPES[path.suffix])
                first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
                end = min(int(last or len(body) - 1), len(body) - 1)
                headers = {"Content-Range": f"bytes {first}-{end}/{len(body)}"}
                return self.answer(
                    body[int(first) : end + 1], TYPES[path.suffix], HTTPStatus.PARTIAL_CONTENT, headers
                )

        return Handler


def growing(playlist: str, segments: int) -> str:
    """The first segments of a VOD playlist, as an EVENT playlist that goes on."""
    head, *rest = playlist.replace("TYPE:VOD", "TYPE:EVENT").replace("#EXT-X-ENDLIST\n", "").split("#EXTINF")
    return "#EXTINF".join([head, *rest[:segments]])
