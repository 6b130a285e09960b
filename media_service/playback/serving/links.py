"""The public addresses of a playback ID. Built from IDs and tokens only, so they need no escaping."""

from __future__ import annotations

from dataclasses import dataclass

from storage.catalogue.pictures import CHOSEN, POSTER


@dataclass(frozen=True)
class Links:
    """Addresses below ``public_url``; with a token in each if ``token`` is given."""

    public_url: str
    playback_id: str
    token: str | None = None

    @property
    def query(self) -> str:
        """The query that ends every address."""
        return f"?token={self.token}" if self.token else ""

    @property
    def manifest(self) -> str:
        """The multivariant playlist."""
        return self._playback("master.m3u8")

    def manifest_of(self, version_id: str) -> str:
        """The multivariant playlist of one version, whichever is current."""
        return self._playback(f"{version_id}.m3u8")

    @property
    def dash(self) -> str:
        """The DASH manifest."""
        return self._playback("manifest.mpd")

    @property
    def poster(self) -> str:
        """The poster."""
        return self._playback("poster.jpg")

    @property
    def thumbnail(self) -> str:
        """A frame; ``time`` in seconds and ``width`` in pixels may be added to the query."""
        return self._playback("thumbnail.jpg")

    @property
    def storyboard(self) -> str:
        """Previews along the time line, as WebVTT."""
        return self._playback("storyboard.vtt")

    @property
    def preview(self) -> str:
        """A few seconds as a moving picture."""
        return self._playback("preview.webp")

    def file(self, name: str) -> str:
        """Return the address of a whole file, to be saved (``storage.catalogue.files``)."""
        return self._playback(name)

    @property
    def embed(self) -> str:
        """The player page."""
        return f"{self.public_url}/embed/{self.playback_id}{self.query}"

    @property
    def status(self) -> str:
        """State and progress as JSON, for the player page."""
        return f"{self.public_url}/embed/{self.playback_id}/status{self.query}"

    @property
    def beats(self) -> str:
        """Where players tell what they play."""
        return self._playback("beats")

    @property
    def study(self) -> str:
        """Where players begin to study it."""
        return self._playback("study")

    @property
    def views(self) -> str:
        """How often it was viewed."""
        return self._playback("views")

    def poster_of(self, version_id: str, image: str = POSTER) -> str:
        """The poster of one version; of one that its author chose, by the name of the ``image``, so that what the
        address shows never changes."""
        chosen = image.removeprefix(CHOSEN)
        return self._playback(
            f"{version_id}/poster.jpg" if image == POSTER else f"{version_id}/posters/{chosen}.jpg"
        )

    def movie_of(self, version_id: str) -> str:
        """The Flash movie that a version was made of."""
        return self._playback(f"{version_id}/movie.swf")

    def storyboard_of(self, version_id: str) -> str:
        """Previews along the time line of one version."""
        return self._playback(f"{version_id}/storyboard.vtt")

    def track(self, version_id: str, track_id: str) -> str:
        """Captions or chapters as WebVTT."""
        return self._playback(f"{version_id}/tracks/{track_id}.vtt")

    def _playback(self, name: str) -> str:
        return f"{self.public_url}/v/{self.playback_id}/{name}{self.query}"


def course_address(public_url: str, public_id: str) -> str:
    """Return the address of a course's player page."""
    return f"{public_url}/embed/courses/{public_id}"


def course_poster_address(public_url: str, public_id: str, digest: str | None = None) -> str:
    """Return the address of a course's poster; ``digest`` of a picture that somebody sent makes it another one with
    another picture."""
    return f"{course_address(public_url, public_id)}/poster" + (f"?v={digest[:12]}" if digest else "")
