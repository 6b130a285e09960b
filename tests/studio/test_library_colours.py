"""Studio tells the contrast of a library's colours while they are chosen: as the service does that refuses them."""

from __future__ import annotations

import json
import random
import subprocess

from media_service.library import colours
from media_service.studio.files import STATIC

_TELL = """
import { contrastOf, inkOn, tintOf } from "%s";
const told = JSON.parse(process.argv[1]).map((each) => [
  contrastOf(each, "light"), contrastOf(each, "dark"), tintOf(each, "light"), tintOf(each, "dark"), inkOn(each),
]);
console.log(JSON.stringify(told));
"""


def _is_readable(colour: str, *, dark: bool) -> bool:
    try:
        colours.require_readable(colour, dark=dark)
    except colours.ContrastTooLow:
        return False
    return True


def test_studio_and_the_service_judge_colours_alike() -> None:
    tried = [f"#{random.Random(7 + number).randrange(1 << 24):06x}" for number in range(400)]
    script = _TELL % (STATIC / "pure/colours.js")
    command = ["node", "--input-type=module", "-e", script, json.dumps(tried)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    for colour, (light, dark, tint_light, tint_dark, ink) in zip(tried, told, strict=True):
        assert (light >= colours.LEAST_CONTRAST) == _is_readable(colour, dark=False), colour
        assert (dark >= colours.LEAST_CONTRAST) == _is_readable(colour, dark=True), colour
        assert (tint_light, tint_dark) == (colours.tint(colour, dark=False), colours.tint(colour, dark=True))
        assert ink == colours.ink_on(colour)
