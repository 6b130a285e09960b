/** Asks what is to be done with the lessons that are chosen. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Dialog } from "../../components/dialog.js";
import { Field } from "../../components/field.js";
import { useResource } from "../../components/resource.js";
import { ErrorState, LoadingState } from "../../components/states.js";
import { inLanguage, language, say, speaker } from "../../language.js";
import { branches, LEVELS, LICENCES, VISIBILITIES } from "../../pure/metadata.js";
import { withTags } from "../../pure/tags.js";
import { TONGUES, tongueName } from "../../pure/tongues.js";
import { session } from "../../session.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";
import { categoriesOf, categoryNames, lookForCategories } from "../lesson/metadata/names.js";
import { TEXTS } from "./texts.js";
import { collectAll, editAll } from "./together.js";
/** @import { Child } from "../../vendor/ui.js" */
/** @import { Listed, Outcome } from "./types" */

const tell = speaker(TEXTS);

/** @typedef {{lessons: readonly Listed[], onDone: (rows: readonly Outcome[]) => void, onClose: () => void}} Props */
/** @typedef {{currentTarget: HTMLInputElement}} Typed */

/** @param {Props} props */
export function EditDialog({ lessons, onDone, onClose }) {
  const tongue = useSignal("");
  const subject = useSignal("");
  const level = useSignal("");
  const licence = useSignal("");
  const visibility = useSignal("");
  const category = useSignal("");
  const categoryAway = useSignal("");
  const organization = session.value.is === "in" ? session.value.person.organizationId : "";
  useEffect(() => {
    if (organization) void lookForCategories(organization);
  }, [organization]);
  const tree = branches(categoriesOf(organization) ?? [], language.value);
  const theirs = [...new Set(lessons.flatMap(({ category_ids: ids }) => ids))];
  const add = useSignal("");
  const remove = useSignal("");
  const known = [...new Set(lessons.flatMap(({ tags }) => tags))];
  const isIdle = [tongue, subject, level, licence, visibility, category, categoryAway, add, remove].every(({ value }) => !value.trim());
  const act = async () =>
    onDone(
      await editAll(lessons, {
        language: tongue.value,
        subject: subject.value,
        level: level.value,
        licence: licence.value,
        visibility: visibility.value,
        category: category.value,
        categoryAway: categoryAway.value,
        add: withTags([], add.value),
        remove: withTags([], remove.value),
      }),
    );
  return html`<${Asked} title=${tell("editTitle", { n: lessons.length })} act=${act} doIt=${tell("change", { n: lessons.length })} isIdle=${isIdle} onClose=${onClose}>
    <p class="hint">${tell("editHint")}</p>
    <${Field} name=${tell("by_language")} value=${tongue.value} onInput=${(/** @type {Typed} */ { currentTarget }) => (tongue.value = currentTarget.value)}>
      <option value="">${tell("keep")}</option>
      ${TONGUES.map((tag) => html`<option key=${tag} value=${tag}>${tongueName(tag, language.value)}</option>`)}
      <option value="und">${tell("takeAway")}</option>
    <//>
    <${Field}
      name=${tell("subject")}
      maxlength="255"
      placeholder=${tell("keep")}
      value=${subject.value}
      onInput=${(/** @type {Typed} */ { currentTarget }) => (subject.value = currentTarget.value)}
    />
    ${tree.length > 0 && kept(tell("categoryAdd"), category, tree.map(({ id }) => id), (id) => categoryNames.value.get(id) ?? id)}
    ${theirs.length > 0 && kept(tell("categoryRemove"), categoryAway, theirs, (id) => categoryNames.value.get(id) ?? id)}
    ${kept(tell("level"), level, LEVELS, (each) => tell(`level_${each}`))}
    ${kept(tell("licence"), licence, LICENCES.filter((each) => each !== "custom"), licenceWord)}
    ${kept(tell("by_visibility"), visibility, VISIBILITIES.filter((each) => each !== "shared"), (each) => tell(`visible_${each}`))}
    <${Field}
      name=${tell("addTags")}
      hint=${tell("tagsHint")}
      value=${add.value}
      onInput=${(/** @type {Typed} */ { currentTarget }) => (add.value = currentTarget.value)}
    />
    <${Field}
      name=${tell("removeTags")}
      hint=${known.length > 0 ? tell("knownTags", { tags: known.slice(0, 12).join(tell("comma")) }) : undefined}
      value=${remove.value}
      onInput=${(/** @type {Typed} */ { currentTarget }) => (remove.value = currentTarget.value)}
    />
  <//>`;
}

/**
 * A choice that leaves things as they are until something is chosen.
 * @template {string} Value
 * @param {string} name
 * @param {import("../../vendor/ui.js").Signal<string>} chosen
 * @param {readonly Value[]} values
 * @param {(value: Value) => string} wordOf
 */
function kept(name, chosen, values, wordOf) {
  return html`<${Field} name=${name} value=${chosen.value} onInput=${(/** @type {Typed} */ { currentTarget }) => (chosen.value = currentTarget.value)}>
    <option value="">${tell("keep")}</option>
    ${values.map((each) => html`<option key=${each} value=${each}>${wordOf(each)}</option>`)}
  <//>`;
}

/** @param {string} code */
function licenceWord(code) {
  if (code === "public_domain" || code === "all_rights_reserved") return tell(`licence_${code}`);
  return code;
}

/** @param {Props} props */
export function CollectDialog({ lessons, onDone, onClose }) {
  const { now, again } = useResource("/v1/collections?limit=200");
  const chosen = useSignal("");
  const name = useSignal("");
  const found = now.value;
  const collections = found.is === "ready" ? found.data.collections : [];
  const isNew = !chosen.value;
  const act = async () => {
    const id = isNew ? (await ask("POST", "/v1/collections", { json: { title: name.value.trim() } })).data.id : chosen.value;
    onDone(await collectAll(lessons, id));
  };
  return html`<${Asked} title=${tell("collectTitle", { n: lessons.length })} act=${act} doIt=${tell("collectIt")} isIdle=${isNew && !name.value.trim()} onClose=${onClose}>
    ${found.is === "loading" && html`<${LoadingState} />`}
    ${found.is === "failed" && html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
    ${collections.length > 0 &&
    html`<${Field} name=${tell("collection")} value=${chosen.value} onInput=${(/** @type {Typed} */ { currentTarget }) => (chosen.value = currentTarget.value)}>
      <option value="">${tell("newCollection")}</option>
      ${collections.map((/** @type {{id: string, title: string}} */ { id, title }) => html`<option key=${id} value=${id}>${title}</option>`)}
    <//>`}
    ${found.is === "ready" &&
    isNew &&
    html`<${Field}
      name=${tell("collectionName")}
      maxlength="255"
      value=${name.value}
      onInput=${(/** @type {Typed} */ { currentTarget }) => (name.value = currentTarget.value)}
    />`}
  <//>`;
}

/** A dialog that does something, and says why where that is refused. @param {{title: string, doIt: string, act: () => Promise<void>, isIdle: boolean, onClose: () => void, children?: Child}} props */
function Asked({ title, doIt, act, isIdle, onClose, children }) {
  const busy = useSignal(false);
  const wrong = useSignal("");
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (busy.peek()) return;
    busy.value = true;
    try {
      await act();
    } catch (error) {
      wrong.value = inLanguage(problemOf(error).message);
    }
    busy.value = false;
  };
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <form class="form" onSubmit=${submit}>
      ${children} ${wrong.value && html`<p class="wrong" role="alert">${wrong.value}</p>`}
      <div class="actions">
        <${Button} kind="main" type="submit" disabled=${isIdle || busy.value}>${doIt}<//>
        <${Button} onClick=${onClose}>${say("cancel")}<//>
      </div>
    </form>
  <//>`;
}
