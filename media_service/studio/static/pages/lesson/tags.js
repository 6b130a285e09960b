/** Tags as chips: typed, pasted and removed by the keyboard alone if one likes. */
import { Icon } from "../../components/icon.js";
import { speaker } from "../../language.js";
import { endsTag, LONGEST_TAG, MOST_TAGS, withTags } from "../../pure/tags.js";
import { html, useId, useRef, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";

const tell = speaker(TEXTS);

/** @param {{tags: string[], onChange: (tags: string[]) => void}} props */
export function Tags({ tags, onChange }) {
  const typed = useSignal("");
  const said = useSignal("");
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const id = useId();
  const add = (/** @type {string} */ text) => {
    typed.value = "";
    const found = withTags(tags, text);
    if (found.length > tags.length) {
      said.value = tell("tagAdded", { tag: found.slice(tags.length).join(", ") });
      onChange(found);
    }
  };
  const remove = (/** @type {string} */ tag) => {
    said.value = tell("tagRemoved", { tag });
    onChange(tags.filter((other) => other !== tag));
    field.current?.focus();
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    // While a word is composed, as one writes Chinese, Enter ends the composing and nothing else.
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      add(typed.value);
    } else if (event.key === "Backspace" && typed.value === "" && tags.length > 0) {
      event.preventDefault();
      remove(tags[tags.length - 1]);
    }
  };
  const input = (/** @type {InputEvent & {currentTarget: HTMLInputElement}} */ { currentTarget, isComposing }) => {
    typed.value = currentTarget.value;
    if (!isComposing && endsTag(typed.value)) add(typed.value);
  };
  const full = tags.length >= MOST_TAGS;
  return html`<div class="field">
    <label for=${id}>${tell("tags")}</label>
    <p class="hint" id=${`${id}-hint`}>${tell(full ? "tagsFull" : "tagsHint")}</p>
    <div class="chips input" onClick=${() => field.current?.focus()}>
      ${tags.length > 0 &&
      html`<ul aria-label=${tell("tags")}>
        ${tags.map(
          (tag) => html`<li class="chip" key=${tag}>
            <span dir="auto">${tag}</span>
            <button type="button" aria-label=${tell("tagRemove", { tag })} title=${tell("tagRemove", { tag })} onClick=${() => remove(tag)}>
              <${Icon} name="x" />
            </button>
          </li>`,
        )}
      </ul>`}
      <input
        id=${id}
        ref=${field}
        aria-describedby=${`${id}-hint`}
        dir="auto"
        autocomplete="off"
        maxlength=${LONGEST_TAG * MOST_TAGS}
        enterkeyhint="done"
        readonly=${full}
        value=${typed.value}
        onKeyDown=${press}
        onInput=${input}
        onCompositionEnd=${() => endsTag(typed.value) && add(typed.value)}
        onBlur=${() => add(typed.value)}
      />
    </div>
    <p class="unseen" role="status">${said.value}</p>
  </div>`;
}
