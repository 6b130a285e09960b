"""The door for HTML5 packages, which run in a browser and become a film of what is seen."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from storage.catalogue.facts import Notice
from workers.browser import draw_html
from workers.context import StepContext
from workers.inspection.inspected import Inspected, LeftToBrowser
from workers.inspection.played import easel_for, fetch_source, inspect_film
from workers.plan.failure import MediaFailure

RATE: Final = Fraction(30)
SECONDS: Final = 60
REST_SECONDS: Final = 2


def inspect_html_package(context: StepContext, *, by_browser: bool) -> Inspected:
    """Run a package ``by_browser``, and inspect the film that it becomes. Raises ``MediaFailure``, and
    ``LeftToBrowser`` where it is not to be run now."""
    if not by_browser:
        raise LeftToBrowser
    source = fetch_source(context, "html_package_too_large")
    played, has_sound = draw_html(easel_for(context), source, RATE, SECONDS, REST_SECONDS)
    if played.plain:
        raise MediaFailure("html_package_blank", f"{played.pictures} pictures of one colour")
    codes = ["html_package_drawn", *["html_package_sound_left_out"] * has_sound]
    return inspect_film(context, played, RATE, [Notice(code) for code in codes])
