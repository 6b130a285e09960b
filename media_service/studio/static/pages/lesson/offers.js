/** To which other platforms a lesson is offered, and what they said. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { useResource } from "../../components/resource.js";
import { Callout, Section } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { inLanguage, speaker } from "../../language.js";
import { OfferRow } from "../../offers/row.js";
import { OFFER_TEXTS } from "../../offers/texts.js";
import { wayOf } from "../../pure/offers.js";
import { html, useSignal } from "../../vendor/ui.js";
/** @import { OffersOfLesson } from "../../offers/types" */
/** @import { Problem } from "../../types" */
/** @import { Lesson } from "./types" */

const tell = speaker(OFFER_TEXTS);

/** @param {{lesson: Lesson}} props */
export function Offers({ lesson }) {
  const { now, again } = useResource(`/v1/assets/${lesson.id}/offers`);
  const found = now.value;
  const came = lesson.stations.length > 0 && html`<p class="row-state" dir="auto">${tell("way")}: ${wayOf(lesson.stations)}</p>`;
  if (found.is !== "ready") return null;
  const { offers, platforms } = /** @type {OffersOfLesson} */ (found.data);
  // Where no platform is linked, and none was, there is nothing to tell.
  if (offers.length + platforms.length + lesson.stations.length === 0) return null;
  return html`<${Section} name="offers" title=${tell("offerTo")} hint=${tell("offerToHint")}>
    ${came}
    ${offers.length > 0 && html`<ul class="rows">${offers.toReversed().map((offer) => html`<${OfferRow} key=${offer.id} offer=${offer} onDone=${again} ofLesson />`)}</ul>`}
    ${platforms.length > 0 && html`<${Offering} lesson=${lesson} platforms=${platforms} again=${again} />`}
    ${platforms.length === 0 && offers.length > 0 && html`<p class="hint">${tell("offeredAlready")}</p>`}
  <//>`;
}

/** @param {{lesson: Lesson, platforms: OffersOfLesson["platforms"], again: () => Promise<void>}} props */
function Offering({ lesson, platforms, again }) {
  const chosen = useSignal("");
  const note = useSignal("");
  const busy = useSignal(false);
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const link = platforms.find(({ platform_link_id: id }) => id === chosen.value) ?? platforms[0];
  if (!link) return null;
  const offer = async (/** @type {Event} */ event) => {
    event.preventDefault();
    busy.value = true;
    problem.value = null;
    try {
      await ask("POST", `/v1/platform-links/${link.platform_link_id}/offers`, { json: { asset_id: lesson.id, note: note.peek().trim() } });
      toast(tell("made", { name: link.name }));
      note.value = "";
      await again();
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  const set = (/** @type {import("../../vendor/ui.js").Signal<string>} */ of) => (/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) =>
    (of.value = currentTarget.value);
  return html`<form class="form" onSubmit=${offer}>
    <${Field} name=${tell("platform")} value=${link.platform_link_id} onChange=${set(chosen)}>
      ${platforms.map(({ platform_link_id: id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}
    <//>
    <${Field} name=${tell("note")} hint=${tell("noteHint")} long rows="3" maxlength="5000" dir="auto" value=${note.value} onInput=${set(note)} />
    ${problem.value && html`<${Callout} mood="bad" role="alert">${inLanguage(problem.value.message)} <code>${problem.value.code}</code><//>`}
    <div class="actions"><${Button} icon="send" type="submit" disabled=${busy.value}>${tell("make")}<//></div>
  </form>`;
}
