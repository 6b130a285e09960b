"""Tables of the catalogue, a module for each matter.

The words are those of docs/architecture.md; times are UTC, durations seconds.
"""

from storage.catalogue.models.assets import (
    FACETS,
    FACTS_MISSING,
    LISTED,
    WORDS_MISSING,
    Asset,
    Version,
)
from storage.catalogue.models.base import Base
from storage.catalogue.models.categories import Category
from storage.catalogue.models.changes import ChangeSet
from storage.catalogue.models.collections import (
    COURSE_WORDS_MISSING,
    Collection,
    CollectionItem,
    CollectionPicture,
)
from storage.catalogue.models.drafts import Draft
from storage.catalogue.models.events import Event, EventCounter
from storage.catalogue.models.fingerprints import StoredFingerprint
from storage.catalogue.models.harvests import HarvestedRecord, HarvestSource
from storage.catalogue.models.imports import Import
from storage.catalogue.models.judging import Judge, Judging, ScoreSheet
from storage.catalogue.models.libraries import Library
from storage.catalogue.models.links import PlatformLink, PlatformShare
from storage.catalogue.models.lti import LtiKey, LtiLink, LtiPlatform, LtiScore
from storage.catalogue.models.mirrors import (
    FollowedCourse,
    FollowedLesson,
    MirroredObject,
    Subscription,
)
from storage.catalogue.models.offers import Offer
from storage.catalogue.models.organizations import ApiKey, Organization
from storage.catalogue.models.people import Person, SignInCode, StudioSession
from storage.catalogue.models.playback import Partner, PartnerCollection, PlaybackId, SigningKey
from storage.catalogue.models.quotas import Quota
from storage.catalogue.models.records import CatalogueChange, ChangeLog, RecordMark, RecordState
from storage.catalogue.models.requests import AuditEntry, KeptAnswer
from storage.catalogue.models.results import (
    PASSAGES_MISSING,
    Chunk,
    File,
    Image,
    PackedChunks,
    Passage,
    Rendition,
    Track,
)
from storage.catalogue.models.reviews import AssetReview
from storage.catalogue.models.statements import RecordStore, Statement
from storage.catalogue.models.study import StoredStudySession, StudyCourse, StudyRecord
from storage.catalogue.models.totals import (
    PLATFORM_MARK,
    HandedOutLesson,
    OwedDay,
    ReportingPlatform,
    ToldDayRow,
    ToldPartRow,
    TotalsExchange,
)
from storage.catalogue.models.upload_links import LinkEntry, UploadLink
from storage.catalogue.models.uploads import Upload, UploadPiece
from storage.catalogue.models.versions import VersionSwitch
from storage.catalogue.models.views import (
    EVERY_PARTNER,
    AssetStorage,
    BranchViewDay,
    OrganizationViewDay,
    StaleBranch,
    StaleDay,
    Start,
    StorageDay,
    StoredBeat,
    StoredPlay,
    ViewDay,
    ViewMonth,
)
from storage.catalogue.models.webhooks import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookSecret,
)
from storage.catalogue.models.work import TURNS_TAKEN, Backup, KeeperTask, OutboxEntry, Step, Turn

__all__ = (
    "COURSE_WORDS_MISSING",
    "EVERY_PARTNER",
    "FACETS",
    "FACTS_MISSING",
    "LISTED",
    "PASSAGES_MISSING",
    "PLATFORM_MARK",
    "TURNS_TAKEN",
    "WORDS_MISSING",
    "ApiKey",
    "Asset",
    "AssetReview",
    "AssetStorage",
    "AuditEntry",
    "Backup",
    "Base",
    "BranchViewDay",
    "CatalogueChange",
    "Category",
    "ChangeLog",
    "ChangeSet",
    "Chunk",
    "Collection",
    "CollectionItem",
    "CollectionPicture",
    "Draft",
    "Event",
    "EventCounter",
    "File",
    "FollowedCourse",
    "FollowedLesson",
    "HandedOutLesson",
    "HarvestSource",
    "HarvestedRecord",
    "Image",
    "Import",
    "Judge",
    "Judging",
    "KeeperTask",
    "KeptAnswer",
    "Library",
    "LinkEntry",
    "LtiKey",
    "LtiLink",
    "LtiPlatform",
    "LtiScore",
    "MirroredObject",
    "Offer",
    "Organization",
    "OrganizationViewDay",
    "OutboxEntry",
    "OwedDay",
    "PackedChunks",
    "Partner",
    "PartnerCollection",
    "Passage",
    "Person",
    "PlatformLink",
    "PlatformShare",
    "PlaybackId",
    "Quota",
    "RecordMark",
    "RecordState",
    "RecordStore",
    "Rendition",
    "ReportingPlatform",
    "ScoreSheet",
    "SignInCode",
    "SigningKey",
    "StaleBranch",
    "StaleDay",
    "Start",
    "Statement",
    "Step",
    "StorageDay",
    "StoredBeat",
    "StoredFingerprint",
    "StoredPlay",
    "StoredStudySession",
    "StudioSession",
    "StudyCourse",
    "StudyRecord",
    "Subscription",
    "ToldDayRow",
    "ToldPartRow",
    "TotalsExchange",
    "Track",
    "Turn",
    "Upload",
    "UploadLink",
    "UploadPiece",
    "Version",
    "VersionSwitch",
    "ViewDay",
    "ViewMonth",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
)
