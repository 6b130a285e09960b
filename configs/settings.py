"""The settings of every process: one table, read once from the environment.

No other module reads ``os.environ``. Every problem is reported at once, each as a sentence.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from configs.words import HARDWARE_ENCODERS, POLICIES, Policy

Part = Literal["web", "keeper", "worker"]
"""Who reads settings: secrets are told to those who need them."""

_ALL: Final[tuple[Part, ...]] = ("web", "keeper", "worker")

_SHORTEST_SECRET = 32
_FAKE = "FAKE-"
"""Stands in every secret of the published examples."""

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE
DISK_WARNING_BYTES = 5 * GIBIBYTE


class SettingsError(ValueError):
    """The environment does not make sense; ``problems`` holds one sentence for each fault, ``advice`` what to do."""

    def __init__(self, problems: list[str], advice: str = "") -> None:
        self.problems = problems
        self.advice = advice
        super().__init__("\n".join(problems))

    def explain(self) -> str:
        """Problems and advice, for a terminal."""
        return "\n".join(filter(None, (*self.problems, self.advice)))


SERVER_ADVICE = (
    "Set these in the environment (examples: configs/env/, all of them: docs/operations.md); "
    "`lessonstream up` sets them by itself. / "
    "请在环境中设置以上变量（示例见 configs/env/，全部变量见 docs/zh/operations.md）；`lessonstream up` 会自动设置。"
)
"""What to do where a process of a server lacks settings."""


def _text(value: str) -> str:
    return value


def _integer(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise ValueError(f"must be a whole number, got {value!r}") from None


def _positive(value: str) -> int:
    number = _integer(value)
    if number <= 0:
        raise ValueError(f"must be greater than zero, got {value!r}")
    return number


def _email(value: str) -> str:
    if re.fullmatch(r"[^\s@]+@([^\s@.]+\.)+[^\s@.]+", value) is None:
        raise ValueError(f"must be an e-mail address, got {value!r}")
    return value


def _days(value: str) -> int:
    """Plays go on over midnight, and what was told of them may be late."""
    if (days := _integer(value)) < 3:
        raise ValueError(f"must be 3 or more, got {value!r}")
    return days


def _zone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ValueError, OSError):
        raise ValueError(f"must be a name like Asia/Shanghai, got {value!r}") from None


def _limit(value: str) -> int | None:
    return _integer(value) if value else None


def _loudness(value: str) -> float | None:
    if not value:
        return None
    try:
        target = float(value)
    except ValueError:
        raise ValueError(f"must be a number or empty, got {value!r}") from None
    if not -40 <= target <= -5:
        raise ValueError(f"must lie between -40 and -5, got {value!r}")
    return target


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in schemes or not (parts.netloc or parts.path):
            raise ValueError(
                f"must be a URL starting with {' or '.join(s + '://' for s in schemes)}, got {value!r}"
            )
        return value.rstrip("/")

    return parse


def _site(*schemes: str) -> Callable[[str], str]:
    """A URL whose addresses begin at its root: nothing knows of a path before them. Written as browsers do, so that it
    can be compared: host in small letters, without the scheme's usual port."""
    parse = _url(*schemes)

    def parse_site(value: str) -> str:
        parts = urlsplit(parse(value))
        if parts.path or parts.query or parts.fragment:
            raise ValueError(f"must end with host and port, without a path, got {value!r}")
        usual = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
        return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual)}"

    return parse_site


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}, got {value!r}")
        return value

    return parse


def _secrets(value: str) -> tuple[str, ...]:
    secrets = tuple(secret.strip() for secret in value.split(",") if secret.strip())
    if any(len(secret) < _SHORTEST_SECRET for secret in secrets):
        raise ValueError(f"must be secrets of at least {_SHORTEST_SECRET} characters, separated by commas")
    return secrets


def _networks(value: str) -> tuple[str, ...]:
    networks = tuple(network.strip() for network in value.split(",") if network.strip())
    try:
        return tuple(str(ip_network(network, strict=False)) for network in networks)
    except ValueError:
        raise ValueError(f"must be addresses or networks, separated by commas, got {value!r}") from None


def _optional(parse: Callable[[str], str]) -> Callable[[str], str]:
    return lambda value: parse(value) if value else ""


def _switch(value: str) -> bool:
    return _one_of("on", "off")(value) == "on"


def _setting(
    name: str,
    parse: Callable[[str], Any],
    default: str | None,
    help_text: str,
    *,
    known_to: tuple[Part, ...] = _ALL,
) -> Any:
    return field(
        metadata={"name": name, "parse": parse, "default": default, "help": help_text, "known_to": known_to}
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the parts are and what the limits are. Sizes are in bytes, times in seconds."""

    database_url: str = _setting(
        "DATABASE_URL",
        _url("postgresql"),
        None,
        "PostgreSQL catalogue, as postgresql://user:password@host:port/name.",
    )
    redis_url: str = _setting(
        "REDIS_URL",
        _url("redis", "rediss", "unix"),
        None,
        "Redis that carries the RQ queues, as redis://host:port/0.",
    )
    s3_endpoint: str = _setting(
        "S3_ENDPOINT", _site("http", "https"), None, "S3 server, as http://host:port."
    )
    s3_access_key: str = _setting("S3_ACCESS_KEY", _text, None, "Access key of the S3 server.")
    s3_secret_key: str = _setting("S3_SECRET_KEY", _text, None, "Secret key of the S3 server.")
    s3_bucket: str = _setting(
        "S3_BUCKET", _text, "lessonstream", "Bucket that holds sources, segments and images."
    )
    s3_region: str = _setting("S3_REGION", _text, "us-east-1", "Region used in S3 signatures.")
    s3_folder: str = _setting(
        "S3_FOLDER",
        _text,
        "",
        "Folder where an S3 server of this machine that does not sync to disk keeps its buckets; we sync in its stead.",
    )

    secret_key: str = _setting(
        "SECRET_KEY",
        _text,
        None,
        "At least 32 characters; encrypts the keys, secrets and answers kept in the catalogue.",
        known_to=("web", "keeper"),
    )
    public_url: str = _setting(
        "PUBLIC_URL",
        _site("http", "https"),
        "http://127.0.0.1:8080",
        "What viewers' browsers call this service.",
    )
    contact_email: str = _setting(
        "CONTACT_EMAIL",
        _optional(_email),
        "",
        "Whom other platforms write to that harvest this one; empty is postmaster at the host of PUBLIC_URL.",
    )
    delivery: str = _setting(
        "DELIVERY",
        _one_of("service", "presigned", "edge"),
        "service",
        "Who serves segments: service (this one), presigned (the S3 server), or edge (nginx before the S3 server).",
    )
    s3_public_url: str = _setting(
        "S3_PUBLIC_URL",
        _optional(_site("http", "https")),
        "",
        "What viewers' browsers call the S3 server (DELIVERY=presigned); empty takes S3_ENDPOINT.",
    )
    edge_url: str = _setting(
        "EDGE_URL",
        _optional(_url("http", "https")),
        "",
        "What viewers' browsers call the edge (DELIVERY=edge); empty takes PUBLIC_URL.",
    )
    edge_secrets: tuple[str, ...] = _setting(
        "EDGE_SECRETS",
        _secrets,
        "",
        "Secrets shared with the edge (DELIVERY=edge), separated by commas: the first one signs, all count.",
        known_to=("web",),
    )
    trusted_proxies: tuple[str, ...] = _setting(
        "TRUSTED_PROXIES",
        _networks,
        "127.0.0.0/8,::1/128",
        "Addresses and networks, separated by commas, whose X-Forwarded-For is believed: edges, load balancers.",
    )
    outbound_proxy: str = _setting(
        "OUTBOUND_PROXY",
        _optional(_site("http")),
        "",
        "Proxy through which strangers are asked (webhooks, imports), as http://user:password@host:port; "
        "it then judges their addresses.",
    )
    outbound_allowed_networks: tuple[str, ...] = _setting(
        "OUTBOUND_ALLOWED_NETWORKS",
        _networks,
        "",
        "Private addresses and networks, separated by commas, in which may be what we ask: linked platforms, "
        "harvested repositories, webhooks, record stores, imports; no others.",
    )
    data_dir: Path = _setting(
        "DATA_DIR", Path, ".lessonstream", "Folder of the embedded servers and of work files."
    )

    disk_reserve_bytes: int = _setting(
        "DISK_RESERVE_BYTES",
        _integer,
        str(GIBIBYTE),
        "Free space on the disk of S3_FOLDER that uploads leave alone; they are refused before they touch it.",
    )
    disk_warning_bytes: int = _setting(
        "DISK_WARNING_BYTES",
        _integer,
        str(DISK_WARNING_BYTES),
        "Free space on the disk of embedded servers below which `lessonstream doctor` warns.",
    )

    max_upload_bytes: int = _setting(
        "MAX_UPLOAD_BYTES", _positive, str(20 * GIBIBYTE), "Largest source that is accepted."
    )
    quota_bytes: int | None = _setting(
        "QUOTA_BYTES",
        _limit,
        "",
        "Bytes of sources that an organization may hold itself for which no quota was set; empty is no limit.",
    )
    quota_minutes: int | None = _setting(
        "QUOTA_MINUTES",
        _limit,
        "",
        "Minutes of lessons that such an organization may hold; empty is no limit.",
    )
    quota_uploads: int | None = _setting(
        "QUOTA_UPLOADS",
        _limit,
        "",
        "Unfinished uploads of such an organization at a time; empty is no limit.",
    )
    upload_lifetime: int = _setting(
        "UPLOAD_LIFETIME",
        _positive,
        str(48 * 3600),
        "How long an unfinished upload is kept after its last byte.",
    )
    version_grace_days: int = _setting(
        "VERSION_GRACE_DAYS",
        _positive,
        "30",
        "How many days a version is kept that was replaced: so long it can be taken back.",
    )
    trash_days: int = _setting(
        "TRASH_DAYS", _positive, "30", "How many days assets that were deleted can be brought back."
    )
    studio_sign_in_url: str = _setting(
        "STUDIO_SIGN_IN_URL",
        _optional(_url("http", "https")),
        "",
        "Page of your portal that signs people in to Studio (docs/api.md); empty shows Studio's own sign-in page.",
    )
    studio_session_idle: int = _setting(
        "STUDIO_SESSION_IDLE",
        _positive,
        str(3 * 24 * 3600),
        "How long somebody stays signed in to Studio without using it.",
    )
    studio_session_lifetime: int = _setting(
        "STUDIO_SESSION_LIFETIME",
        _positive,
        str(30 * 24 * 3600),
        "How long somebody stays signed in to Studio at most.",
    )
    author_token_lifetime: int = _setting(
        "AUTHOR_TOKEN_LIFETIME",
        _positive,
        "3600",
        "How long a token lasts that a portal's own page gets for an author.",
    )
    audit_days: int = _setting("AUDIT_DAYS", _positive, "730", "How many days the audit log is kept.")
    event_days: int = _setting("EVENT_DAYS", _positive, "90", "How many days events are kept.")
    exchange_poll: int = _setting(
        "EXCHANGE_POLL",
        _positive,
        "60",
        "Seconds between two contacts with each linked platform, and so until its news are known here.",
    )
    mirrors_asked_for: str = _setting(
        "MIRRORS_ASKED_FOR",
        _one_of("in_window", "at_once"),
        "in_window",
        "When lessons are copied from linked platforms that somebody wants to play and that are not here yet: before "
        "all others, in the window of the subscription (in_window), or outside of it as well (at_once).",
    )
    mirrors_unchecked_days: int = _setting(
        "MIRRORS_UNCHECKED_DAYS",
        _integer,
        "0",
        "After how many days in which nobody could ask whether they were withdrawn, copied lessons stop playing until "
        "somebody can; 0: never.",
    )
    time_zone: ZoneInfo = _setting(
        "TIME_ZONE",
        _zone,
        "Asia/Shanghai",
        "Where the days of statistics begin and end, as in the IANA time zone database.",
    )
    beat_days: int = _setting(
        "BEAT_DAYS", _days, "30", "How many days is kept what players told while they played, one by one."
    )
    play_days: int = _setting(
        "PLAY_DAYS",
        _days,
        "400",
        "How many days single plays are kept, so that their counts can be explained; sums stay.",
    )
    beats_waiting: int = _setting(
        "BEATS_WAITING",
        _positive,
        "400000",
        "Messages of players, about 1 KB each, that Redis may hold while PostgreSQL is away; then players wait.",
    )
    max_duration: int = _setting(
        "MAX_DURATION", _positive, str(12 * 3600), "Longest source that is accepted."
    )
    default_policy: Policy = _setting(
        "DEFAULT_POLICY",
        _one_of(*POLICIES),
        "public",
        "Policy of the playback ID that a new asset gets: public, or signed for tokens only.",
    )
    downloads: bool = _setting(
        "DOWNLOADS", _switch, "on", "Whether each lesson can be saved as an MP4 and an M4A file: on or off."
    )

    play_movies: bool = _setting(
        "PLAY_MOVIES",
        _switch,
        "on",
        "Whether players get the file of a Flash movie that waits for its reader, to play it themselves: on or off.",
    )
    av1: bool = _setting(
        "AV1",
        _switch,
        "off",
        "Whether lessons that are ready are encoded as AV1 too, for players that decode it well: on or off.",
    )
    slides: bool = _setting(
        "SLIDES",
        _switch,
        "on",
        "Whether slides are looked for in lessons that are ready, and chapters suggested to their authors: on or off.",
    )
    model_dir: str = _setting(
        "MODEL_DIR",
        _text,
        "",
        "Folder of a speech model, by which captions are written for lessons that have none; empty writes none.",
    )
    loudness_target: float | None = _setting(
        "LOUDNESS_TARGET",
        _loudness,
        "",
        "Loudness that every lesson gets, in LUFS, as -16; empty leaves sounds as loud as they are.",
    )

    web_processes: int = _setting("WEB_PROCESSES", _positive, "2", "Processes of the web server.")
    web_threads: int = _setting("WEB_THREADS", _positive, "16", "Threads of each web process.")
    web_uploads: int = _setting(
        "WEB_UPLOADS",
        _positive,
        "2000",
        "Uploads that each web process receives at a time; the next ones wait for their turn.",
    )
    web_answers: int = _setting(
        "WEB_ANSWERS",
        _positive,
        "2000",
        "Long answers (segments, files) that each web process sends at a time; the next ones wait for their turn.",
    )
    web_streams: int = _setting(
        "WEB_STREAMS",
        _positive,
        "2000",
        "Streams of events that each web process sends at a time; whoever comes then asks now and then instead.",
    )
    viewer_requests_per_second: int = _setting(
        "VIEWER_REQUESTS_PER_SECOND",
        _integer,
        "40",
        "Playlists and segments that one token at one address may ask a web process for; 0 means any number.",
    )
    address_requests_per_second: int = _setting(
        "ADDRESS_REQUESTS_PER_SECOND",
        _integer,
        "400",
        "The same for all that one address asks for without a token, a school perhaps; 0 means any number.",
    )
    release_overlap: int = _setting(
        "RELEASE_OVERLAP",
        _integer,
        "900",
        "Seconds for which a process that has started keeps to addresses and rows that the release before knows.",
    )
    encoder_threads: int = _setting(
        "ENCODER_THREADS",
        _integer,
        "0",
        "Threads of one encode; 0 shares the cores among the workers of this machine.",
    )
    video_encoder: str = _setting(
        "VIDEO_ENCODER",
        _one_of("software", *HARDWARE_ENCODERS, "auto"),
        "software",
        "What encodes all but the lowest quality: software, or graphics hardware (nvenc, quick_sync, vaapi; auto takes "
        "the first that works); the same for all workers.",
    )
    source_cache_bytes: int = _setting(
        "SOURCE_CACHE_BYTES",
        _integer,
        str(2 * GIBIBYTE),
        "What the workers of a machine keep of sources below DATA_DIR while they work on them; 0 means nothing.",
    )
    workers: int = _setting(
        "WORKERS", _integer, "0", "Encoding workers that `lessonstream up` starts; 0 means one for each core."
    )
    ffmpeg: str = _setting("FFMPEG", _text, "", "Path of ffmpeg; empty takes the one of the installed wheel.")
    ffprobe: str = _setting(
        "FFPROBE", _text, "", "Path of ffprobe; empty takes the one of the installed wheel."
    )
    chromium: str = _setting(
        "CHROMIUM",
        _text,
        "",
        "Path of the Chromium that draws what only a browser draws; empty takes the one on the path.",
    )
    sandbox: str = _setting(
        "SANDBOX",
        _one_of("auto", "bubblewrap", "landlock"),
        "auto",
        "How media tools are locked in; auto takes the strongest means that this host allows.",
    )
    metrics_token: str = _setting(
        "METRICS_TOKEN",
        _optional(_text),
        "",
        "Secret that Prometheus shows as a bearer token; empty lets private networks read /metrics without one.",
        known_to=("web",),
    )
    log_level: str = _setting(
        "LOG_LEVEL",
        _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
        "INFO",
        "Least severe message that is logged.",
    )


def load_settings(environ: Mapping[str, str] | None = None, *, part: Part = "web") -> Settings:
    """Read ``Settings`` from ``environ`` (the process's own if None).

    What this ``part`` of the system need not know (``hidden_from``) is left empty, even if it is there. Only the web
    service insists on its secrets. Raises ``SettingsError`` with one sentence for each missing, malformed or published
    value.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    problems: list[str] = []
    for item in fields(Settings):
        name, default = item.metadata["name"], item.metadata["default"]
        raw = environ.get(name) or default
        is_secret = item.metadata["known_to"] != _ALL
        if part not in item.metadata["known_to"] or (is_secret and raw is None and part != "web"):
            values[item.name] = item.metadata["parse"]("")
            continue
        if raw is None:
            problems.append(f"{name} is not set. {item.metadata['help']}")
            continue
        if _FAKE in raw:
            problems.append(
                f"{name} holds a secret of a published example ({_FAKE}…), which everybody knows. "
                "Put one of your own in, as `openssl rand -hex 24` prints it."
            )
            continue
        try:
            values[item.name] = item.metadata["parse"](raw)
        except ValueError as error:
            problems.append(f"{name} {error}. {item.metadata['help']}")
    secret_key = values.get("secret_key")
    if secret_key is not None and (secret_key or part == "web") and len(secret_key) < _SHORTEST_SECRET:
        problems.append(f"SECRET_KEY must have at least {_SHORTEST_SECRET} characters.")
    if part == "web" and values.get("delivery") == "edge" and values.get("edge_secrets") == ():
        problems.append("EDGE_SECRETS is not set, and DELIVERY=edge needs one.")
    if problems:
        raise SettingsError(problems, SERVER_ADVICE)
    return Settings(**values)


def hidden_from(part: Part) -> frozenset[str]:
    """Names of what a part of the system is not told: secrets that are nothing to it."""
    return frozenset(
        item.metadata["name"] for item in fields(Settings) if part not in item.metadata["known_to"]
    )


def to_environment(settings: Settings) -> dict[str, str]:
    """The inverse of ``load_settings``: what a child process needs to see the same settings."""
    return {item.metadata["name"]: _written(getattr(settings, item.name)) for item in fields(Settings)}


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else str(value)


@dataclass(frozen=True)
class ClientSettings:
    """Where the commands that act through the public API find the service, and the key they show it; and where they
    remember what was interrupted (XDG Base Directory Specification).
    """

    url: str
    key: str
    state_folder: Path


def load_client_settings(environ: Mapping[str, str] | None = None) -> ClientSettings:
    """Read ``LESSONSTREAM_URL`` and ``LESSONSTREAM_KEY``. Raises ``SettingsError``."""
    environ = os.environ if environ is None else environ
    key = environ.get("LESSONSTREAM_KEY")
    if not key:
        raise SettingsError(
            ["LESSONSTREAM_KEY is not set. It is an API key, as `lessonstream up` prints it."]
        )
    state = environ.get("XDG_STATE_HOME") or Path(
        environ.get("HOME") or tempfile.gettempdir(), ".local/state"
    )
    url = (environ.get("LESSONSTREAM_URL") or "http://127.0.0.1:8080").rstrip("/")
    return ClientSettings(url, key, Path(state, "lessonstream"))


def process_environment() -> dict[str, str]:
    """This process's own environment without empty variables: what `lessonstream up` builds its children's from."""
    return {name: value for name, value in os.environ.items() if value}
