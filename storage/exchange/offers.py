"""What two linked platforms tell each other of offers: a lesson is offered, and answered.

Each side tells its own part of an offer as it stands, as often as it likes; the other takes what is new in it
(``storage.catalogue.offers``). So nothing is counted twice and nothing has an order. Whoever reads these models judges
them: they have bounds, and texts are as people may be shown them.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from configs.words import AssetKind, LicenceCode, OfferAnswer
from storage.exchange.lessons import Id, Language, SharedMetadata, Station
from storage.shown_text import shown_line, shown_lines

AT_ONCE: Final = 10
"""Parts of one kind in one request."""

MOST_ROUNDS: Final = 50
"""How often one lesson is offered, returned and offered again."""

LONGEST_NOTE: Final = 5000
LONGEST_SUMMARY: Final = 1000
"""Of a description; all of it is asked for when somebody looks."""

MOST_STATIONS: Final = 20

_MOST_TAGS: Final = 20
_LONGEST_LINE: Final = 300

_Line = Annotated[str, Field(max_length=_LONGEST_LINE), AfterValidator(shown_line)]
_Note = Annotated[str, Field(max_length=LONGEST_NOTE), AfterValidator(shown_lines)]
_Round = Annotated[int, Field(ge=1, le=MOST_ROUNDS)]


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore")


class OfferedLesson(_Told):
    """A lesson as whoever offers it describes it in short; ``duration`` in seconds."""

    title: _Line
    owner: _Line
    description: Annotated[str, Field(max_length=LONGEST_SUMMARY), AfterValidator(shown_lines)]
    kind: AssetKind | None
    duration: Annotated[float, Field(ge=0, le=10**7)] | None
    language: Language | None
    subject: _Line | None
    tags: Annotated[list[_Line], Field(max_length=_MOST_TAGS)]
    licence: LicenceCode | None


class ToldOffer(_Told):
    """The offerer's part: the offer ``id`` of the lesson ``asset_id``, made for the ``round``-th time by ``by``, with a
    ``note``; or taken back."""

    id: Id
    round: _Round
    asset_id: Id
    is_withdrawn: bool
    note: _Note
    by: _Line
    lesson: OfferedLesson
    stations: Annotated[list[Station], Field(min_length=1, max_length=MOST_STATIONS)]


class ToldAnswer(_Told):
    """The other platform's part: what it says to the offer ``id`` as made for the ``round``-th time."""

    id: Id
    round: _Round
    answer: OfferAnswer
    note: _Note
    by: _Line


class ToldOffers(_Told):
    """Parts of offers, of both kinds: each as it stands."""

    offers: Annotated[list[ToldOffer], Field(max_length=AT_ONCE)] = []
    answers: Annotated[list[ToldAnswer], Field(max_length=AT_ONCE)] = []


class TakenOffers(_Told):
    """What became of the parts: ``taken``, or refused as ``full`` or ``unknown``, by their IDs; those that are in none
    of the lists are told again later."""

    taken: Annotated[list[Id], Field(max_length=2 * AT_ONCE)] = []
    full: Annotated[list[Id], Field(max_length=2 * AT_ONCE)] = []
    unknown: Annotated[list[Id], Field(max_length=2 * AT_ONCE)] = []


class LessonPreview(_Told):
    """A lesson before anybody decides on it: all that is said of it, the way that it came, and the address of a page of
    its platform that plays it for an hour; null while it does not play."""

    id: Id
    metadata: SharedMetadata
    stations: Annotated[list[Station], Field(min_length=1, max_length=50)]
    duration: Annotated[float, Field(ge=0, le=10**7)] | None
    embed_url: Annotated[str, Field(max_length=4000)] | None


def in_short(title: str, owner: str, **said: Any) -> OfferedLesson:
    """A lesson in short, whatever its length is here. ``said`` are the other fields of ``OfferedLesson``."""
    subject = said.pop("subject")
    return OfferedLesson(
        title=title[:_LONGEST_LINE],
        owner=owner[:_LONGEST_LINE],
        description=said.pop("description")[:LONGEST_SUMMARY],
        tags=[tag[:_LONGEST_LINE] for tag in said.pop("tags")[:_MOST_TAGS]],
        subject=subject[:_LONGEST_LINE] if subject else None,
        **said,
    )
