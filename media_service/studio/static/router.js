/** The address of the page and the pages that stand at it. Links are plain links; those to Studio change the page without leaving it. */
import { PAGES } from "./pages.js";
import { matchRoute } from "./pure/routes.js";
import { computed, signal } from "./vendor/ui.js";

const ROOT = "/studio";
const PATTERNS = PAGES.map(({ path }) => path);

/** Path and query of the moment. */
export const place = signal(location.pathname + location.search);

/** The page that stands there, null if there is none. */
export const route = computed(() => {
  const found = matchRoute(PATTERNS, new URL(place.value, location.origin).pathname);
  return found && { page: PAGES[found.index], params: found.params };
});

/** Counts the changes of page since the first, so that what is new can take the focus. */
export const moves = signal(0);

/**
 * Goes to another page of Studio.
 * @param {string} address
 * @param {{replace?: boolean}} [how] `replace`: the way back does not lead here.
 */
export function go(address, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  arrive();
  window.scrollTo(0, 0);
}

/**
 * Lets the address say what the page shows now: the same page, and no step on the way back.
 * @param {string} search Query with its question mark, or nothing.
 */
export function describe(search) {
  history.replaceState(null, "", location.pathname + search);
  place.value = location.pathname + location.search;
}

/** Begins to follow links and the browser's own way back. */
export function followLinks() {
  window.addEventListener("popstate", arrive);
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (link.pathname !== ROOT && !link.pathname.startsWith(`${ROOT}/`)) return;
    if (!matchRoute(PATTERNS, link.pathname)) return;
    // A place on this very page is the browser's business.
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
}

function arrive() {
  const arrived = location.pathname + location.search;
  if (arrived === place.peek()) return;
  moves.value += 1;
  place.value = arrived;
}
