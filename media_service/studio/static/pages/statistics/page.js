/** How lessons are watched: an author's own, or those of an organization and of all below it. What it shows stands in its address. */
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { Heading } from "../../components/heading.js";
import { useResource } from "../../components/resource.js";
import { speaker } from "../../language.js";
import { firstDay, RANGES, readAsked, reportAddress, writeAsked } from "../../pure/statistics.js";
import { describe, go, place } from "../../router.js";
import { session } from "../../session.js";
import { html, useComputed } from "../../vendor/ui.js";
import { Organizations, Partners, TopLessons } from "./rankings.js";
import { Platforms } from "./platforms.js";
import { Storage } from "./storage.js";
import { TEXTS } from "./texts.js";
import { Totals } from "./totals.js";
/** @import { Asked } from "../../pure/statistics.js" */

const tell = speaker(TEXTS);

/** @typedef {{currentTarget: HTMLSelectElement}} Changed */

export function Page() {
  const asked = useComputed(() => readAsked(place.value.slice(location.pathname.length)));
  const person = session.value.is === "in" ? session.value.person : null;
  const isAdmin = person?.role === "admin";
  const { range, by, organization, partner } = asked.value;
  const scope = { from: firstDay(range, new Date()), organization, partner };
  const wish = (/** @type {Partial<Asked>} */ changed) => describe(writeAsked({ ...asked.peek(), ...changed }));
  const enter = (/** @type {Partial<Asked>} */ changed) => go(`/studio/statistics${writeAsked({ ...asked.peek(), ...changed })}`);
  const partners = useResource(reportAddress("/partners", { ...scope, partner: "" }));
  const organizations = useOrganizations(isAdmin, scope);
  const itself = organizations?.data.organizations.find((/** @type {{alone: boolean}} */ { alone }) => alone);
  const named = partners.now.value.is === "ready" ? partners.now.value.data.partners : [];
  const partnerName = named.find((/** @type {{partner_id: string}} */ each) => each.partner_id === partner)?.name ?? "";
  return html`
    <div class="head">
      <${Heading} title=${tell("title")} />
      <p class="row-state" dir="auto">${isAdmin ? (itself?.name ?? person?.organization) : tell("mine")}</p>
    </div>
    <${Controls} asked=${asked.value} wish=${wish} />
    ${(organization || partner) &&
    html`<div class="actions">
      ${organization && html`<${Button} icon="undo-2" onClick=${() => enter({ organization: "" })}>${tell("whole")}<//>`}
      ${partner &&
      html`<span class="mark">${tell("onlyPartner", { name: partnerName })}</span>
        <${Button} icon="x" onClick=${() => wish({ partner: "" })}>${tell("clearPartner")}<//>`}
    </div>`}
    <${Totals} address=${reportAddress("", { ...scope, by })} range=${range} scope=${scope} />
    <${TopLessons} scope=${scope} />
    ${organizations && html`<${Organizations} rows=${organizations.data.organizations} enter=${enter} />`}
    <${Partners} found=${partners} wish=${wish} />
    <${Platforms} scope=${scope} />
    ${isAdmin && !partner && html`<${Storage} address=${reportAddress("/storage", { from: scope.from, organization })} />`}
  `;
}

/**
 * Organizations side by side, where somebody may see them.
 * @param {boolean} isAdmin
 * @param {{from: string, organization: string, partner: string}} scope
 */
function useOrganizations(isAdmin, scope) {
  // Authors see no tree; what they may always see stands in its place, so that hooks stay in step.
  const { now } = useResource(isAdmin ? reportAddress("/organizations", scope) : "/v1/whoami");
  return isAdmin && now.value.is === "ready" && now.value.data.organizations ? now.value : null;
}

/** @param {{asked: Asked, wish: (changed: Partial<Asked>) => void}} props */
function Controls({ asked, wish }) {
  return html`<div class="statistics-asked">
    <${Field}
      name=${tell("range")}
      value=${asked.range}
      onChange=${(/** @type {Changed} */ { currentTarget }) => wish(readAsked(`?${new URLSearchParams({ range: currentTarget.value, organization: asked.organization, partner: asked.partner })}`))}
    >
      ${RANGES.map((each) => html`<option key=${each} value=${each} selected=${each === asked.range}>${tell(`range_${each}`)}</option>`)}
    <//>
    <${Field}
      name=${tell("by")}
      value=${asked.by}
      onChange=${(/** @type {Changed} */ { currentTarget }) => wish({ by: /** @type {Asked["by"]} */ (currentTarget.value) })}
    >
      ${/** @type {const} */ (["day", "week", "month"]).map(
        (each) => html`<option key=${each} value=${each} selected=${each === asked.by}>${tell(`by_${each}`)}</option>`,
      )}
    <//>
  </div>`;
}
