/** Texts to take along: shown whole, copied by one click. */
import { say } from "../language.js";
import { html, useId, useRef } from "../vendor/ui.js";
import { Button } from "./button.js";
import { toast } from "./toast.js";

/**
 * @param {object} props
 * @param {string} props.name
 * @param {string} props.text
 * @param {string} [props.of] Tells several of one name apart.
 * @param {boolean} [props.main] Copying is what comes next.
 */
export function Copied({ name, text, of = "", main = false }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const id = useId();
  const copy = async () => {
    field.current?.focus();
    field.current?.select();
    // Browsers have the clipboard in secure contexts only; a school's own network may have plain HTTP.
    const done = await (navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    ) ?? false);
    toast(say(done || document.execCommand("copy") ? "copied" : "copyYourself"));
  };
  return html`<div class="copied">
    <label for=${id}>${name}${of && html`<span class="unseen"> ${of}</span>`}</label>
    <div class="copied-line">
      <input
        id=${id}
        ref=${field}
        class="input"
        readonly
        dir="ltr"
        value=${text}
        onFocus=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => currentTarget.select()}
      />
      ${main
        ? html`<${Button} kind="main" icon="copy" onClick=${() => void copy()}>${say("copy")}<//>`
        : html`<${Button} icon="copy" label=${say("copyOf", { name: of ? `${name}, ${of}` : name })} onClick=${() => void copy()} />`}
    </div>
  </div>`;
}
