"""A foreign learning platform: the library ``lti1p3platform`` with the pages and services that it leaves to others."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from flask import Flask, Response, request
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from markupsafe import escape
from werkzeug.serving import make_server

STUDENT = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
TEACHER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
DEPLOYMENT = "course-category-7"

# What a platform with storage of its own does for tools (LTI postMessage storage 0.1).
STORAGE = """<script>
const kept = new Map();
window.asked = [];
addEventListener("message", ({ data, origin, source }) => {
  if (origin !== "%(tool)s" || !String(data?.subject).startsWith("lti.")) return;
  window.asked.push(data.subject);
  if (data.subject === "lti.put_data") kept.set(data.key, data.value);
  const { subject, message_id, key } = data;
  source.postMessage({ subject: `${subject}.response`, message_id, key, value: kept.get(key) }, origin);
});
</script>"""


def new_pair() -> tuple[str, str]:
    private = generate_private_key(public_exponent=65537, key_size=2048)
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    )


class _Configuration(LTI1P3PlatformConfAbstract):
    def init_platform_config(self, **kwargs: Any) -> None:
        self._registration = kwargs["registration"]

    def get_registration_by_params(self, **kwargs: Any) -> Registration:
        assert self._registration is not None
        return self._registration


class _Login(OIDCLoginAbstract):
    def set_lti_message_hint(self, **kwargs: Any) -> None:
        self._lti_message_hint = kwargs["hint"]

    def get_redirect(self, url: str) -> str:
        return url


class _Launch(LTIAdvantageMessageLaunchAbstract):
    def get_preflight_response(self) -> dict[str, Any]:
        return dict(self._request)

    def render_launch_form(self, launch_data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return launch_data


@dataclass
class LearningPlatform:
    """``base`` is its own address, ``tool`` the one of ours. What comes in lies in ``items`` and ``scores``."""

    base: str = ""
    tool: str = ""
    storage: bool = False
    user: str = "user-17"
    items: list[dict[str, Any]] = field(default_factory=list)
    scores: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    registrations: list[dict[str, Any]] = field(default_factory=list)
    refuse_scores: int = 0
    retry_after: str = ""
    keys_seconds: float = 0.0
    asked_for_keys: int = 0
    registration: Registration = field(default_factory=Registration)

    def __post_init__(self) -> None:
        self.change_key()

    def change_key(self) -> None:
        private, public = new_pair()
        self.registration.set_platform_private_key(private).set_platform_public_key(public)

    @property
    def configuration(self) -> LTI1P3PlatformConfAbstract:
        return _Configuration(registration=self.registration)

    @property
    def settings(self) -> dict[str, str]:
        """What an administrator is shown."""
        return {
            "issuer": self.base,
            "authorization_url": f"{self.base}/auth?from=menu",
            "token_url": f"{self.base}/token",
            "keys_url": f"{self.base}/keys",
        }

    def know(self, client_id: str) -> None:
        """Keep what a registration says."""
        self.registration.set_iss(self.base).set_client_id(client_id).set_deployment_id(DEPLOYMENT)
        self.registration.set_launch_url(f"{self.tool}/lti/launch")
        self.registration.set_deeplink_launch_url(f"{self.tool}/lti/launch")
        self.registration.set_oidc_login_url(f"{self.tool}/lti/login")
        self.registration.set_tool_key_set_url(f"{self.tool}/lti/keys")

    def login_url(self, hint: str, url: str | None = None) -> str:
        """Where the browser is sent to begin: ``hint`` tells what is launched."""
        login = _Login(None, self.configuration)
        login.set_lti_message_hint(hint=hint)
        if url is not None:
            login.set_launch_url(url)
        found = str(login.initiate_login(self.user))
        return f"{found}&{urlencode({'lti_storage_target': '_parent'})}" if self.storage else found

    def launch(self, asked: Mapping[str, str], **claims: Any) -> dict[str, Any]:
        """Form fields of the message that answers a sign-in, and where they are sent."""
        hint = asked.get("lti_message_hint", "")
        message = _Launch(dict(asked), self.configuration)
        if hint == "choose":
            message.set_user_data("teacher-1", [TEACHER])
            message.set_dl(f"{self.base}/return", extra_data="op-aque")  # type: ignore[arg-type]
            message.prepare_launch = lambda _asked: message.set_extra_claims(  # type: ignore[method-assign]
                {
                    "https://purl.imsglobal.org/spec/lti/claim/message_type": "LtiDeepLinkingRequest",
                    **message._deep_linking_launch_data,
                    **claims,
                }
            )
        else:
            item = self.items[int(hint)] if hint.isdigit() else {}
            message.set_user_data(self.user, [STUDENT], full_name="张三", email_address="z@x.test")
            message.set_resource_link_claim(f"link-{hint}", title=item.get("title", ""))
            message.set_launch_url(item.get("url", f"{self.tool}/lti/launch"))
            if "lineItem" in item:
                message.set_ags(f"{self.base}/lineitems", f"{self.base}/lineitems/{hint}?type=2")
            message.set_extra_claims(claims)
        return dict(message.lti_launch())


@contextmanager
def learning_platform(host: str = "127.0.0.1") -> Iterator[LearningPlatform]:
    """A running one; its pages say ``host``."""
    platform = LearningPlatform()
    app = _pages(platform)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    platform.base = f"http://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield platform
    server.shutdown()
    server.server_close()
    thread.join()


def _pages(platform: LearningPlatform) -> Flask:
    app = Flask(__name__)

    @app.get("/course")
    def course() -> str:
        """A course with one activity, in a frame, as platforms show it."""
        hint = request.args["open"]
        url = platform.items[int(hint)]["url"] if hint.isdigit() else None
        storage = STORAGE % {"tool": platform.tool} if platform.storage else ""
        frame = escape(platform.login_url(hint, url))
        return (
            f"<!doctype html><title>Course</title>{storage}"
            f'<iframe name=tool src="{frame}" width=1000 height=640 allow="autoplay; fullscreen"></iframe>'
        )

    @app.route("/auth", methods=["GET", "POST"])
    def auth() -> str:
        launch = platform.launch(request.values.to_dict())
        fields = "".join(
            f'<input type=hidden name={name} value="{escape(launch[name])}">'
            for name in ("state", "id_token")
        )
        return (
            f'<!doctype html><form id=f method=post action="{escape(launch["launch_url"])}">{fields}</form>'
            "<script>document.getElementById('f').submit()</script>"
        )

    @app.get("/keys")
    def keys() -> dict[str, Any]:
        platform.asked_for_keys += 1
        time.sleep(platform.keys_seconds)
        return dict(platform.configuration.get_jwks())

    @app.post("/return")
    def chosen() -> str:
        platform.items += platform.configuration.validate_deeplinking_resp(request.form.to_dict())
        return f"<!doctype html><title>Chosen</title><p id=count>{len(platform.items)}</p>"

    @app.post("/token")
    def token() -> dict[str, Any]:
        return dict(platform.configuration.get_access_token(request.form.to_dict()))

    @app.post("/lineitems/<name>/scores")
    def score(name: str) -> Response:
        said = request.headers["Authorization"].removeprefix("Bearer ")
        scope = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
        assert platform.configuration.validate_token(said, [scope])
        assert request.args["type"] == "2"
        assert request.content_type == "application/vnd.ims.lis.v1.score+json"
        if platform.refuse_scores:
            platform.refuse_scores -= 1
            return Response(
                status=503, headers={"Retry-After": platform.retry_after} if platform.retry_after else {}
            )
        platform.scores.append((name, json.loads(request.data)))
        return Response(status=200)

    @app.get("/.well-known/openid-configuration")
    def configuration() -> dict[str, Any]:
        return {
            "issuer": platform.base,
            "authorization_endpoint": f"{platform.base}/auth",
            "token_endpoint": f"{platform.base}/token",
            "jwks_uri": f"{platform.base}/keys",
            "registration_endpoint": f"{platform.base}/registration",
            "scopes_supported": ["openid"],
            "response_types_supported": ["id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "https://purl.imsglobal.org/spec/lti-platform-configuration": {
                "product_family_code": "foreign",
                "version": "4",
                "messages_supported": [{"type": "LtiResourceLinkRequest"}],
            },
        }

    @app.post("/registration")
    def register() -> tuple[dict[str, Any], int]:
        if request.headers.get("Authorization") != "Bearer once":
            return {"error": "invalid_token"}, 401
        said = request.get_json()
        tool = "https://purl.imsglobal.org/spec/lti-tool-configuration"
        platform.registrations.append(said)
        client_id = f"client-{len(platform.registrations)}"
        platform.know(client_id)
        return {**said, "client_id": client_id, tool: {**said[tool], "deployment_id": DEPLOYMENT}}, 201

    return app
