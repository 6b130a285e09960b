/** The shell: what stays while pages change. */
import { Button, ButtonLink } from "./components/button.js";
import { Heading } from "./components/heading.js";
import { Icon } from "./components/icon.js";
import { Menu } from "./components/menu.js";
import { ErrorState, LoadingState } from "./components/states.js";
import { Toasts } from "./components/toast.js";
import { language, say, speak } from "./language.js";
import { percentOf } from "./pure/quantities.js";
import { place, route } from "./router.js";
import { recognize, session, wasIn } from "./session.js";
import { SignInDialog } from "./sign-in.js";
import { moving, total } from "./uploads/items.js";
import { html, useEffect, useSignal } from "./vendor/ui.js";
/** @import { Page } from "./types" */

const SECTIONS = /** @type {const} */ ([
  { name: "uploads", address: "/studio/uploads" },
  { name: "lessons", address: "/studio/lessons" },
  { name: "courses", address: "/studio/courses" },
  { name: "statistics", address: "/studio/statistics" },
]);

/** What is needed now and then stands behind one word. */
const SELDOM = /** @type {const} */ ([
  { name: "uploadLinks", icon: "inbox", address: "/studio/upload-links", roles: ["admin", "author"], top: false },
  { name: "reviews", icon: "clipboard-check", address: "/studio/reviews", roles: ["admin", "author"], top: false },
  { name: "shared", icon: "share-2", address: "/studio/shared", roles: ["admin", "author"], top: false },
  { name: "library", icon: "library-big", address: "/studio/library", roles: ["admin"], top: false },
  { name: "trash", icon: "trash-2", address: "/studio/trash", roles: ["admin", "author"], top: false },
  { name: "platforms", icon: "share-2", address: "/studio/platforms", roles: ["admin"], top: false },
  { name: "harvests", icon: "inbox", address: "/studio/harvests", roles: ["admin"], top: false },
  { name: "learning", icon: "external-link", address: "/studio/learning", roles: ["admin"], top: false },
  { name: "recordStore", icon: "send", address: "/studio/record-store", roles: ["admin"], top: false },
  { name: "webhooks", icon: "webhook", address: "/studio/webhooks", roles: ["admin"], top: false },
  { name: "operations", icon: "gauge", address: "/studio/operations", roles: ["admin"], top: true },
]);

export function App() {
  const { is } = session.value;
  const inside = is === "in" || wasIn.value;
  return html`
    <a class="skip" href="#content">${say("skip")}</a>
    <${Header} inside=${inside} />
    <main id="content" tabindex="-1">
      ${is === "unknown" && html`<${LoadingState} />`}
      ${session.value.is === "unclear" && !wasIn.value && html`<${Unclear} problem=${session.value.problem} />`}
      ${inside && html`<${Outlet} />`}
    </main>
    ${is === "out" && wasIn.value && html`<${SignInDialog} />`}
    <${Toasts} />
  `;
}

/** @param {{inside: boolean}} props */
function Header({ inside }) {
  return html`<header class="top">
    <a class="brand" href="/studio"><${Icon} name="film" /><span>${say("studio")}</span></a>
    ${inside &&
    html`<nav aria-label=${say("navigation")}>
      ${SECTIONS.map(
        ({ name, address }) =>
          html`<a href=${address} aria-current=${route.value?.page.section === name ? "page" : null}>${say(name)}</a>`,
      )}
      <${Seldom} />
    </nav>`}
    ${inside && html`<${Moving} />`}
    <span class="gap"></span>
    <button
      class="button button-quiet"
      type="button"
      lang=${language.value === "zh" ? "en" : "zh-CN"}
      onClick=${() => speak(language.value === "zh" ? "en" : "zh")}
    >
      <${Icon} name="languages" /><span>${say("otherLanguage")}</span>
    </button>
    ${inside && html`<${Account} />`}
  </header>`;
}

function Seldom() {
  const person = session.value.is === "in" ? session.value.person : null;
  const here = place.value.split("?")[0];
  return html`<${Menu} label=${say("more")} icon="chevron-down" spoken current=${route.value?.page.section === "more"}>
    ${SELDOM.filter(({ roles, top }) => roles.some((each) => each === person?.role) && (!top || person?.isAtTop)).map(
      ({ name, icon, address }) => html`<${ButtonLink}
        key=${name}
        kind="quiet"
        icon=${icon}
        href=${address}
        aria-current=${here === address || here.startsWith(`${address}/`) ? "page" : null}
        >${say(name)}<//
      >`,
    )}
  <//>`;
}

/** How far the uploads are, on every page but their own. */
function Moving() {
  if (!moving.value || route.value?.page.section === "uploads") return null;
  const percent = percentOf(total.value.sent, total.value.all);
  return html`<a class="moving" href="/studio/uploads" aria-label=${say("movingAll", { percent })}>
    <${Icon} name="upload" /><span>${percent} %</span>
  </a>`;
}

function Account() {
  const known = session.value.is === "in" ? session.value.person : null;
  return html`<${Menu} label=${say("account")} icon="circle-user-round">
    ${known && html`<p class="who"><strong dir="auto">${known.name}</strong><span dir="auto">${known.organization}</span></p>`}
    <${ButtonLink} kind="quiet" icon="monitor-smartphone" href="/studio/devices">${say("sessions")}<//>
    <form method="post" action="/studio/sign-out"><${Button} kind="quiet" icon="log-out" type="submit">${say("signOut")}<//></form>
  <//>`;
}

/** @param {{problem: import("./types").Problem}} props */
function Unclear({ problem }) {
  return html`<${Heading} title=${say("unclear")} /><${ErrorState} problem=${problem} onRetry=${recognize} />`;
}

/** @typedef {{is: "loading"} | {is: "shown", page: Page, View: Function} | {is: "gone"}} Shown */

/** The page of the address. The one before stays until its successor is there. */
function Outlet() {
  const shown = useSignal(/** @type {Shown} */ ({ is: "loading" }));
  const found = route.value;
  useEffect(() => {
    if (!found) return undefined;
    let left = false;
    found.page.load().then(
      ({ Page: View }) => {
        if (!left) shown.value = { is: "shown", page: found.page, View };
      },
      () => {
        if (!left) shown.value = { is: "gone" };
      },
    );
    return () => {
      left = true;
    };
  }, [found?.page]);
  if (!found) return html`<${NotFound} />`;
  if (shown.value.is === "gone") return html`<${Renewed} />`;
  if (shown.value.is === "loading" || shown.value.page !== found.page) return html`<${LoadingState} />`;
  return html`<${shown.value.View} key=${place.value.split("?")[0]} params=${found.params} />`;
}

function NotFound() {
  return html`<${Heading} title=${say("notFound")} />
    <div class="state">
      <${Icon} name="search" />
      <p>${say("notFoundAdvice")}</p>
      <${ButtonLink} kind="main" href="/studio">${say("home")}<//>
    </div>`;
}

/** A page could not be fetched: mostly the service was upgraded since Studio was opened. */
function Renewed() {
  return html`<${Heading} title=${say("renewed")} />
    <div class="state">
      <${Icon} name="rotate-cw" />
      <p>${say("renewedAdvice")}</p>
      <${Button} kind="main" onClick=${() => location.reload()}>${say("reload")}<//>
    </div>`;
}
