"""Playback tokens: what is refused, what is accepted, and that both stay true after caching."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import pytest
from forgery import EXPIRED, FOREIGN, INVALID, LEGAL, Forge

from media_service.playback.access import tokens
from media_service.playback.access.tokens import (
    TokenError,
    TokenExpired,
    TokenForeign,
    TokenInvalid,
    VerifyingKey,
)

NOW = 1_790_000_000
PLAYBACK_ID = "x" * 22
FORGE = Forge(NOW, PLAYBACK_ID)
KEYS = MappingProxyType(
    {
        FORGE.ed_id: VerifyingKey(FORGE.ed_id, "EdDSA", FORGE.ed.public_key()),
        FORGE.rs_id: VerifyingKey(FORGE.rs_id, "RS256", FORGE.rs.public_key()),
    }
)
CASES = [
    *((name, make, TokenInvalid) for name, make in INVALID.items()),
    *((name, make, TokenExpired) for name, make in EXPIRED.items()),
    *((name, make, TokenForeign) for name, make in FOREIGN.items()),
]


@pytest.mark.parametrize(("make", "error"), [pytest.param(m, e, id=n) for n, m, e in CASES])
def test_forgeries_are_refused(make: Callable[[Forge], str], error: type[TokenError]) -> None:
    with pytest.raises(error):
        tokens.verify(make(FORGE), KEYS, PLAYBACK_ID, "video", NOW)


def test_there_are_enough_forgeries() -> None:
    assert len(CASES) >= 60 and len(LEGAL) >= 12


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in LEGAL.items()])
def test_legal_variants_are_accepted(make: Callable[[Forge], str]) -> None:
    grant = tokens.verify(make(FORGE), KEYS, PLAYBACK_ID, "video", NOW)
    assert grant.playback_id == PLAYBACK_ID and "video" in grant.kinds


def test_empty_token_is_refused() -> None:
    with pytest.raises(TokenInvalid):
        tokens.verify("", KEYS, PLAYBACK_ID, "video", NOW)


def test_signed_tokens_verify_and_keep_their_claims() -> None:
    token = tokens.sign(
        key_id=FORGE.ed_id,
        algorithm="EdDSA",
        private_key=FORGE.ed,
        playback_id=PLAYBACK_ID,
        kinds={"video", "image"},
        now=NOW,
        lifetime=60,
        claims={"partner": "p1", "viewer": "v1"},
    )
    grant = tokens.verify(token, KEYS, PLAYBACK_ID, "image", NOW)
    assert grant.kinds == {"video", "image"} and grant.expires_at == NOW + 60
    assert (grant.partner, grant.viewer) == ("p1", "v1")
    with pytest.raises(TokenForeign):
        tokens.verify(token, KEYS, PLAYBACK_ID, "storyboard", NOW)


@pytest.mark.parametrize(
    ("kinds", "lifetime"), [(set(), 60), ({"drm"}, 60), ({"video"}, 0), ({"video"}, 24 * 3600 + 1)]
)
def test_what_must_not_be_signed(kinds: set[str], lifetime: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        tokens.sign(
            key_id=FORGE.ed_id,
            algorithm="EdDSA",
            private_key=FORGE.ed,
            playback_id=PLAYBACK_ID,
            kinds=kinds,
            now=NOW,
            lifetime=lifetime,
        )


def test_grace_lengthens_the_end_and_nothing_else() -> None:
    token = FORGE.signed(FORGE.claims(exp=NOW - 300))
    assert tokens.verify(token, KEYS, PLAYBACK_ID, "video", NOW, grace=600)
    with pytest.raises(TokenExpired):
        tokens.verify(token, KEYS, PLAYBACK_ID, "video", NOW + 600, grace=600)


def test_another_organizations_key_opens_only_its_own_assets() -> None:
    own = {
        FORGE.ed_id: VerifyingKey(
            FORGE.ed_id,
            "EdDSA",
            FORGE.ed.public_key(),
            organization_id="school",
            organizations=frozenset({"school", "class"}),
            above=frozenset({"school", "city"}),
        )
    }
    token = FORGE.signed(FORGE.claims())
    assert tokens.verify(token, own, PLAYBACK_ID, "video", NOW, organization_id="school")
    assert tokens.verify(token, own, PLAYBACK_ID, "video", NOW, organization_id="class")
    for owner in ("city", None):
        with pytest.raises(TokenForeign):
            tokens.verify(token, own, PLAYBACK_ID, "video", NOW, organization_id=owner)
    grant = tokens.read(token, own)
    tokens.check(grant, own, PLAYBACK_ID, "video", NOW, organization_id="city", shared_with={"city"})
    with pytest.raises(TokenForeign):
        tokens.check(grant, own, PLAYBACK_ID, "video", NOW, organization_id="x", shared_with={"class"})


def test_only_the_services_own_key_lets_anybody_preview() -> None:
    claims = FORGE.signed(FORGE.claims(preview=True))
    assert tokens.read(claims, KEYS).preview
    assert not tokens.read(FORGE.signed(FORGE.claims(preview=1)), KEYS).preview
    foreign = {FORGE.ed_id: VerifyingKey(FORGE.ed_id, "EdDSA", FORGE.ed.public_key(), "school")}
    assert not tokens.read(claims, foreign).preview


def test_a_grant_that_was_read_before_still_ends_with_its_time_and_its_key() -> None:
    grant = tokens.read(FORGE.signed(FORGE.claims()), KEYS)
    tokens.check(grant, KEYS, PLAYBACK_ID, "video", NOW)
    with pytest.raises(TokenExpired):
        tokens.check(grant, KEYS, PLAYBACK_ID, "video", NOW + 700)
    with pytest.raises(TokenInvalid):
        tokens.check(grant, {}, PLAYBACK_ID, "video", NOW)
    with pytest.raises(TokenForeign):
        tokens.check(grant, KEYS, "y" * 22, "video", NOW)
