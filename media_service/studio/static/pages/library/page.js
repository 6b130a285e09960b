/** How the library of an organization looks, and whether everybody sees it. */
import { ask } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button, ButtonLink } from "../../components/button.js";
import { Copied } from "../../components/copying.js";
import { Field } from "../../components/field.js";
import { Heading } from "../../components/heading.js";
import { fetchAll } from "../../components/paged.js";
import { useResource } from "../../components/resource.js";
import { Section } from "../../components/section.js";
import { ErrorState, LoadingState } from "../../components/states.js";
import { toast } from "../../components/toast.js";
import { speaker } from "../../language.js";
import { describe, place } from "../../router.js";
import { session } from "../../session.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";
import { LibraryForm } from "./form.js";
import { Logo } from "./logo.js";
import { TEXTS } from "./texts.js";
/** @import { Library } from "./types" */

const tell = speaker(TEXTS);

export function Page() {
  const own = session.value.is === "in" ? session.value.person.organizationId : "";
  const chosen = new URLSearchParams(place.value.split("?")[1] ?? "").get("organization") || own;
  return html`
    <${Heading} title=${tell("title")} />
    <p class="hint">${tell("hint")}</p>
    <${Organizations} own=${own} chosen=${chosen} />
    ${chosen && html`<${OfOrganization} key=${chosen} id=${chosen} />`}
  `;
}

/** Which organization's, for those who look after several. @param {{own: string, chosen: string}} props */
function Organizations({ own, chosen }) {
  const known = useSignal(/** @type {{id: string, name: string}[]} */ ([]));
  useEffect(() => {
    // Without the list there is one's own.
    void fetchAll("/v1/organizations?limit=200", "organizations").then((found) => (known.value = found), () => undefined);
  }, []);
  if (known.value.length < 2) return null;
  const change = (/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget: { value } }) =>
    describe(value === own ? "" : `?organization=${encodeURIComponent(value)}`);
  return html`<div class="library-of">
    <${Field} name=${tell("organization")} value=${chosen} onChange=${change}>
      ${known.value.map(({ id, name }) => html`<option key=${id} value=${id} selected=${id === chosen}>${name}</option>`)}
    <//>
  </div>`;
}

/** @param {{id: string}} props */
function OfOrganization({ id }) {
  const { now, again } = useResource(`/v1/organizations/${encodeURIComponent(id)}/library`);
  const of = useResource(`/v1/organizations/${encodeURIComponent(id)}`).now.value;
  const found = now.value;
  if (found.is === "loading") return html`<${LoadingState} />`;
  if (found.is === "failed") return html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`;
  const library = /** @type {Library} */ (found.data);
  return html`
    <${Shown} library=${library} again=${again} />
    <${Logo} library=${library} again=${again} />
    <${LibraryForm} library=${library} organization=${of.is === "ready" ? of.data.name : ""} etag=${found.etag} again=${again} />
  `;
}

/** @param {{library: Library, again: () => Promise<void>}} props */
function Shown({ library, again }) {
  const hiding = useSignal(false);
  const change = async (/** @type {boolean} */ shown) => {
    await ask("PATCH", `/v1/organizations/${library.organization_id}`, { json: { library: shown } });
    toast(tell(shown ? "nowShown" : "nowHidden"));
    await again();
  };
  const busy = useSignal(false);
  const show = async () => {
    busy.value = true;
    await change(true).finally(() => (busy.value = false));
  };
  const path = new URL(library.url).pathname;
  return html`<${Section}
    name="shown"
    title=${tell("who")}
    aside=${html`<span class="mark" data-mood=${library.is_shown ? "good" : "still"}>${tell(library.is_shown ? "shown" : "hidden")}</span>`}
  >
    <${Copied} name=${tell("address")} text=${library.url} />
    <div class="actions">
      <${ButtonLink} icon=${library.is_shown ? "external-link" : "eye"} href=${path} target="_blank">${tell(library.is_shown ? "open" : "preview")}<//>
      ${library.is_shown
        ? html`<${Button} kind="quiet" onClick=${() => (hiding.value = true)}>${tell("hide")}<//>`
        : html`<${Button} kind="main" disabled=${busy.value} onClick=${() => void show()}>${tell("show")}<//>`}
    </div>
    ${hiding.value &&
    html`<${Asking} title=${tell("hideAsk")} act=${tell("hide")} onSure=${() => change(false)} onClose=${() => (hiding.value = false)}>
      <p>${tell("hideSure")}</p>
    <//>`}
  <//>`;
}
