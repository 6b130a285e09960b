/** Organizations and partners with whom a lesson is shared, found by their names. */
import { ask, problemOf, Refusal } from "../../../api.js";
import { Button } from "../../../components/button.js";
import { Field } from "../../../components/field.js";
import { Icon } from "../../../components/icon.js";
import { inLanguage, speaker } from "../../../language.js";
import { html, useEffect, useId, useSignal } from "../../../vendor/ui.js";
import { Clash } from "../clash.js";
import { TEXTS } from "../texts.js";
import { lookForNames, recipientNames, rememberNames } from "./names.js";
/** @import { Saving } from "../saving.js" */
/** @import { Recipient } from "./names.js" */

const tell = speaker(TEXTS);
const PAUSE_MS = 250;

/** @typedef {"shared_organization_ids" | "shared_partner_ids"} Kind */
const KINDS = /** @type {const} */ (["shared_organization_ids", "shared_partner_ids"]);

/** @param {{saving: Saving}} props */
export function Recipients({ saving }) {
  const id = useId();
  const text = useSignal("");
  const found = useSignal(/** @type {Record<Kind, Recipient[]> | null} */ (null));
  const wrong = useSignal("");
  const idsOf = (/** @type {Kind} */ kind) => /** @type {string[]} */ (saving.valueOf(kind) ?? []);
  const all = KINDS.flatMap(idsOf);
  useEffect(() => {
    void lookForNames(all);
  }, [all.join()]);
  useEffect(() => {
    const wanted = text.value.trim();
    if (!wanted) {
      found.value = null;
      return undefined;
    }
    const left = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { data } = await ask("GET", `/v1/recipients?q=${encodeURIComponent(wanted)}`, { signal: left.signal });
        rememberNames([...data.organizations, ...data.partners]);
        found.value = { shared_organization_ids: data.organizations, shared_partner_ids: data.partners };
        wrong.value = "";
      } catch (error) {
        if (left.signal.aborted) return;
        if (!(error instanceof Refusal)) throw error;
        wrong.value = inLanguage(problemOf(error).message);
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      left.abort();
    };
  }, [text.value]);
  const add = (/** @type {Kind} */ kind, /** @type {string} */ each) => {
    saving.edit(kind, [...idsOf(kind), each]);
    text.value = "";
  };
  return html`<div class="field-with">
    <div class="field" role="group" aria-labelledby=${id}>
      <p class="label" id=${id}>${tell("sharedWith")}</p>
      ${all.length === 0 && html`<p class="hint">${tell("sharedNobody")}</p>`}
      ${all.length > 0 &&
      html`<ul class="chosen">
        ${KINDS.flatMap((kind) =>
          idsOf(kind).map((each) => {
            const name = recipientNames.value.get(each) ?? each;
            return html`<li class="chip" key=${each}>
              <span dir="auto">${name}</span>
              <button type="button" aria-label=${tell("takeOut", { name })} title=${tell("takeOut", { name })} onClick=${() => saving.edit(kind, idsOf(kind).filter((other) => other !== each))}>
                <${Icon} name="x" />
              </button>
            </li>`;
          }),
        )}
      </ul>`}
    </div>
    <${Field}
      name=${tell("sharedFind")}
      hint=${tell("sharedFindHint")}
      wrong=${wrong.value}
      type="search"
      autocomplete="off"
      value=${text.value}
      onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (text.value = currentTarget.value)}
    />
    <div role="status">
      ${found.value &&
      KINDS.every((kind) => found.value?.[kind].length === 0) &&
      html`<p class="hint">${tell("sharedNoHit")}</p>`}
    </div>
    ${found.value &&
    html`<ul class="tree" aria-label=${tell("sharedFind")}>
      ${KINDS.flatMap((kind) =>
        (found.value?.[kind] ?? [])
          .filter((each) => !all.includes(each.id))
          .map(
            (each) => html`<li key=${each.id}>
              <${Button} kind="quiet" icon="plus" onClick=${() => add(kind, each.id)}
                >${each.name} <span class="hint">${each.of ?? ""}${kind === "shared_partner_ids" ? ` · ${tell("partner")}` : ""}</span><//
              >
            </li>`,
          ),
      )}
    </ul>`}
    ${KINDS.map((kind) => html`<${Clash} key=${kind} saving=${saving} name=${kind} />`)}
  </div>`;
}
