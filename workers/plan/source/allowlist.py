"""What ffmpeg and ffprobe may do with a file that a stranger sent.

``-protocol_whitelist`` alone is not enough: playlists and concatenation scripts name other files, and every
decoder is an attack surface (CVE-2017-9993, CVE-2026-8461, CVE-2026-107695). So both tools get all three lists
and the limits before every such input, and refuse the rest before decoding anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

PROTOCOLS: Final = ("http", "tcp")
"""Of these, ``http`` reaches nothing but the worker's own server of the one source."""

FORMATS: Final = (
    "mov", "matroska", "avi", "mpegts", "mpeg", "flv", "live_flv", "asf", "rm", "ogg", "mxf", "dv", "gif",
    "apng", "webp_anim", "jpegxl_anim", "mp3", "aac", "flac", "wav", "w64", "amr", "aiff", "caf", "au", "wv", "tta",
    "ape", "ac3", "eac3", "dts", "mpegvideo", "wtv",
)  # fmt: skip
"""Demuxers for files with everything in them: none that opens a second file, none for text."""

VIDEO_CODECS: Final = (
    "h264", "hevc", "vvc", "vp8", "vp9", "av1", "apv", "mpeg4", "mpeg2video", "mpeg1video", "h261", "h263", "h263p",
    "mjpeg", "mjpegb", "prores", "dnxhd", "dvvideo", "cfhd", "jpeg2000", "v210", "hq_hqa", "hqx", "cllc", "aic",
    "ffv1", "huffyuv", "ffvhuff", "utvideo", "lagarith", "vc1", "wmv1", "wmv2", "wmv3", "msmpeg4v1", "msmpeg4v2",
    "msmpeg4v3", "mss1", "mss2", "msvideo1", "msrle", "flv1", "vp3", "vp5", "vp6", "vp6f", "vp6a", "vp7", "flashsv",
    "flashsv2", "theora", "rv10", "rv20", "rv30", "rv40", "cinepak", "indeo2", "indeo3", "indeo4", "indeo5", "svq1",
    "svq3", "rpza", "smc", "8bps", "qtrle", "tscc", "tscc2", "zmbv", "cscd", "fraps", "g2m", "cavs", "rawvideo",
    "amv", "png", "apng", "gif", "webp", "webp_anim", "jpegxl_anim",
)  # fmt: skip
"""What cameras, phones, screen recorders, editors and old course material contain, by FFmpeg's names of codecs."""

AUDIO_CODECS: Final = (
    "aac", "aac_latm", "mp3", "mp2", "mp1", "opus", "vorbis", "flac", "alac", "ape", "tta", "wavpack", "ac3", "eac3",
    "dts", "truehd", "mlp", "s302m", "wmav1", "wmav2", "wmapro", "wmalossless", "wmavoice", "amr_nb", "amr_wb",
    "qcelp", "gsm", "gsm_ms", "cook", "sipr", "ra_144", "ra_288", "nellymoser", "speex", "truespeech", "qdm2", "mace3",
    "mace6", "adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "adpcm_swf", "adpcm_yamaha", "adpcm_g722", "adpcm_g726",
    "adpcm_ima_amv", "dvaudio", "pcm_s8", "pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s16le_planar", "pcm_s24le",
    "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_s64le", "pcm_s64be", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be",
    "pcm_alaw", "pcm_mulaw", "pcm_bluray", "pcm_dvd",
)  # fmt: skip

SUBTITLE_CODECS: Final = (
    "subrip", "mov_text", "ass", "webvtt", "text", "eia_608", "dvd_subtitle", "dvb_subtitle", "hdmv_pgs_subtitle",
    "xsub",
)  # fmt: skip
"""Text that is taken out of a source, and pictures of text, which nothing decodes."""

_DECODERS: Final[Mapping[str, tuple[str, ...]]] = {
    "av1": ("libdav1d", "av1"),
    "jpegxl_anim": ("libjxl_anim",),
    "flv1": ("flv",),
    "msmpeg4v3": ("msmpeg4",),
    "tscc": ("camtasia",),
    "cscd": ("camstudio",),
    "mp1": ("mp1float", "mp1"),
    "mp2": ("mp2float", "mp2"),
    "mp3": ("mp3float", "mp3"),
    "dts": ("dca",),
    "amr_nb": ("amrnb",),
    "amr_wb": ("amrwb",),
    "ra_144": ("real_144",),
    "ra_288": ("real_288",),
    "adpcm_g722": ("g722",),
    "adpcm_g726": ("g726",),
    "subrip": ("srt", "subrip"),
    "ass": ("ssa", "ass"),
    "eia_608": ("cc_dec",),
    "dvd_subtitle": ("dvdsub",),
    "dvb_subtitle": ("dvbsub",),
    "hdmv_pgs_subtitle": ("pgssub",),
}
"""Decoders of codecs that are not called as these."""

DECODERS: Final = tuple(
    decoder
    for codec in (*VIDEO_CODECS, *AUDIO_CODECS, *SUBTITLE_CODECS)
    for decoder in _DECODERS.get(codec, (codec,))
)

MAX_PIXELS: Final = 8192 * 4320
MAX_STREAMS: Final = 32


def guarded_input_options() -> dict[str, str | int]:
    """Options that stand before each input from outside, for ffmpeg and ffprobe alike."""
    return {
        "protocol_whitelist": ",".join(PROTOCOLS),
        "format_whitelist": ",".join(FORMATS),
        "codec_whitelist": ",".join(DECODERS),
        "max_pixels": MAX_PIXELS,
        # One more, so that the tools show that there are too many, where they just ignore the rest.
        "max_streams": MAX_STREAMS + 1,
    }


def naming_options(refused: Collection[str]) -> dict[str, str]:
    """Options for ffprobe, after those of ``guarded_input_options``, with which it tells of streams whose decoders were
    ``refused``. It ends where it may not open the decoder of a stream; with these it opens them, but nothing of the
    file is given to them, for the list of the container, which does that, stays as it is.
    """
    decoders = ",".join((*DECODERS, *refused))
    return {f"codec_whitelist:{kind}": decoders for kind in "vas"} if refused else {}
