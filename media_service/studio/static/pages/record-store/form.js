/** Where statements go, and by which credentials. What was entered of a password comes back to nobody. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { Callout } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { inLanguage, speaker } from "../../language.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Problem } from "../../types" */

const tell = speaker(TEXTS);

/** @typedef {{currentTarget: HTMLInputElement}} Changed */

/** @param {{address: string, before: {url: string, username: string}, enabled: boolean, act: string, again: () => Promise<void>}} props */
export function StoreForm({ address, before, enabled, act, again }) {
  const entered = useSignal({ url: before.url, username: before.username, password: "" });
  const busy = useSignal(false);
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const set = (/** @type {Partial<typeof entered.value>} */ values) => (entered.value = { ...entered.value, ...values });
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    busy.value = true;
    problem.value = null;
    try {
      await ask("PUT", address, { json: { ...entered.peek(), enabled } });
      set({ password: "" });
      toast(tell("saved"));
      await again();
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  return html`<form class="form" onSubmit=${save}>
    <${Field}
      name=${tell("address")}
      hint=${tell("addressHint")}
      type="url"
      inputmode="url"
      dir="ltr"
      required
      maxlength="2048"
      value=${entered.value.url}
      onInput=${(/** @type {Changed} */ { currentTarget }) => set({ url: currentTarget.value })}
    />
    <${Field}
      name=${tell("username")}
      dir="ltr"
      required
      maxlength="255"
      autocomplete="off"
      spellcheck="false"
      value=${entered.value.username}
      onInput=${(/** @type {Changed} */ { currentTarget }) => set({ username: currentTarget.value })}
    />
    <${Field}
      name=${tell("password")}
      hint=${tell("passwordHint")}
      type="password"
      dir="ltr"
      required
      maxlength="255"
      autocomplete="new-password"
      value=${entered.value.password}
      onInput=${(/** @type {Changed} */ { currentTarget }) => set({ password: currentTarget.value })}
    />
    ${problem.value &&
    html`<${Callout} mood="bad" role="alert"
      >${inLanguage(problem.value.message)}${problem.value.detail && html` <span lang="en">${problem.value.detail}</span>`}
      <code>${problem.value.code}</code><//
    >`}
    <div class="actions"><${Button} kind="main" type="submit" disabled=${busy.value}>${act}<//></div>
  </form>`;
}
