"""Whether viewers get segments from where DELIVERY says: an object is stored, fetched as players do, and removed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping

import urllib3

from configs.settings import Settings
from media_service.cli.findings import CheckFailed
from media_service.playback.manifests import delivery
from media_service.playback.manifests.delivery import EDGE_PATH, Scope, edge_signature
from storage.ids import new_id
from storage.keys import step_key
from storage.objects import StorageError
from storage.s3 import S3ObjectStore

_PROBE = "probe"
_SECONDS = 60
_SITE = "https://player.invalid"
"""Origin of the page that asks: any site may play."""

_PRESIGNED_ADVICE = (
    "Set S3_PUBLIC_URL to what browsers call the S3 server, and let it answer every origin (CORS). / "
    "请将 S3_PUBLIC_URL 设为浏览器访问 S3 服务器的地址，并允许所有来源（CORS）。"
)
_RANGE_ADVICE = (
    "Choose DELIVERY=service or edge, or another S3 server: the embedded one is not for browsers. / "
    "请改用 DELIVERY=service 或 edge，或更换 S3 服务器：内置服务器不适合浏览器直接访问。"
)
_EDGE_ADVICE = (
    "Start the edge (configs/nginx) with the same EDGE_SECRETS and a key that reads the bucket; correct EDGE_URL. / "
    "请用相同的 EDGE_SECRETS 和可读取存储桶的密钥启动 configs/nginx 的边缘节点，并更正 EDGE_URL。"
)


def look(settings: Settings) -> str:
    """What was seen. Raises ``CheckFailed``."""
    if settings.delivery == "service":
        return "service: the web service"
    store = S3ObjectStore.of(settings, places=1)
    scope = Scope(new_id(), new_id(), _PROBE)
    key = step_key(scope.asset_id, scope.version_id, new_id(), 1, f"{_PROBE}-0.mp4")
    data = secrets.token_bytes(1024)
    try:
        store.put(key, data, "video/mp4")
        try:
            if settings.delivery == "presigned":
                chosen = delivery.choose(settings, store)
                _fetch(chosen.address(_PROBE, 0, key, chosen.period(time.time())), data, _PRESIGNED_ADVICE)
                return f"presigned: {settings.s3_public_url or settings.s3_endpoint} gives bytes to any site"
            return _edge(settings, scope, key, data)
        finally:
            store.remove([key])
    except StorageError as error:
        raise CheckFailed(str(error), "Mend the object storage first. / 请先修复对象存储。") from error


def _edge(settings: Settings, scope: Scope, key: str, data: bytes) -> str:
    base = f"{settings.edge_url or settings.public_url}{EDGE_PATH}{key}"
    bare = _ask(base, _EDGE_ADVICE)
    if bare.status != 401:
        raise CheckFailed(
            f"{base} without a signature: {bare.status}, and not the 401 of an edge", _EDGE_ADVICE
        )
    expires = int(time.time()) + _SECONDS
    for number, secret in enumerate(settings.edge_secrets, 1):
        signature = edge_signature(secret, scope, expires)
        try:
            _fetch(f"{base}?e={expires}&s={signature}", data, _EDGE_ADVICE)
        except CheckFailed as error:
            raise CheckFailed(f"secret {number} of EDGE_SECRETS: {error}", error.advice) from error
    address, count = settings.edge_url or settings.public_url, len(settings.edge_secrets)
    if count == 0:
        return f"edge: {address} refuses who has no token; only the web service knows the secrets"
    return f"edge: {address} gives ranges for {count} secret{'s' * (count > 1)}"


def _fetch(url: str, data: bytes, advice: str) -> None:
    """Ask for a range as a page of another site does."""
    answer = _ask(url, advice, {"Range": "bytes=100-299", "Origin": _SITE})
    place = url.partition("?")[0]
    if answer.status == 200:
        raise CheckFailed(
            f"{place} answers a range with 200, not 206: browsers take it for all", _RANGE_ADVICE
        )
    if answer.status != 206 or answer.data != data[100:300]:
        raise CheckFailed(f"{place}: {answer.status} {answer.data[:200]!r}", advice)
    if answer.headers.get("Access-Control-Allow-Origin") not in ("*", _SITE):
        raise CheckFailed(f"{place} does not let pages of other sites read it (CORS)", advice)


def _ask(url: str, advice: str, headers: Mapping[str, str] | None = None) -> urllib3.BaseHTTPResponse:
    try:
        return urllib3.request("GET", url, headers=headers, timeout=10, retries=False)
    except urllib3.exceptions.HTTPError as error:
        raise CheckFailed(f"{url.partition('?')[0]}: {error}", advice) from error
