"""What axe-core finds on a page: rules of WCAG 2.2 AA and good practice."""

from __future__ import annotations

from npm import npm_file
from playwright.sync_api import Page

_OPTIONS = """{
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  rules: {"label-content-name-mismatch": {enabled: true}, "target-size": {enabled: true}},
}"""


def findings(page: Page) -> list[tuple[str, str]]:
    """Rules that the page as it is shown now breaks, each with an element."""
    page.evaluate(npm_file("axe-core", "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(f"axe.run(document, {_OPTIONS}).then(({{violations}}) => violations)")
    return [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]]
