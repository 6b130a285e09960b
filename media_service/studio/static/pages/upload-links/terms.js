/** What a link asks for and allows, how that is changed, and how it is closed before its time. */
import { ask } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { Section } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { formatMoment, language, say, speaker } from "../../language.js";
import { changesOf, formOf } from "../../pure/link-terms.js";
import { formatBytes } from "../../pure/quantities.js";
import { html, useSignal } from "../../vendor/ui.js";
import { graceWord, TermsForm } from "./form.js";
import { TEXTS } from "./texts.js";
/** @import { LinkForm } from "../../pure/link-terms.js" */
/** @import { OfLink } from "./link.js" */
/** @import { UploadLink } from "./types" */

const tell = speaker(TEXTS);

/** A moment by which whatever closes then is closed. */
const LONG_AGO = "2000-01-01T00:00:00Z";

/** @param {OfLink} props */
export function Terms({ link, etag, again }) {
  const doing = useSignal(/** @type {"" | "changing" | "closing"} */ (""));
  const done = () => {
    doing.value = "";
  };
  const change = async (/** @type {LinkForm} */ form) => {
    const changes = changesOf(form, link);
    const some = Object.keys(changes).length > 0;
    if (some) await ask("PATCH", `/v1/upload-links/${link.id}`, { json: changes, ...(etag && { ifMatch: etag }) });
    done();
    toast(tell(some ? "changed" : "unchanged"));
    await again();
  };
  const close = async () => {
    await ask("PATCH", `/v1/upload-links/${link.id}`, { json: { closes_at: LONG_AGO, grace_seconds: 0 } });
    toast(tell("closed"));
    await again();
  };
  if (doing.value === "changing")
    return html`<section aria-label=${tell("changeTitle")}>
      <${TermsForm} before=${formOf(link)} act=${tell("save")} onSave=${change}><${Button} onClick=${done}>${say("cancel")}<//><//>
    </section>`;
  const isClosed = link.state === "closed";
  return html`<${Section} name="terms" title=${tell("terms")}>
    <dl class="facts">
      ${factsOf(link).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd dir="auto">${value}</dd></div>`)}
    </dl>
    ${!isClosed &&
    html`<div class="actions">
      <${Button} icon="pencil" onClick=${() => (doing.value = "changing")}>${tell("change")}<//>
      ${link.state !== "upcoming" && html`<${Button} icon="x" onClick=${() => (doing.value = "closing")}>${tell("closeNow")}<//>`}
    </div>`}
    ${doing.value === "closing" &&
    html`<${Asking} title=${tell("closeAsk")} act=${tell("closeNow")} onSure=${close} onClose=${done}><p>${tell("closeSure")}</p><//>`}
  <//>`;
}

/** @param {UploadLink} link @returns {[string, string][]} */
function factsOf(link) {
  const comma = language.value === "zh" ? "、" : ", ";
  const limits = [
    link.max_bytes !== null && tell("atMost", { n: formatBytes(link.max_bytes, language.value) }),
    link.max_seconds !== null && tell("atMostMinutes", { n: Math.round(link.max_seconds / 6) / 10 }),
    link.max_entries !== null && tell("atMostEntries", { n: link.max_entries }),
  ].filter((each) => each !== false);
  const kinds = link.kinds.map((kind) => tell(/** @type {keyof typeof TEXTS.en} */ (kind)));
  const asked = link.fields.map(({ label, required }) => (required ? label : tell("optional", { label })));
  return [
    [tell("opens"), formatMoment(link.opens_at)],
    [tell("closes"), formatMoment(link.closes_at)],
    [tell("grace"), graceWord(link.grace_seconds)],
    [tell("kinds"), kinds.join(comma) || tell("anyKind")],
    [tell("limits"), limits.join(comma) || tell("noLimits")],
    [tell("fields"), asked.join(comma) || tell("nothingAsked")],
    [tell("licenceAgreed"), link.licence || tell("noLicence")],
  ];
}
