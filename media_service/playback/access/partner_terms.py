"""Terms of partners and what is shared with them, as one process knows them."""

from __future__ import annotations

from sqlalchemy.orm import Session, sessionmaker

from media_service.cache import Cache, StaleIfError
from storage.catalogue import partners
from storage.catalogue.partners import Terms

FRESH_SECONDS = 5.0
"""For how long a process goes by what it knew: a change of a partner or its collections counts after it."""


class PartnerTerms:
    """Terms of partners, and what is shared with them, at most ``FRESH_SECONDS`` old."""

    def __init__(self, sessions: sessionmaker[Session], stale_if_error: StaleIfError) -> None:
        self._sessions = sessions
        # Wrapped, so that "no such partner" is remembered as well.
        self._terms: Cache[str, tuple[Terms | None]] = Cache(
            2_000, FRESH_SECONDS, stale_if_error=stale_if_error
        )
        self._shared: Cache[tuple[str, str], bool] = Cache(
            20_000, FRESH_SECONDS, stale_if_error=stale_if_error
        )
        self._origins: Cache[str, tuple[str, ...]] = Cache(
            10_000, FRESH_SECONDS, stale_if_error=stale_if_error
        )

    def terms(self, partner_id: str, asset_id: str) -> Terms | None:
        """Return the partner's terms for the asset; None if it may not show that."""

        def find_shared() -> bool:
            with self._sessions() as session:
                return asset_id in partners.shared(session, partner_id, {asset_id})

        terms = self.of(partner_id)
        return terms if terms and self._shared.get((partner_id, asset_id), find_shared) else None

    def of(self, partner_id: str) -> Terms | None:
        """Return the partner's terms for whatever it may show; None if it may show nothing."""

        def find_terms() -> tuple[Terms | None]:
            with self._sessions() as session:
                return (partners.find_terms(session, partner_id),)

        terms = self._terms.get(partner_id, find_terms)
        return terms[0] if terms else None

    def origins(self, asset_id: str) -> tuple[str, ...]:
        """Whose pages may show the asset where only partners may."""

        def find() -> tuple[str, ...]:
            with self._sessions() as session:
                return tuple(sorted(partners.origins_of_asset(session, asset_id)))

        return self._origins.get(asset_id, find) or ()
