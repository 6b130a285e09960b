"""What axe-core finds on a page: rules of WCAG 2.2 AA and good practice."""

from __future__ import annotations

from typing import Final, Literal

from npm import npm_file
from playwright.sync_api import Page

SCHEMES: Final[tuple[Literal["dark", "light"], ...]] = ("dark", "light")

_OPTIONS = """{
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  rules: {"label-content-name-mismatch": {enabled: true}, "target-size": {enabled: true}},
}"""


def findings(page: Page) -> list[tuple[str, str]]:
    """Rules that the page as it is shown now breaks, each with an element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(npm_file("axe-core", "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(f"axe.run(document, {_OPTIONS}).then(({{violations}}) => violations)")
    return [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]]


_TOO_WIDE = """async (size) => {
  const root = document.documentElement;
  root.style.fontSize = size;
  const over = () => Math.max(0, root.scrollWidth - innerWidth);
  // What moves comes to rest first.
  for (let frames = 0; over() && frames < 60; frames += 1) await new Promise(requestAnimationFrame);
  const sticksOut = (each) => each.getBoundingClientRect().right > innerWidth + 1;
  const by = over() ? [...document.querySelectorAll("body *")].filter(sticksOut) : [];
  const found = [over(), by.map((each) => each.outerHTML.slice(0, 80)).slice(-3)];
  root.style.fontSize = "";
  return found;
}"""


def too_wide(page: Page) -> tuple[int, int]:
    """By how many pixels the page is wider than its window, with letters as they are and twice as large."""
    (usual, some), (large, others) = (page.evaluate(_TOO_WIDE, size) for size in ("", "200%"))
    if usual or large:
        print("too wide:", *some, *others, sep="\n  ")
    return usual, large


class Looks:
    """Looks at the states of a page one after the other, and keeps what axe-core finds in each.

    With ``widths`` it looks at each state at all of them, dark at the first and light at the others; else once, as the
    page's context has it. With ``large`` it looks at large letters, too.
    """

    def __init__(self, page: Page, *widths: int, large: bool = False) -> None:
        self._page, self._widths, self._large = page, widths, large
        self._found: dict[str, list[tuple[str, str]]] = {}

    def __call__(self, state: str) -> None:
        """``state`` is what the page shows now. It must not be wider than the window."""
        if not self._widths:
            self._look(state)
        for at, width in enumerate(self._widths):
            self._page.set_viewport_size({"width": width, "height": 800})
            self._page.emulate_media(color_scheme=SCHEMES[min(at, 1)])
            self._look(f"{state}, {width} px")

    def _look(self, state: str) -> None:
        self._found[state] = findings(self._page)
        usual, large = too_wide(self._page)
        assert usual == 0, f"{state} is {usual} px too wide"
        assert not self._large or large == 0, f"{state} is {large} px too wide with large letters"

    @property
    def breaches(self) -> dict[str, list[tuple[str, str]]]:
        """Of every state in which something was found."""
        return {state: found for state, found in self._found.items() if found}
