"""The closed sets of words, each a type: whoever misspells one does not pass mypy.

Rows, JSON and Redis hold them as they stand here. ``storage`` imports this module and ``messages``, and no other of
``configs``.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

VersionState = Literal["uploading", "queued", "processing", "playable", "ready", "failed", "external"]
"""What a version is, one after another; of ``ready`` and ``failed``, one. What is ``external`` was so from the
beginning: a page of another site, of which nothing plays here (``storage.catalogue.harvests``)."""

StepState = Literal["waiting", "queued", "leased", "done", "failed", "cancelled"]
"""What a step is."""

StepKind = Literal[
    "inspect",
    "stand_in",
    "draw",
    "loudness",
    "analyse",
    "encode_first",
    "encode",
    "audio_first",
    "audio",
    "tracks",
    "images",
    "thumbnail",
    "poster",
    "verify",
    "follow",
    "publish",
    "download",
    "encode_av1",
    "publish_av1",
    "preview",
    "peaks",
    "slides",
    "transcribe",
    "fetch",
]
"""What a step does: a row of ``configs.jobs.JOBS``."""

Lane = Literal["control", "first", "ladder", "draw", "extras", "fetch"]
"""A queue of wake-ups: see ``configs.jobs.LANES``."""

HardwareEncoder = Literal["nvenc", "quick_sync", "vaapi"]
"""An encoder of graphics hardware."""

VideoEncoder = Literal["software", HardwareEncoder]
"""What encodes a rendition as H.264: x264, or an encoder of graphics hardware."""

QuotaUnit = Literal["bytes", "seconds", "uploads"]
"""What quotas are of: sources, how long lessons are, unfinished uploads at a time."""

UploadState = Literal["open", "finished", "expired"]
"""What an upload is: bytes may come, all are there, or nothing came in time and it is about to be removed."""

UploadLinkState = Literal["upcoming", "open", "late", "closed"]
"""What an upload link is by the clock: not open yet, open, open for what counts as late, or closed for good."""

JudgingState = Literal["waiting", "open", "closed"]
"""How far the judging of what came in by an upload link is: nobody may judge yet, all may, nobody may any more."""

EntryState = Literal["awaited", "processing", "accepted", "failed", "too_long", "wrong_kind", "taken_down"]
"""What has become of what somebody sent by an upload link: nothing has arrived, it is looked at, it fits, it cannot be
shown, it is not what the link takes, or an administrator took it down."""

SwitchReason = Literal["ready", "chosen"]
"""Why a version became the current one: it was ready and awaited, or somebody chose it."""

FollowOutcome = Literal["kept", "shifted", "pieces", "check"]
"""What becomes of a track where another version takes its own one's place: it stays as it is, all of it lies earlier or
later, parts of it do, or somebody has to look."""

PosterOrigin = Literal["automatic", "frame", "picture"]
"""Where a poster comes from: found by itself, a frame that somebody chose, or a picture that somebody sent."""

CoursePosterOrigin = Literal["lesson", "picture"]
"""Where the poster of a course comes from: one of its lessons, or a picture that somebody sent."""

FollowReason = Literal["no_sound", "other_sound"]
"""Why somebody has to look: one of both versions has no sound, or theirs is not the same."""

TrackState = Literal["shown", "to_check", "suggested"]
"""Whether viewers see a track, or somebody has to look first whether it fits, or whether what a machine has found is
wanted."""

Level = Literal[
    "preschool", "primary", "secondary", "vocational", "higher", "adult", "community", "senior", "other"
]
"""For which part of lifelong learning something is made: LOM 5.6, finer than its own four words
(``media_service.standards`` has both)."""

ContributorRole = Literal[
    "author",
    "presenter",
    "publisher",
    "editor",
    "script_writer",
    "instructional_designer",
    "subject_matter_expert",
    "content_provider",
    "graphical_designer",
    "technical_implementer",
    "initiator",
    "validator",
    "educational_validator",
    "technical_validator",
]
"""What somebody did for a lesson: LOM 2.3.1, and who is seen or heard in it."""

LicenceCode = Literal[
    "CC0-1.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-ND-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-NC-ND-4.0",
    "public_domain",
    "all_rights_reserved",
    "custom",
]
"""What others may do with a lesson: SPDX's names of Creative Commons' licences, no licence at all, or terms of one's
own."""

Visibility = Literal["private", "organization", "subtree", "shared", "public"]
"""Who may find and play something: who owns and administers it, its organization, that and all below, those that are
named, or everybody. ``storage.catalogue.visibility`` has the rules."""

ReviewState = Literal["draft", "submitted", "returned", "accepted", "published"]
"""How far an asset is on its way to viewers, where its organization has lessons reviewed. Others begin published."""

ReviewAction = Literal["submit", "accept", "return", "publish", "withdraw"]
"""A step of a review: it is handed in, accepted, given back, shown to viewers, or made a draft again."""

AssetKind = Literal["video", "animation", "audio"]
"""What an asset is, known once its source was inspected."""

RenditionKind = Literal["video", "audio"]
"""What a rendition encodes."""

TrackKind = Literal["captions", "chapters", "slides"]
"""What a track tells: what is said, what parts are called, or what is written."""

SharedTrackKind = Literal["captions", "chapters"]
"""What of it platforms tell each other; slides are read anew."""

Policy = Literal["public", "signed"]
"""Who may play by a playback ID: anyone, or whoever has a token."""

Origins = Literal["any", "partners"]
"""Whose pages may show a public playback ID: any, or those of partners with whom its asset is shared."""

Role = Literal["admin", "author", "portal", "partner"]
"""Who an API key makes its holder."""

PersonRole = Literal["admin", "author"]
"""What somebody who signed in is: an administrator of the organization and all below, or an author of own lessons."""

SessionKind = Literal["browser", "token"]
"""What carries a session: a cookie, or a bearer token that a portal's own front end holds."""

Scope = Literal["upload", "read", "edit", "delete", "play", "manage", "sign_in"]
"""What an API key may do of what its role allows, if it may not do all of it."""

AuditAction = Literal[
    "asset.create",
    "asset.change",
    "asset.delete",
    "asset.restore",
    "asset.retry",
    "asset.review",
    "version.create",
    "version.activate",
    "version.retry",
    "version.delete",
    "upload.delete",
    "upload_link.create",
    "upload_link.change",
    "upload_link.renew",
    "upload_link.delete",
    "entry.take_down",
    "judging.change",
    "judging.close",
    "judge.create",
    "judge.renew",
    "judge.revoke",
    "judge.score",
    "playback_id.create",
    "playback_id.delete",
    "poster.put",
    "poster.delete",
    "track.put",
    "track.accept",
    "track.delete",
    "draft.create",
    "draft.delete",
    "collection.create",
    "collection.change",
    "collection.delete",
    "study.change",
    "study.forget",
    "partner.create",
    "partner.change",
    "partner.delete",
    "category.create",
    "category.change",
    "category.delete",
    "organization.create",
    "organization.change",
    "library.change",
    "quota.change",
    "api_key.create",
    "api_key.revoke",
    "person.change",
    "session.create",
    "session.revoke",
    "sign_in_code.create",
    "signing_key.create",
    "signing_key.revoke",
    "webhook_endpoint.create",
    "webhook_endpoint.change",
    "webhook_endpoint.delete",
    "webhook_endpoint.rotate",
    "webhook_endpoint.ping",
    "webhook_endpoint.replay",
    "platform_link.create",
    "platform_link.accept",
    "platform_link.complete",
    "platform_link.change",
    "platform_link.end",
    "record_store.change",
    "record_store.delete",
    "record_store.test",
    "record_store.resend",
    "lti_link.create",
    "lti_platform.create",
    "lti_platform.change",
    "lti_platform.delete",
    "platform_link.follow",
    "platform_link.unfollow",
    "platform_link.adopt",
    "platform_link.count",
    "harvest_source.create",
    "harvest_source.change",
    "harvest_source.harvest",
    "harvest_source.delete",
    "offer.create",
    "offer.again",
    "offer.answer",
    "offer.withdraw",
]
"""What somebody did, as the audit log calls it. None is ever renamed or reused."""

RecordKind = Literal["asset", "course"]
"""What the log of changes is about."""

RecordPart = Literal["version", "files", "metadata", "visibility"]
"""What of a record has changed: another version plays, what is made of the same one (more qualities, captions, poster)
is not as it was, what is said of it, or who may see it."""

RecordChange = Literal["created", "updated", "deleted"]
"""What has become of a record for somebody who follows: it is there (again), not as it was, or not there any more."""

EventType = Literal[
    "asset.created",
    "asset.changed",
    "asset.deleted",
    "asset.restored",
    "asset.purged",
    "asset.submitted",
    "asset.accepted",
    "asset.returned",
    "asset.published",
    "asset.unpublished",
    "asset.withdrawing",
    "upload.created",
    "upload.finished",
    "upload.deleted",
    "version.created",
    "version.queued",
    "version.processing",
    "version.playable",
    "version.ready",
    "version.failed",
    "version.deleted",
    "version.activated",
    "track.put",
    "track.deleted",
    "collection.created",
    "collection.changed",
    "collection.deleted",
    "ping",
    "webhook_endpoint.failing",
    "webhook_endpoint.disabled",
    "offer.received",
    "offer.answered",
    "offer.withdrawn",
]
"""What events tell. Triggers write those of assets and collections (migrations 0030, 0064). None is ever renamed or
reused."""

PlayOutcome = Literal[
    "counted", "too_short", "repeated", "muted_off_screen", "crawler", "prefetch", "limited", "forged"
]
"""What a play is by the rule of views: counted, or why not. None is ever renamed or reused."""

StartKind = Literal["start", "crawler", "prefetch"]
"""Who fetched the playlist that a play begins with: somebody, perhaps, or surely nobody."""

StudyMode = Literal["free", "sequential", "supervised"]
"""How a course is studied: anyhow; in order, at a limited speed; or so and with checks that somebody is there."""

StudyRefusal = Literal[
    "wrong_chain",
    "too_fast",
    "over_clock",
    "ahead_of_clock",
    "jumped",
    "not_fetched",
    "forged",
    "hidden",
    "absent",
    "ended",
    "too_scattered",
]
"""Why the service does not believe that something was studied. None is ever renamed or reused."""

StudyEnd = Literal["taken_over", "forged", "expired"]
"""Why a study session takes nothing more: the learner began another one, it lied, or it is too old."""

DeliveryState = Literal["pending", "delivered", "failed"]
"""What the delivery of an event to a webhook endpoint is."""

WebhookSigning = Literal["hmac", "ed25519"]
"""How webhooks are signed: by a secret that both know, or by a private key of ours."""

StatementKind = Literal["initialized", "completed", "terminated"]
"""What a record store is told of a study session, by the verbs of the video profile."""

RecordStoreTest = Literal["works", "credentials_refused", "no_store", "away"]
"""What a record store says when it is asked whether it is one."""

LtiRefusal = Literal[
    "platform_unknown",
    "platform_away",
    "state_unknown",
    "browser_unknown",
    "message_invalid",
    "key_unknown",
    "signature_wrong",
    "issuer_wrong",
    "audience_wrong",
    "nonce_wrong",
    "message_expired",
    "issued_wrong",
    "deployment_unknown",
    "version_wrong",
    "message_unknown",
    "target_wrong",
    "platform_refused",
    "lesson_unknown",
    "session_over",
    "link_over",
    "registration_failed",
    "service_away",
]
"""Why a learning platform's launch, or its registration, came to nothing. None is ever renamed or reused."""

OutboundFailure = Literal[
    "url_invalid",
    "address_refused",
    "name_unknown",
    "connect_failed",
    "tls_failed",
    "proxy_failed",
    "timed_out",
    "broken_off",
    "answer_invalid",
    "answer_too_large",
    "redirect_refused",
    "too_many_redirects",
]
"""Why a stranger could not be asked, or did not answer. None is ever renamed or reused."""

PlatformLinkState = Literal["waiting", "linked", "paused", "ended"]
"""How far the link to another platform is: one of both has not pasted the other's code yet, both know each other,
somebody here has stopped it for a while, or for good."""

FollowState = Literal["waiting", "copying", "current", "gone", "elsewhere", "left_out", "dropped", "adopted"]
"""How a lesson of another platform stands here: it is to be copied, it is being copied, it is as it is there, it is not
shared any more, it came by another way already, it is not of the part that is followed, somebody here deleted it, or it
was made our own."""

FollowMode = Literal["mirror", "reference"]
"""Whether a lesson of another platform is copied here, or played from there."""

FollowCourseState = Literal["waiting", "current", "gone", "left_out", "dropped"]
"""The same of a course, of which nothing is copied but what is said of it."""

HarvestState = Literal["active", "paused", "ended"]
"""Whether a foreign repository is harvested: somebody here has stopped that for a while, or for good, and what it
brought is on its way to the trash."""

HarvestedState = Literal["current", "gone", "elsewhere", "dropped", "unusable"]
"""How a foreign record stands here: it is as it is there, it is not there any more, it is here by another way or was
ours from the beginning, somebody here deleted it, or it has no title or no address that people could open."""

HarvestFailure = Literal[
    OutboundFailure,
    "no_repository",
    "repository_refused",
    "repository_in_trouble",
    "format_unknown",
    "token_refused",
    "list_goes_round",
    "list_too_long",
]
"""Why a foreign repository could not be harvested: a row of ``configs.harvest_failures.HARVEST_FAILURES``. None is ever
renamed or reused."""

OfferDirection = Literal["sent", "received"]
"""Who has offered a lesson: this platform, or the other one."""

OfferState = Literal["offered", "accepted", "returned", "declined", "withdrawn"]
"""What has become of an offer: it waits for an answer, was accepted, given back to be amended, or declined, or whoever
offered has thought better of it."""

OfferAction = Literal["offer", "accept", "return", "decline", "withdraw"]
"""A step of an offer: made, or made again; its answer; or taken back."""

OfferAnswer = Literal["accept", "return", "decline"]
"""What somebody may say to an offer."""

LinkFailure = Literal[
    OutboundFailure,
    "link_not_answered",
    "link_refused",
    "link_paused_there",
    "link_ended_there",
    "clocks_apart",
    "no_lessonstream",
    "platform_in_trouble",
    "key_sealed_otherwise",
    "offers_full",
    "offers_unknown",
    "link_full",
    "not_playable_there",
    "lesson_not_understood",
    "reference_there",
    "storage_failed_here",
]
"""Why the other platform of a link could not be spoken to: a row of ``configs.link_failures.LINK_FAILURES``. None is
ever renamed or reused."""

TotalsRefusal = Literal[
    "lesson_not_followed",
    "day_not_over_there",
    "day_before_lesson",
    "totals_out_of_bounds",
    "too_many_platforms",
    "too_many_totals",
]
"""Why the totals of a lesson's day that a linked platform tells are not taken: a row of
``configs.totals_refusals.TOTALS_REFUSALS``. None is ever renamed or reused."""

TotalsOutcome = Literal["taken", "known", "older", "refused"]
"""What became of a lesson's day that was told: it is kept, it was known already, something newer was told before, or it
is not taken."""

FailureCode = Literal[
    "picture_unreadable",
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
    "flash_blank",
    "html_package_invalid",
    "html_package_too_large",
    "html_package_blank",
    "source_truncated",
    "source_encrypted",
    "no_picture",
    "picture_too_large",
    "animation_too_large",
    "animation_too_complex",
    "browser_missing",
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
    "import_address_refused",
    "import_unreachable",
    "import_refused",
    "import_is_page",
    "import_broken_off",
    "import_too_large",
    "import_over_quota",
    "import_too_slow",
    "speech_model_unusable",
    "superseded",
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
    "other_files_left_out",
    "lottie_text_left_out",
    "lottie_expressions_left_out",
    "lottie_effects_left_out",
    "lottie_sound_left_out",
    "lottie_pictures_left_out",
    "flash_interactive",
    "flash_cut_off",
    "html_package_drawn",
    "html_package_sound_left_out",
    "captions_incomplete",
    "ground_changed",
    "drawing_unseen",
    "picture_plain",
    "flash_sound_alone",
]
"""What an author should know of a lesson: a row of ``configs.notices.NOTICES``. None is ever renamed or reused."""

SheetFaultCode = Literal[
    "sheet_encoding",
    "sheet_damaged",
    "sheet_too_large",
    "sheet_empty",
    "line_invalid",
    "column_missing",
    "column_twice",
    "cells_too_many",
    "file_missing",
    "file_not_found",
    "file_ambiguous",
    "file_outside",
    "file_empty",
    "file_refused",
    "file_twice",
    "file_differs",
    "external_id_twice",
    "external_id_invalid",
    "number_rounded",
    "number_invalid",
    "value_too_long",
    "value_invalid",
    "values_too_many",
    "character_invalid",
    "choice_unknown",
    "language_unknown",
    "date_invalid",
    "moment_invalid",
    "withdrawn_too_early",
    "url_invalid",
    "licence_incomplete",
    "other_ids_invalid",
    "contributors_invalid",
    "category_unknown",
    "category_ambiguous",
    "colour_invalid",
    "checksum_invalid",
    "captions_invalid",
    "captions_too_large",
    "captions_twice",
    "chapters_invalid",
    "picture_refused",
    "picture_too_large",
]
"""What is wrong with a sheet of lessons that is to be imported, with a row of it, or with a file that belongs to a row:
a row of ``configs.sheet_faults.SHEET_FAULTS``. None is ever renamed or reused."""

VERSION_STATES: Final[tuple[VersionState, ...]] = get_args(VersionState)
STEP_STATES: Final[tuple[StepState, ...]] = get_args(StepState)
RENDITION_KINDS: Final[tuple[RenditionKind, ...]] = get_args(RenditionKind)
POLICIES: Final[tuple[Policy, ...]] = get_args(Policy)
ORIGINS: Final[tuple[Origins, ...]] = get_args(Origins)
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
ROLES: Final[tuple[Role, ...]] = get_args(Role)
PERSON_ROLES: Final[tuple[PersonRole, ...]] = get_args(PersonRole)
SESSION_KINDS: Final[tuple[SessionKind, ...]] = get_args(SessionKind)
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
VISIBILITIES: Final[tuple[Visibility, ...]] = get_args(Visibility)
REVIEW_STATES: Final[tuple[ReviewState, ...]] = get_args(ReviewState)
REVIEW_ACTIONS: Final[tuple[ReviewAction, ...]] = get_args(ReviewAction)
LICENCE_CODES: Final[tuple[LicenceCode, ...]] = get_args(LicenceCode)
HARDWARE_ENCODERS: Final[tuple[HardwareEncoder, ...]] = get_args(HardwareEncoder)
HARVEST_STATES: Final[tuple[HarvestState, ...]] = get_args(HarvestState)
HARVESTED_STATES: Final[tuple[HarvestedState, ...]] = get_args(HarvestedState)
FOLLOW_STATES: Final[tuple[FollowState, ...]] = get_args(FollowState)
OFFER_DIRECTIONS: Final[tuple[OfferDirection, ...]] = get_args(OfferDirection)
OFFER_STATES: Final[tuple[OfferState, ...]] = get_args(OfferState)
FOLLOW_MODES: Final[tuple[FollowMode, ...]] = get_args(FollowMode)
FOLLOW_COURSE_STATES: Final[tuple[FollowCourseState, ...]] = get_args(FollowCourseState)
PLATFORM_LINK_STATES: Final[tuple[PlatformLinkState, ...]] = get_args(PlatformLinkState)

OUTPUT_REJECTED: Final = "output_rejected"
"""Failure code of a version of which what was published may be wrong."""
