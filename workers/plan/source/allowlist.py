"""What ffmpeg and ffprobe may do with a file that a stranger sent.

``-protocol_whitelist`` alone is not enough: playlists and concatenation scripts name other files, and every
decoder is an attack surface (CVE-2017-9993, CVE-2026-8461, CVE-2026-107695). So both tools get all three lists
and the limits before every such input, and refuse the rest before decoding anything.
"""

from __future__ import annotations

from typing import Final

PROTOCOLS: Final = ("http", "tcp")
"""Of these, ``http`` reaches nothing but the worker's own server of the one source."""

FORMATS: Final = (
    "mov", "matroska", "avi", "mpegts", "mpeg", "flv", "live_flv", "asf", "rm", "ogg", "mxf", "dv", "gif",
    "apng", "webp_anim", "mp3", "aac", "flac", "wav", "amr", "aiff",
)  # fmt: skip
"""Demuxers for files with everything in them: none that opens a second file, none for text."""

VIDEO_CODECS: Final = (
    "h264", "hevc", "vp8", "vp9", "libdav1d", "av1", "mpeg4", "mpeg2video", "mpeg1video", "h263", "h263p",
    "mjpeg", "prores", "dnxhd", "dvvideo", "vc1", "wmv1", "wmv2", "wmv3", "msmpeg4", "msmpeg4v2",
    "msmpeg4v1", "mss1", "mss2", "msmpeg4v3", "flv", "flv1", "vp6", "vp6f", "vp6a", "flashsv", "flashsv2", "theora",
    "rv10", "rv20", "rv30", "rv40", "cinepak", "svq3", "camtasia", "tscc", "qtrle", "rawvideo", "png",
    "apng", "gif", "webp", "webp_anim",
)  # fmt: skip

AUDIO_CODECS: Final = (
    "aac", "aac_latm", "mp3float", "mp3", "mp2float", "mp2", "opus", "libopus", "vorbis", "flac", "alac",
    "ac3", "eac3", "wmav1", "wmav2", "wmapro", "wmavoice", "amrnb", "amr_nb", "amrwb", "amr_wb", "cook",
    "sipr", "nellymoser", "speex", "adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "adpcm_swf", "pcm_s16le",
    "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_u8", "pcm_alaw", "pcm_mulaw",
    "pcm_bluray", "pcm_dvd",
)  # fmt: skip

SUBTITLE_CODECS: Final = (
    "srt", "subrip", "mov_text", "ass", "ssa", "webvtt", "text", "cc_dec", "dvdsub", "dvbsub", "pgssub", "xsub",
)  # fmt: skip
"""Nothing decodes these, but ffprobe opens a decoder for every stream, and ends where one is refused."""

CODECS: Final = (*VIDEO_CODECS, *AUDIO_CODECS, *SUBTITLE_CODECS)
"""What cameras, phones, screen recorders and old course material contain, by names of decoders (which the tools
check) and of codecs (which ffprobe reports) where the two differ."""

MAX_PIXELS: Final = 8192 * 4320
MAX_STREAMS: Final = 32


def guarded_input_options() -> dict[str, str | int]:
    """Options that stand before each input from outside, for ffmpeg and ffprobe alike."""
    return {
        "protocol_whitelist": ",".join(PROTOCOLS),
        "format_whitelist": ",".join(FORMATS),
        "codec_whitelist": ",".join(CODECS),
        "max_pixels": MAX_PIXELS,
        # One more, so that the tools show that there are too many, where they just ignore the rest.
        "max_streams": MAX_STREAMS + 1,
    }
