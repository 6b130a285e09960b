"""``lessonstream doctor --deep``: does the bucket hold what the catalogue names, and can the signing keys be read?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from configs.settings import Settings
from media_service.cli.findings import Finding
from media_service.playback.access.signing import unseal_key
from storage.catalogue.database import connect
from storage.catalogue.models import SigningKey
from storage.comparison import UNREADABLE, Difference, compare
from storage.s3 import S3ObjectStore
from storage.sealing import WrongSecretKey

_OTHER_KEY = (
    "Set SECRET_KEY to the one of then (an embedded stack has it in `stack.json`), or rotate the signing keys. / "
    "请将 SECRET_KEY 设为当时的值（内置服务见 `stack.json`），或轮换签名密钥。"
)
_COPY_BACK = "Copy it back from a backup: `lessonstream restore --objects DIR`."
_COPY_BACK_ZH = "请从备份复原：`lessonstream restore --objects DIR`。"
_SOURCE_LOST = (
    f"{_COPY_BACK} Without one, upload the file again. / {_COPY_BACK_ZH}没有备份时请重新上传该文件。"
)
_MADE_LOST = (
    f"{_COPY_BACK} Without one, save the source and upload it again. / "
    f"{_COPY_BACK_ZH}没有备份时请取出源文件后重新上传。"
)
_CHUNKS_UNREADABLE = (
    "Its row in the catalogue is damaged: look at PostgreSQL's disk, then save the source and upload it again. / "
    "目录中的记录已损坏：请检查 PostgreSQL 所在磁盘，然后取出源文件重新上传。"
)
_TRACK_LOST = f"{_COPY_BACK} Without one, put the captions again. / {_COPY_BACK_ZH}没有备份时请重新提交字幕。"


def examine(settings: Settings, *, read_all: bool = False) -> Iterator[Finding]:
    """A row for each asset that lacks something, one for what nobody names, and one for the signing keys."""
    engine = connect(settings.database_url)
    sessions = sessionmaker(engine)
    lacking: dict[str, list[Difference]] = defaultdict(list)
    orphans, orphaned = 0, 0
    try:
        for difference in compare(sessions, S3ObjectStore.of(settings), read_all=read_all):
            if difference.named is None:
                orphans, orphaned = orphans + 1, orphaned + difference.size
            else:
                lacking[difference.named.asset_id].append(difference)
        keys = _signing_keys(sessions, settings.secret_key)
    finally:
        engine.dispose()
    for asset_id, differences in lacking.items():
        yield _of_asset(asset_id, differences)
    if not lacking:
        yield Finding(
            "objects", True, "all that the catalogue names is there" + " as it was stored" * read_all
        )
    detail = f"{orphans} older than a day, {orphaned} bytes, that no row names"
    yield Finding("other objects", True, detail + "; the keeper removes them" * (orphans > 0))
    yield keys


def _signing_keys(sessions: sessionmaker[Session], secret_key: str) -> Finding:
    with sessions() as session:
        sealed = session.scalars(select(SigningKey).where(SigningKey.private_key.is_not(None))).all()
    try:
        for key in sealed:
            unseal_key(secret_key, key.id, key.private_key or b"")
    except WrongSecretKey as error:
        return Finding("signing keys", False, str(error), _OTHER_KEY)
    return Finding("signing keys", True, f"{len(sealed)} can be opened with SECRET_KEY")


def _of_asset(asset_id: str, differences: list[Difference]) -> Finding:
    first = differences[0]
    kinds = {difference.named.what for difference in differences if difference.named}
    more = f", and {len(differences) - 1} more" if len(differences) > 1 else ""
    what = first.named.what if first.named else ""
    if "source" in kinds:
        advice = _SOURCE_LOST
    elif kinds == {UNREADABLE}:
        advice = _CHUNKS_UNREADABLE
    else:
        advice = _TRACK_LOST if kinds == {"track"} else _MADE_LOST
    return Finding(f"asset {asset_id}", False, f"{what} {first.key} {first.problem}{more}", advice)
