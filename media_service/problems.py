"""Every error that the service answers, by its code: one table, and the exception that ends a request with one. Pure.

Views raise ``ApiError(code)``; the code says status and sentences. What a client may decide by is the code;
``detail`` tells a developer which value was wrong, ``message`` tells a person, in English and in Chinese.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from configs.messages import Message

ErrorCode = Literal[
    # Any request
    "bad_request",
    "invalid_request",
    "invalid_cursor",
    "event_forgotten",
    "cursor_forgotten",
    "not_found",
    "method_not_allowed",
    "service_unavailable",
    "request_timeout",
    "length_required",
    "too_large",
    "wrong_content_type",
    "content_encoding_refused",
    "content_range_refused",
    "range_not_satisfiable",
    "internal_error",
    "storage_unavailable",
    "storage_full",
    "catalogue_unavailable",
    # API keys
    "key_missing",
    "key_invalid",
    "key_expired",
    "session_over",
    "csrf_invalid",
    "role_not_allowed",
    "scope_not_allowed",
    # Management
    "idempotency_key_used",
    "idempotency_key_busy",
    "changed_meanwhile",
    "asset_not_found",
    "asset_not_replaceable",
    "change_not_found",
    "undo_over",
    "first_upload_unfinished",
    "version_not_found",
    "version_not_ready",
    "version_removed",
    "version_current",
    "version_limit",
    "source_gone",
    "nothing_failed",
    "external_id_taken",
    "external_id_ambiguous",
    "streams_busy",
    "webhook_endpoint_not_found",
    "webhook_endpoint_limit",
    "webhook_delivery_not_found",
    "webhook_url_refused",
    "record_store_not_found",
    "record_store_refused",
    "lti_platform_not_found",
    "lti_platform_known",
    "import_url_refused",
    "platform_link_not_found",
    "platform_link_limit",
    "platform_link_over",
    "platform_link_unanswered",
    "link_code_invalid",
    "link_code_damaged",
    "link_code_version",
    "link_code_own",
    "link_code_used",
    "link_code_unknown",
    "link_url_refused",
    "share_unknown",
    "subscription_not_found",
    "reporting_platform_not_found",
    "harvest_source_not_found",
    "harvest_source_limit",
    "harvest_source_paused",
    "harvest_url_refused",
    "asset_external",
    "offer_not_found",
    "offer_stands",
    "offer_limit",
    "offer_over",
    "offer_impossible",
    "asset_not_offerable",
    "platform_away",
    "signing_key_not_found",
    "signing_key_invalid",
    "signing_key_private",
    "signing_key_known",
    "signing_key_limit",
    "organization_not_found",
    "organization_closed",
    "organization_own",
    "organization_circle",
    "organization_shared",
    "track_not_found",
    "draft_not_found",
    "track_kind",
    "track_language",
    "track_invalid",
    "track_limit",
    "peaks_not_ready",
    "picture_type_refused",
    "logo_refused",
    "library_slug_taken",
    "category_not_found",
    "category_code_taken",
    "category_in_use",
    "category_circle",
    "category_limit",
    "shared_with_unknown",
    "review_impossible",
    "collection_not_found",
    "collection_assets",
    "collection_item_not_found",
    "study_not_asked",
    "study_session_not_found",
    "learner_not_found",
    "partner_not_found",
    "partner_disabled",
    "partner_downloads",
    "key_not_found",
    "person_not_found",
    "person_disabled",
    "session_not_found",
    "sign_in_code_not_found",
    "playback_not_found",
    # Requests of linked platforms
    "link_token_invalid",
    "link_token_used",
    "link_clocks_apart",
    "link_not_answered",
    "link_paused",
    "link_ended",
    # Uploads (tus 1.0)
    "upload_not_found",
    "upload_expired",
    "upload_link_not_found",
    "upload_link_closed",
    "upload_link_used",
    "upload_link_open",
    "upload_link_upcoming",
    "upload_link_over",
    "upload_link_full",
    "upload_link_busy",
    "judging_not_open",
    "judging_begun",
    "judging_closed",
    "judges_full",
    "judge_not_found",
    "entry_not_found",
    "entry_taken_down",
    "entry_closed",
    "entry_too_large",
    "entry_too_long",
    "asset_is_entry",
    "upload_finished",
    "tus_version",
    "upload_length_missing",
    "upload_length_invalid",
    "upload_concat_invalid",
    "upload_concat_unfinished",
    "upload_final",
    "upload_metadata_invalid",
    "upload_offset_invalid",
    "upload_offset_mismatch",
    "upload_overflow",
    "upload_locked",
    "uploads_busy",
    "upload_interrupted",
    "upload_lost",
    "checksum_malformed",
    "checksum_mismatch",
    "upload_checksum_unsupported",
    "upload_checksum_mismatch",
    "quota_exceeded",
    "quota_minutes_exceeded",
    "quota_uploads_exceeded",
    "quota_own",
    "file_too_large",
    "file_empty",
    "file_type_refused",
    # Playback
    "token_missing",
    "token_invalid",
    "token_expired",
    "token_not_allowed",
    "origin_not_allowed",
    "played_at_origin",
    "reference_unlinked",
    "not_for_references",
    "rate_limited",
    "quota_spent",
    "too_many_plays",
    "not_playable_yet",
    "oembed_format",
    "video_failed",
    "image_not_found",
    "download_not_ready",
    "download_not_found",
    "pack_not_ready",
    "pack_not_possible",
    "image_source_gone",
    "image_limit",
    "image_busy",
]
"""What clients decide by."""


@dataclass(frozen=True)
class Problem:
    """``status`` is the HTTP status; ``message`` holds for every case of the code."""

    status: int
    message: Message


PROBLEMS: Final[dict[ErrorCode, Problem]] = {
    # Any request
    "bad_request": Problem(400, Message("The request cannot be understood.", "无法理解该请求。")),
    "invalid_request": Problem(422, Message("A value in the request is not valid.", "请求中的某个值无效。")),
    "invalid_cursor": Problem(400, Message("This page cursor is not valid.", "分页游标无效。")),
    "event_forgotten": Problem(
        410,
        Message(
            "This event is not kept any more: look at the assets as they are now, and begin again without it.",
            "该事件已不再保留：请先查看课程的当前状态，然后不带此参数重新开始。",
        ),
    ),
    "cursor_forgotten": Problem(
        410,
        Message(
            "This cursor is of a time before a backup was put back: begin again without it, and drop what is not told.",
            "该游标早于一次备份恢复，已失效：请不带此参数重新开始，并删除未再列出的内容。",
        ),
    ),
    "not_found": Problem(404, Message("There is nothing at this address.", "该地址不存在。")),
    "method_not_allowed": Problem(
        405, Message("This address does not take that method.", "该地址不支持这种请求方法。")
    ),
    "service_unavailable": Problem(
        503,
        Message(
            "The service does not answer at the moment. Please try again.", "服务暂时没有响应，请稍后重试。"
        ),
    ),
    "request_timeout": Problem(
        408, Message("The body of the request did not arrive in time.", "请求内容未能在限定时间内到达。")
    ),
    "length_required": Problem(
        411, Message("The request must declare its length.", "请求必须声明内容长度。")
    ),
    "too_large": Problem(413, Message("The request is larger than allowed.", "请求内容超过允许的大小。")),
    "wrong_content_type": Problem(
        415, Message("The request has the wrong content type.", "请求的内容类型不正确。")
    ),
    "content_encoding_refused": Problem(
        415,
        Message("Send the content as it is, not compressed.", "请直接发送原始内容，不要压缩。"),
    ),
    "content_range_refused": Problem(
        400,
        Message(
            "A part of a file cannot be put here. Send all of it, or use a resumable upload.",
            "此处不能只发送文件的一部分，请发送整个文件或使用断点续传。",
        ),
    ),
    "range_not_satisfiable": Problem(
        416, Message("The requested range lies outside the content.", "请求的范围超出内容。")
    ),
    "internal_error": Problem(
        500,
        Message("Something went wrong on our side. Please try again later.", "服务器内部出错，请稍后再试。"),
    ),
    "storage_unavailable": Problem(
        503,
        Message(
            "The object storage is away for a moment. Please try again.", "对象存储暂时不可用，请稍后重试。"
        ),
    ),
    "storage_full": Problem(
        507,
        Message(
            "The object storage has no room left. The operator must make some.",
            "对象存储空间已满，请联系管理员扩容。",
        ),
    ),
    "catalogue_unavailable": Problem(
        503,
        Message("The catalogue is away for a moment. Please try again.", "数据目录暂时不可用，请稍后重试。"),
    ),
    # API keys
    "key_missing": Problem(
        401,
        Message(
            "This address needs an API key, sent as Authorization: Bearer KEY.",
            "该地址需要 API 密钥，请求头写作 Authorization: Bearer 密钥。",
        ),
    ),
    "key_invalid": Problem(401, Message("This API key is not valid.", "API 密钥无效。")),
    "key_expired": Problem(401, Message("This API key has expired.", "API 密钥已过期。")),
    "session_over": Problem(
        401, Message("You are signed out. Please sign in again.", "您已退出登录，请重新登录。")
    ),
    "csrf_invalid": Problem(
        403,
        Message(
            "This request does not come from a page of Studio, or the page is out of date. Please load it again.",
            "该请求不是由工作室页面发出的，或页面已过期，请刷新后再试。",
        ),
    ),
    "scope_not_allowed": Problem(
        403,
        Message("The scopes of this API key do not allow that.", "该 API 密钥的权限范围不允许执行此操作。"),
    ),
    "role_not_allowed": Problem(
        403,
        Message(
            "Your role, or that of this API key, does not allow that.",
            "您的角色或该 API 密钥的角色无权执行此操作。",
        ),
    ),
    # Management
    "idempotency_key_used": Problem(
        422,
        Message(
            "This Idempotency-Key was used for another request.",
            "该 Idempotency-Key 已用于另一个不同的请求。",
        ),
    ),
    "changed_meanwhile": Problem(
        412,
        Message(
            "Somebody else has changed this meanwhile. Please load it again.",
            "内容已被他人修改，请重新加载后再试。",
        ),
    ),
    "idempotency_key_busy": Problem(
        409,
        Message(
            "The request with this Idempotency-Key is still being carried out.",
            "使用该 Idempotency-Key 的请求仍在处理中。",
        ),
    ),
    "asset_not_found": Problem(404, Message("There is no such asset.", "该课程不存在。")),
    "asset_not_replaceable": Problem(
        409,
        Message(
            "The file of an asset is not replaced here. Send it as a new version, to the asset's own address and "
            "/versions.",
            "不能在此处替换课程的文件，请将新文件发送到该课程地址下的 /versions，作为新版本上传。",
        ),
    ),
    "first_upload_unfinished": Problem(
        409,
        Message(
            "The first file of this asset has not arrived yet. Finish that upload, or delete it.",
            "该课程的首个文件尚未上传完成，请先完成或删除该上传。",
        ),
    ),
    "version_not_found": Problem(404, Message("This asset has no such version.", "该课程没有这个版本。")),
    "version_not_ready": Problem(
        409,
        Message(
            "This version is not ready, so it cannot be shown yet.", "该版本尚未处理完成，暂时不能启用。"
        ),
    ),
    "version_removed": Problem(
        410,
        Message("Nothing of this version is kept any more.", "该版本的文件已被清除，无法再启用。"),
    ),
    "version_current": Problem(
        409,
        Message(
            "This version is the one that is shown. Choose another one first.",
            "该版本正在使用中，请先启用其他版本。",
        ),
    ),
    "version_limit": Problem(
        409,
        Message(
            "Too many versions of this asset are being made. Cancel one of them.",
            "该课程正在制作的版本过多，请先取消其中一个。",
        ),
    ),
    "source_gone": Problem(
        409,
        Message(
            "The file that was uploaded is not kept any more. Upload it again.",
            "原始上传文件已不再保留，请重新上传。",
        ),
    ),
    "nothing_failed": Problem(
        409,
        Message(
            "Nothing of this asset has failed, so nothing is tried again.", "该课程没有失败的步骤，无需重试。"
        ),
    ),
    "change_not_found": Problem(404, Message("There is no such change.", "没有这项修改。")),
    "undo_over": Problem(
        409,
        Message(
            "This change was taken back before, or was made too long ago.",
            "这项修改已被撤销，或已超过可以撤销的时间。",
        ),
    ),
    "external_id_taken": Problem(
        409,
        Message(
            "Another asset of this organization has this external ID.", "该机构的另一个课程已使用此外部 ID。"
        ),
    ),
    "external_id_ambiguous": Problem(
        409,
        Message(
            "Several organizations below yours have an asset with this external ID.",
            "多个下级机构的课程使用了此外部 ID。",
        ),
    ),
    "streams_busy": Problem(
        503,
        Message(
            "Too many are watching; ask for what you show now and then.", "实时连接过多，请改为定时查询。"
        ),
    ),
    "webhook_endpoint_not_found": Problem(
        404, Message("There is no such webhook endpoint.", "该 webhook 地址不存在。")
    ),
    "webhook_endpoint_limit": Problem(
        409,
        Message(
            "The organization has as many webhook endpoints as it may.", "该机构的 webhook 地址数量已达上限。"
        ),
    ),
    "webhook_delivery_not_found": Problem(404, Message("There is no such delivery.", "该投递记录不存在。")),
    "webhook_url_refused": Problem(
        422,
        Message(
            "Events are sent to public addresses only, by https.", "事件只会通过 https 发送到公共互联网地址。"
        ),
    ),
    "harvest_source_not_found": Problem(
        404, Message("No such repository is harvested.", "该采集来源不存在。")
    ),
    "harvest_source_limit": Problem(
        409,
        Message(
            "The organization harvests as many repositories as it may.", "该机构的采集来源数量已达上限。"
        ),
    ),
    "harvest_source_paused": Problem(
        409, Message("This repository is paused. Let it go on first.", "该采集来源已暂停，请先恢复。")
    ),
    "harvest_url_refused": Problem(
        422,
        Message(
            "The repository's address cannot be asked from here. An address in a private network has to be "
            "allowed by the operator first (OUTBOUND_ALLOWED_NETWORKS).",
            "本平台无法访问该资源库的网址。内网地址须先由运维人员允许（OUTBOUND_ALLOWED_NETWORKS）。",
        ),
    ),
    "asset_external": Problem(
        409,
        Message(
            "This lesson is a page of another site and does not play here. Open it at its address.",
            "该课程位于其他网站，无法在本平台播放，请打开其网址。",
        ),
    ),
    "platform_link_not_found": Problem(
        404, Message("There is no such link to another platform.", "该平台连接不存在。")
    ),
    "platform_link_limit": Problem(
        409, Message("The organization has as many links as it may.", "该机构的平台连接数量已达上限。")
    ),
    "platform_link_over": Problem(
        409, Message("This link has ended. Link the platforms anew.", "该连接已终止，请重新建立连接。")
    ),
    "platform_link_unanswered": Problem(
        409,
        Message(
            "The other platform's code has not been pasted yet, so the link can only be ended.",
            "尚未粘贴对方平台的连接码，此时只能终止该连接。",
        ),
    ),
    "link_code_invalid": Problem(
        422,
        Message(
            "This is no code of another platform. Such codes begin with LSL1. and are pasted as a whole.",
            "这不是平台连接码。连接码以 LSL1. 开头，须完整粘贴。",
        ),
    ),
    "link_code_damaged": Problem(
        422,
        Message(
            "The code is not whole, or something in it has changed on its way. Have it sent again as a text.",
            "连接码不完整，或在传送中被改动。请让对方以纯文本重新发送。",
        ),
    ),
    "link_code_version": Problem(
        422,
        Message(
            "The code is of another release of Lessonstream. Bring both platforms up to date.",
            "该连接码来自其他版本的 Lessonstream，请将双方平台升级到最新版本。",
        ),
    ),
    "link_code_own": Problem(
        422,
        Message(
            "This code was made on this platform. It is for the other one: send it there.",
            "该连接码是本平台生成的，应发送给对方平台粘贴。",
        ),
    ),
    "link_code_used": Problem(409, Message("This code has been used already.", "该连接码已被使用过。")),
    "link_code_unknown": Problem(
        422,
        Message(
            "This code answers a link that does not wait here. Make a new code and have it answered.",
            "该连接码所应答的连接在本平台并不存在。请生成新的连接码，再请对方应答。",
        ),
    ),
    "link_url_refused": Problem(
        422,
        Message(
            "The other platform's address cannot be asked from here. An address in a private network has to be "
            "allowed by the operator first (OUTBOUND_ALLOWED_NETWORKS).",
            "本平台无法访问对方平台的网址。内网地址须先由运维人员允许（OUTBOUND_ALLOWED_NETWORKS）。",
        ),
    ),
    "offer_not_found": Problem(404, Message("There is no such offer.", "该推荐不存在。")),
    "offer_stands": Problem(
        409, Message("The lesson is offered to this platform already.", "该课程已推荐给此平台。")
    ),
    "offer_limit": Problem(
        409,
        Message(
            "As many offers to this platform as may be wait for an answer.",
            "向此平台推荐且待答复的课程数量已达上限。",
        ),
    ),
    "offer_over": Problem(
        409,
        Message(
            "The lesson is not offered any more, so it cannot be looked at.", "该推荐已结束，无法再查看。"
        ),
    ),
    "offer_impossible": Problem(
        409,
        Message(
            "This step does not lead from the state that the offer is in.", "该推荐目前的状态不允许此操作。"
        ),
    ),
    "asset_not_offerable": Problem(
        409,
        Message(
            "Only what plays, is published and is not private can be offered to other platforms.",
            "只有可播放、已发布且非私有的课程才能推荐给其他平台。",
        ),
    ),
    "platform_away": Problem(
        503,
        Message(
            "The other platform does not answer at the moment. Please try again later.",
            "对方平台暂时没有响应，请稍后再试。",
        ),
    ),
    "share_unknown": Problem(
        422,
        Message(
            "What is to be shared is not there, or belongs neither to the link's organization nor to one below it.",
            "要共享的内容不存在，或不属于该连接所在机构及其下级机构。",
        ),
    ),
    "record_store_not_found": Problem(
        404, Message("The organization has no record store.", "该机构未配置学习记录库。")
    ),
    "record_store_refused": Problem(
        422,
        Message(
            "Statements are sent to public addresses only, by https.",
            "学习记录只会通过 https 发送到公共互联网地址。",
        ),
    ),
    "lti_platform_not_found": Problem(
        404, Message("There is no such learning platform.", "该学习平台不存在。")
    ),
    "lti_platform_known": Problem(
        409,
        Message(
            "This learning platform, with this client ID, is connected already.",
            "该学习平台（同一客户端 ID）已经接入。",
        ),
    ),
    "subscription_not_found": Problem(
        404, Message("Nothing is copied from this platform.", "未设置从该平台复制内容。")
    ),
    "reporting_platform_not_found": Problem(
        404,
        Message(
            "No platform with this ID has told totals over this link.",
            "没有该编号的平台通过此连接上报过数据。",
        ),
    ),
    "import_url_refused": Problem(
        422,
        Message(
            "Files are fetched from public addresses only, by http:// or https://.",
            "只能从公共互联网的 http:// 或 https:// 地址获取文件。",
        ),
    ),
    "signing_key_not_found": Problem(404, Message("There is no such signing key.", "该签名密钥不存在。")),
    "signing_key_invalid": Problem(
        422,
        Message(
            "This cannot be a signing key: send a public key, Ed25519 or RSA of 2048 bits or more.",
            "无法用作签名密钥：请提交 Ed25519 公钥或至少 2048 位的 RSA 公钥。",
        ),
    ),
    "signing_key_private": Problem(
        422,
        Message(
            "This is a private key. It was not kept; as it has left its place, make a new pair and send "
            "the public key.",
            "这是私钥，未被保存。私钥已外泄，请重新生成密钥对并只提交公钥。",
        ),
    ),
    "signing_key_known": Problem(
        409,
        Message(
            "This key was registered before; a revoked one cannot come back.",
            "该密钥已登记过；已吊销的密钥不能恢复。",
        ),
    ),
    "signing_key_limit": Problem(
        409,
        Message(
            "This organization has too many signing keys in force. Revoke one first.",
            "该机构有效的签名密钥数量已达上限，请先吊销一个。",
        ),
    ),
    "organization_closed": Problem(403, Message("This organization is closed.", "该机构已停用。")),
    "organization_own": Problem(
        409,
        Message(
            "An organization is moved and closed by one above it, not by itself.",
            "机构的迁移和停用须由其上级机构执行。",
        ),
    ),
    "organization_circle": Problem(
        409, Message("An organization cannot stand below itself.", "机构不能隶属于自身或其下级机构。")
    ),
    "organization_shared": Problem(
        409,
        Message(
            "A collection or partner above it holds something of this organization. Take it out first.",
            "上级机构的系列或合作方仍在使用该机构的内容，请先移除。",
        ),
    ),
    "organization_not_found": Problem(404, Message("There is no such organization.", "该机构不存在。")),
    "track_not_found": Problem(404, Message("There is no such track.", "该轨道不存在。")),
    "draft_not_found": Problem(404, Message("There is no such draft.", "该草稿不存在。")),
    "track_kind": Problem(
        404, Message("A track is captions, chapters or slides.", "轨道类型只能是字幕、章节或幻灯片。")
    ),
    "track_language": Problem(
        422,
        Message(
            "The language must be a tag such as zh-CN or en (BCP 47).",
            "语言必须是 zh-CN、en 之类的标签（BCP 47）。",
        ),
    ),
    "track_invalid": Problem(
        422,
        Message(
            "The file of captions or chapters has faults; errors names the lines.",
            "字幕或章节文件有错误，详见 errors 中列出的行。",
        ),
    ),
    "logo_refused": Problem(415, Message("This picture cannot be a logo.", "该图片不能用作标识。")),
    "library_slug_taken": Problem(
        409, Message("Another library has this address already.", "该网址已被其他课程库使用。")
    ),
    "picture_type_refused": Problem(
        415, Message("A poster is a picture: JPEG, PNG or WebP.", "封面须为图片：JPEG、PNG 或 WebP。")
    ),
    "track_limit": Problem(
        409, Message("This asset has too many tracks already.", "该课程的轨道数量已达上限。")
    ),
    "peaks_not_ready": Problem(
        409,
        Message("How loud the lesson is has not been measured yet.", "该课程的音量波形尚未生成。"),
    ),
    "category_not_found": Problem(404, Message("There is no such category here.", "此处没有该分类。")),
    "category_code_taken": Problem(
        409,
        Message("Another category of the organization has this code.", "该机构已有使用此代码的分类。"),
    ),
    "category_in_use": Problem(
        409,
        Message(
            "Something stands in this category or below it. Move that elsewhere first.",
            "该分类或其下级分类仍在使用，请先将其中的内容移至别处。",
        ),
    ),
    "category_circle": Problem(
        409, Message("A category cannot stand below itself.", "分类不能置于其自身之下。")
    ),
    "category_limit": Problem(
        409,
        Message("The organization has as many categories as it may.", "该机构的分类数量已达上限。"),
    ),
    "shared_with_unknown": Problem(
        422,
        Message("An organization or partner to share with is unknown.", "要共享的机构或合作方不存在。"),
    ),
    "review_impossible": Problem(
        409,
        Message("The review of this lesson is at another step.", "该课程目前的审核状态不允许此操作。"),
    ),
    "collection_not_found": Problem(404, Message("There is no such collection.", "该系列不存在。")),
    "collection_assets": Problem(
        422,
        Message("An asset of the collection is unknown here or named twice.", "系列中有不存在或重复的课程。"),
    ),
    "collection_item_not_found": Problem(
        404, Message("The asset does not stand in this collection.", "该课程不在此系列中。")
    ),
    "study_not_asked": Problem(
        404, Message("This is not studied in that course.", "该系列不记录此内容的学时。")
    ),
    "study_session_not_found": Problem(404, Message("There is no such study session.", "该学习会话不存在。")),
    "learner_not_found": Problem(
        404, Message("Nothing is known of such a learner of this course.", "该系列没有此学员的学习记录。")
    ),
    "partner_not_found": Problem(404, Message("There is no such partner.", "该合作方不存在。")),
    "partner_disabled": Problem(403, Message("This partner is disabled.", "该合作方已被停用。")),
    "partner_downloads": Problem(
        403, Message("This partner's viewers may not save whole files.", "该合作方的用户不能下载完整文件。")
    ),
    "person_not_found": Problem(404, Message("There is no such person.", "找不到该用户。")),
    "person_disabled": Problem(
        403, Message("This person may not sign in any more.", "该用户已被停用，不能再登录。")
    ),
    "session_not_found": Problem(
        404, Message("There is no such session that goes on.", "该会话不存在或已结束。")
    ),
    "sign_in_code_not_found": Problem(
        404,
        Message(
            "This sign-in code does not count: it was used, is too old, or is for another browser.",
            "登录代码无效：已被使用、已过期，或属于另一个浏览器。",
        ),
    ),
    "key_not_found": Problem(404, Message("There is no such API key.", "该 API 密钥不存在。")),
    "playback_not_found": Problem(404, Message("There is no such video.", "该视频不存在。")),
    # Uploads (tus 1.0)
    "link_token_invalid": Problem(
        401,
        Message(
            "The request is not signed by a platform that is linked with this one.",
            "该请求未经已连接平台的有效签名。",
        ),
    ),
    "link_token_used": Problem(
        401, Message("This signed request has been received already.", "该签名请求已被接收过。")
    ),
    "link_clocks_apart": Problem(
        401,
        Message(
            "The clocks of both platforms differ by more than five minutes.", "双方平台的时钟相差超过五分钟。"
        ),
    ),
    "link_not_answered": Problem(
        403,
        Message(
            "The code that answers this link has not been pasted here yet.", "本平台尚未粘贴该连接的应答码。"
        ),
    ),
    "link_paused": Problem(403, Message("This platform has paused the link.", "本平台已暂停此连接。")),
    "link_ended": Problem(403, Message("This platform has ended the link.", "本平台已终止此连接。")),
    "upload_not_found": Problem(404, Message("There is no such upload.", "该上传不存在。")),
    "upload_expired": Problem(
        410, Message("This upload has expired. Please start again.", "该上传已过期，请重新上传。")
    ),
    "upload_link_not_found": Problem(404, Message("There is no such upload link.", "该投稿链接不存在。")),
    "upload_link_closed": Problem(
        409,
        Message(
            "This upload link is closed. Its terms do not change any more.",
            "该投稿链接已截止，其条件不能再修改。",
        ),
    ),
    "upload_link_used": Problem(
        409,
        Message(
            "Something came in by this upload link: it stays. Close it instead.",
            "已有人通过该链接投稿，不能删除。可以提前截止。",
        ),
    ),
    "upload_link_open": Problem(
        409,
        Message(
            "This upload link is not closed yet: there is no manifest.", "该投稿链接尚未截止，还没有清单。"
        ),
    ),
    "upload_link_upcoming": Problem(
        403,
        Message("This upload link is not open yet. Please come back later.", "投稿尚未开始，请稍后再来。"),
    ),
    "upload_link_over": Problem(
        403, Message("This upload link is closed: nothing comes in any more.", "投稿已经截止，不再接收。")
    ),
    "upload_link_full": Problem(
        403, Message("As many have come in by this upload link as it takes.", "该链接接收的投稿数量已满。")
    ),
    "upload_link_busy": Problem(
        429,
        Message(
            "Too many files are on their way by this upload link. Please try again in a few minutes.",
            "当前通过该链接上传的文件太多，请几分钟后再试。",
        ),
    ),
    "judging_not_open": Problem(
        409,
        Message(
            "Judging has not begun: it does once the upload link is closed and criteria are set.",
            "评审尚未开始：投稿截止并设定评分标准之后方可评审。",
        ),
    ),
    "judging_begun": Problem(
        409,
        Message(
            "Scores have been given already: criteria do not change any more.",
            "已有评分，评分标准不能再修改。",
        ),
    ),
    "judging_closed": Problem(
        409, Message("Judging is closed: nothing of it changes any more.", "评审已经结束，不能再修改。")
    ),
    "judges_full": Problem(
        409,
        Message(
            "There are {limit} judges already: no more may be added.", "评委已达 {limit} 位，不能再添加。"
        ),
    ),
    "judge_not_found": Problem(404, Message("There is no such judge.", "该评委不存在。")),
    "entry_not_found": Problem(404, Message("There is no such entry.", "该投稿不存在。")),
    "entry_taken_down": Problem(409, Message("This entry was taken down.", "该投稿已被下架。")),
    "entry_closed": Problem(
        401,
        Message(
            "The entry is unknown, or its upload link is closed: nothing comes in any more.",
            "该投稿不存在，或投稿已经截止，不再接收。",
        ),
    ),
    "entry_too_large": Problem(
        413, Message("This file is too large: at most {limit} may be sent.", "文件太大：最多可投稿 {limit}。")
    ),
    "entry_too_long": Problem(
        413,
        Message(
            "This lesson is too long: at most {limit} minutes may be sent.", "课程太长：最多 {limit} 分钟。"
        ),
    ),
    "asset_is_entry": Problem(
        409,
        Message(
            "This lesson came in by an upload link: only whoever sent it replaces it. "
            "Administrators take entries down.",
            "该课程是通过投稿链接收到的：只有投稿者可以替换，只有管理员可以下架。",
        ),
    ),
    "upload_finished": Problem(403, Message("This upload is already complete.", "该上传已经完成。")),
    "tus_version": Problem(
        412, Message("Only version 1.0.0 of tus is spoken here.", "仅支持 tus 1.0.0 版协议。")
    ),
    "upload_length_missing": Problem(
        400,
        Message(
            "Upload-Length must say how many bytes the file has, or Upload-Defer-Length: 1 that it is told later.",
            "必须用 Upload-Length 声明文件的字节数，或用 Upload-Defer-Length: 1 表示稍后声明。",
        ),
    ),
    "upload_length_invalid": Problem(
        400,
        Message(
            "The length of this upload is another one already, or more bytes have arrived than it says.",
            "该上传的大小已经确定，或已收到的内容超过了所声明的大小。",
        ),
    ),
    "upload_concat_invalid": Problem(
        400, Message("These parts cannot be joined to a file.", "这些分片无法合并成文件。")
    ),
    "upload_concat_unfinished": Problem(
        400,
        Message(
            "A part of the file has not arrived yet. Send the rest of it first.",
            "文件的某个分片尚未传完，请先传完。",
        ),
    ),
    "upload_final": Problem(
        403,
        Message(
            "This upload is made of parts that were sent before: it takes no bytes.",
            "该上传由已传的分片合并而成，不能再写入。",
        ),
    ),
    "upload_metadata_invalid": Problem(
        400, Message("Upload-Metadata is malformed.", "Upload-Metadata 格式错误。")
    ),
    "upload_offset_invalid": Problem(
        400, Message("Upload-Offset must be a whole number.", "Upload-Offset 必须是非负整数。")
    ),
    "upload_offset_mismatch": Problem(
        409, Message("The upload continues at another byte.", "上传的续传位置不一致。")
    ),
    "upload_overflow": Problem(
        413, Message("More bytes were sent than the upload has.", "发送的内容超过了声明的文件大小。")
    ),
    "upload_locked": Problem(
        423, Message("Another request is writing this upload.", "该上传正被另一个请求写入。")
    ),
    "uploads_busy": Problem(
        503,
        Message(
            "As many uploads as this server receives at a time are under way. Please try again shortly.",
            "正在进行的上传已达上限，请稍后重试。",
        ),
    ),
    "upload_interrupted": Problem(
        400, Message("The connection ended before all bytes had arrived.", "连接中断，内容未全部到达。")
    ),
    "upload_lost": Problem(
        503,
        Message(
            "The object storage lost what had arrived. Please send the file again.",
            "对象存储丢失了已上传的内容，请重新上传该文件。",
        ),
    ),
    "checksum_malformed": Problem(400, Message("The checksum is malformed.", "校验值格式错误。")),
    "checksum_mismatch": Problem(
        460,
        Message(
            "The bytes do not match their checksum. Please upload the file again.",
            "内容与校验值不符，请重新上传。",
        ),
    ),
    "upload_checksum_unsupported": Problem(
        400, Message("Checksums of this kind cannot be compared here.", "不支持这种校验值。")
    ),
    "upload_checksum_mismatch": Problem(
        460,
        Message(
            "What arrived last does not match its checksum and was thrown away. Please send it again.",
            "刚收到的内容与校验值不符，已被丢弃，请重新发送。",
        ),
    ),
    "quota_exceeded": Problem(
        413,
        Message(
            "There is not enough room for this file: of {limit}, {left} are left. Delete lessons that are not "
            "needed any more, or ask your administrator for more room.",
            "空间不足，无法上传该文件：总额度 {limit}，剩余 {left}。请删除不再需要的课程，或联系管理员增加额度。",
        ),
    ),
    "quota_minutes_exceeded": Problem(
        413,
        Message(
            "This lesson is too long for the room that is left: of {limit} minutes, {left} are left. Delete "
            "lessons that are not needed any more, or ask your administrator for more.",
            "剩余时长不足，无法上传该课程：总时长 {limit} 分钟，剩余 {left} 分钟。"
            "请删除不再需要的课程，或联系管理员增加额度。",
        ),
    ),
    "quota_uploads_exceeded": Problem(
        429,
        Message(
            "As many uploads are under way as are allowed at a time ({limit}). Let one of them finish, or remove "
            "one that was left unfinished.",
            "同时进行的上传已达上限（{limit} 个）。请等待其中一个完成，或移除未完成的上传。",
        ),
    ),
    "quota_own": Problem(
        403,
        Message(
            "How much an organization may hold is set by one above it.",
            "机构的存储额度须由其上级机构设定。",
        ),
    ),
    "file_too_large": Problem(413, Message("The file is larger than allowed.", "文件超过允许的大小。")),
    "file_empty": Problem(
        422, Message("The file is empty. Please choose it again.", "文件为空，请重新选择。")
    ),
    "file_type_refused": Problem(
        415,
        Message(
            "Only videos, animations and sound recordings can be uploaded.", "只能上传视频、动画或音频文件。"
        ),
    ),
    # Playback
    "token_missing": Problem(401, Message("This video needs a playback token.", "播放该视频需要令牌。")),
    "token_invalid": Problem(401, Message("This playback token is not valid.", "播放令牌无效。")),
    "token_expired": Problem(401, Message("This playback token has expired.", "播放令牌已过期。")),
    "token_not_allowed": Problem(
        403, Message("This playback token is for something else.", "播放令牌不适用于该内容。")
    ),
    "origin_not_allowed": Problem(
        403, Message("This video cannot be shown on the page that asks for it.", "该页面无权播放此视频。")
    ),
    "played_at_origin": Problem(
        302,
        Message(
            "This video plays from the platform that it came from: at the address in Location.",
            "该视频由来源平台播放，地址见 Location。",
        ),
    ),
    "reference_unlinked": Problem(
        403,
        Message(
            "This video plays from another platform, and the link to it is paused or has ended.",
            "该视频由其他平台播放，而与该平台的连接已暂停或终止。",
        ),
    ),
    "not_for_references": Problem(
        409,
        Message(
            "This video plays from another platform, which also counts its plays. Only a copy has this here.",
            "该视频由其他平台播放，播放次数也由其统计；复制到本平台后才能如此使用。",
        ),
    ),
    "rate_limited": Problem(
        429, Message("Too much is asked for at the moment. Please slow down.", "请求过于频繁，请稍后再试。")
    ),
    "quota_spent": Problem(
        429,
        Message("What this partner's viewers may load in a day is used up.", "该合作方今日的流量已用完。"),
    ),
    "too_many_plays": Problem(
        429,
        Message(
            "This viewer is watching on as many devices as allowed. Close one and try again in a minute.",
            "该用户同时观看的设备已达上限，请关闭其他设备后稍候再试。",
        ),
    ),
    "not_playable_yet": Problem(
        404, Message("This video is still being prepared.", "视频正在处理中，请稍后再播放。")
    ),
    "oembed_format": Problem(
        501, Message("oEmbed is answered as json or xml.", "oEmbed 仅支持 json 或 xml 格式。")
    ),
    "video_failed": Problem(404, Message("This video could not be prepared.", "该视频处理失败，无法播放。")),
    "image_not_found": Problem(404, Message("There is no such picture (yet).", "该图片不存在或尚未生成。")),
    "download_not_ready": Problem(
        404, Message("This file is still being made. Please ask again.", "文件正在生成，请稍后重试。")
    ),
    "download_not_found": Problem(404, Message("There is no such file to be saved.", "没有可供下载的文件。")),
    "pack_not_ready": Problem(
        409,
        Message(
            "A file for the offline pack is still being made. Please ask again.",
            "离线包所需的文件仍在生成，请稍后重试。",
        ),
    ),
    "pack_not_possible": Problem(
        409, Message("There is no file for a lesson of the offline pack.", "离线包中有课程没有可下载的文件。")
    ),
    "image_source_gone": Problem(
        404,
        Message(
            "A picture of this moment cannot be made any more: the file that was uploaded is not kept.",
            "原始上传文件已不再保留，无法再生成该时刻的图片。",
        ),
    ),
    "image_limit": Problem(
        429,
        Message(
            "Too many new pictures were asked for within a minute. Please ask again later.",
            "一分钟内请求生成的图片过多，请稍后重试。",
        ),
    ),
    "image_busy": Problem(
        503, Message("This picture is being made. Please ask again.", "图片正在生成，请稍后重试。")
    ),
}
"""All codes. A new one is a row here and a word of ``ErrorCode``; a code is never renamed or reused."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one line of a file, the first being 1."""

    line: int
    code: str
    message: Message

    def to_json(self) -> dict[str, Any]:
        """Return what the problem document says of it."""
        return {"line": self.line, "code": self.code, "message": self.message.to_json()}


@dataclass(frozen=True)
class ValueFault:
    """What is wrong with one value, in English for developers: at a JSON Pointer (``#/items/0``) of the body, or in a
    parameter of the query."""

    detail: str
    pointer: str = ""
    parameter: str = ""

    @property
    def place(self) -> str:
        """Where it is, as people say it."""
        return self.parameter or self.pointer.removeprefix("#/") or "body"

    def to_json(self) -> dict[str, Any]:
        """Return what the problem document says of it (RFC 9457, section 3)."""
        where = {"parameter": self.parameter} if self.parameter else {"pointer": self.pointer}
        return {**where, "detail": self.detail}


class ApiError(Exception):
    """Ends a request with the problem document of ``code``.

    ``detail`` is an English sentence about this very case; ``headers`` are added to the answer; ``errors`` are
    told one by one. ``words`` belong into the places of the code's sentences.
    """

    def __init__(
        self,
        code: ErrorCode,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Fault | ValueFault] = (),
        words: Mapping[str, str] | None = None,
    ) -> None:
        self.code = code
        self.problem = PROBLEMS[code]
        self.message = self.problem.message.filled(words) if words else self.problem.message
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = tuple(errors)
        super().__init__(detail or self.message.en)


def wrong_value(detail: str, *, pointer: str = "", parameter: str = "") -> ApiError:
    """The refusal of one value, told with its place."""
    return ApiError(
        "invalid_request", detail, errors=[ValueFault(detail, pointer=pointer, parameter=parameter)]
    )
