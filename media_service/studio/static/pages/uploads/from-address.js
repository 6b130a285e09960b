/** A lesson that lies at an address already: the service fetches it. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { toast } from "../../components/toast.js";
import { inLanguage, speaker } from "../../language.js";
import { go } from "../../router.js";
import { chosen } from "../../uploads/opening.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";

const tell = speaker(TEXTS);

export function FromAddress() {
  const url = useSignal("");
  const wrong = useSignal("");
  const busy = useSignal(false);
  const fetchIt = async (/** @type {Event} */ event) => {
    event.preventDefault();
    busy.value = true;
    wrong.value = "";
    try {
      const { data } = await ask("POST", "/v1/imports", { json: { url: url.value.trim(), ...(chosen.peek() && { visibility: chosen.peek() }) } });
      toast(tell("addressTaken"));
      go(`/studio/lessons/${data.asset_id}`);
    } catch (error) {
      wrong.value = inLanguage(problemOf(error).message);
    } finally {
      busy.value = false;
    }
  };
  return html`<details class="from-address">
    <summary>${tell("fromAddress")}</summary>
    <form class="form" onSubmit=${fetchIt}>
      <${Field}
        name=${tell("address")}
        hint=${tell("addressHint")}
        wrong=${wrong.value}
        type="url"
        inputmode="url"
        required
        value=${url.value}
        onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ event) => {
          url.value = event.currentTarget.value;
        }}
      />
      <${Button} type="submit" disabled=${busy.value}>${tell("addressFetch")}<//>
    </form>
  </details>`;
}
