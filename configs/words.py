"""The closed sets of words, each a type: whoever misspells one does not pass mypy.

Rows, JSON and Redis hold them as they stand here. ``storage`` imports this module and ``messages``, and no other of
``configs``.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

VersionState = Literal["uploading", "queued", "processing", "playable", "ready", "failed"]
"""What a version is, one after another; of the last two, one."""

StepState = Literal["waiting", "queued", "leased", "done", "failed", "cancelled"]
"""What a step is."""

StepKind = Literal[
    "inspect",
    "stand_in",
    "loudness",
    "analyse",
    "encode_first",
    "encode",
    "audio_first",
    "audio",
    "tracks",
    "images",
    "thumbnail",
    "verify",
    "publish",
    "download",
    "encode_av1",
    "publish_av1",
    "preview",
]
"""What a step does: a row of ``configs.jobs.JOBS``."""

Lane = Literal["control", "first", "ladder", "extras"]
"""A queue of wake-ups: see ``configs.jobs.LANES``."""

AssetKind = Literal["video", "animation", "audio"]
"""What an asset is, known once its source was inspected."""

RenditionKind = Literal["video", "audio"]
"""What a rendition encodes."""

TrackKind = Literal["captions", "chapters"]
"""What a track tells."""

Policy = Literal["public", "signed"]
"""Who may play by a playback ID: anyone, or whoever has a token."""

Origins = Literal["any", "partners"]
"""Whose pages may show a public playback ID: any, or those of partners with whom its asset is shared."""

Role = Literal["admin", "author", "portal", "partner"]
"""Who an API key makes its holder."""

Scope = Literal["upload", "read", "edit", "delete", "play", "manage"]
"""What an API key may do of what its role allows, if it may not do all of it."""

AuditAction = Literal[
    "asset.create",
    "asset.change",
    "asset.delete",
    "asset.retry",
    "upload.delete",
    "playback_id.create",
    "playback_id.delete",
    "track.put",
    "track.delete",
    "collection.create",
    "collection.change",
    "collection.delete",
    "partner.create",
    "partner.change",
    "partner.delete",
    "organization.create",
    "organization.change",
    "api_key.create",
    "api_key.revoke",
    "signing_key.create",
    "signing_key.revoke",
]
"""What somebody did, as the audit log calls it. None is ever renamed or reused."""

FailureCode = Literal[
    "source_empty",
    "source_not_media",
    "source_is_reference",
    "source_is_document",
    "source_is_image",
    "source_is_archive",
    "source_is_captions",
    "source_is_program",
    "flash_not_supported",
    "flash_too_large",
    "source_truncated",
    "source_encrypted",
    "no_picture",
    "picture_too_large",
    "animation_too_large",
    "animation_too_complex",
    "lottie_too_large",
    "lottie_invalid",
    "lottie_blank",
    "duration_too_long",
    "duration_unknown",
    "too_many_streams",
    "too_many_frames",
    "frame_rate_too_high",
    "codec_not_supported",
    "dolby_vision_only",
    "format_not_supported",
    "no_decodable_frames",
    "source_damaged",
    "source_too_complex",
    "output_rejected",
    "worker_lost",
    "processing_failed",
]
"""Why a version failed: a row of ``configs.failures.FAILURES``. None is ever renamed or reused."""

NoticeCode = Literal[
    "sound_left_out",
    "picture_left_out",
    "captions_left_out",
    "transparency_left_out",
    "programmes_left_out",
    "sounds_joined",
    "alike_sounds_left_out",
    "lottie_text_left_out",
    "lottie_expressions_left_out",
    "lottie_effects_left_out",
    "lottie_sound_left_out",
    "lottie_pictures_left_out",
]
"""What an author should know of a lesson: a row of ``configs.notices.NOTICES``. None is ever renamed or reused."""

VERSION_STATES: Final[tuple[VersionState, ...]] = get_args(VersionState)
STEP_STATES: Final[tuple[StepState, ...]] = get_args(StepState)
RENDITION_KINDS: Final[tuple[RenditionKind, ...]] = get_args(RenditionKind)
POLICIES: Final[tuple[Policy, ...]] = get_args(Policy)
ORIGINS: Final[tuple[Origins, ...]] = get_args(Origins)
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
ROLES: Final[tuple[Role, ...]] = get_args(Role)

OUTPUT_REJECTED: Final = "output_rejected"
"""Failure code of a version of which what was published may be wrong."""
