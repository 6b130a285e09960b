/** What comes of the colours: a small page of the library, on light and on dark screens. */
import { Section } from "../../components/section.js";
import { language, speaker } from "../../language.js";
import { opened } from "../../playing.js";
import { pageColours } from "../../pure/colours.js";
import { html } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Library, Wishes } from "./types" */

const tell = speaker(TEXTS);

/** @param {{library: Library, organization: string, wishes: Wishes}} props */
export function Sample({ library, organization, wishes }) {
  const welcome = wishes.welcome[language.value] || wishes.welcome[language.value === "zh" ? "en" : "zh"];
  return html`<${Section} name="sample" title=${tell("likeThis")}>
    <div class="samples">
      ${/** @type {const} */ (["light", "dark"]).map((look) => {
        const { ground, panel, ink, soft, accent, written, band, onBand } = pageColours(wishes, look);
        return html`<figure class="sample" key=${look} style=${{ background: ground, color: ink }}>
          <figcaption class="unseen">${tell(`look_${look}`)}</figcaption>
          <p class="sample-top" style=${{ background: band, color: onBand }}>
            ${library.logo_url && html`<img src=${opened(library.logo_url, null)} alt="" width="28" height="28" />`}
            <strong dir="auto">${wishes.name.trim() || organization}</strong>
          </p>
          <div class="sample-body">
            ${welcome && html`<p class="sample-welcome" dir="auto">${welcome}</p>`}
            <div class="sample-card" style=${{ background: panel }}>
              <p class="sample-link" style=${{ color: accent }}>${tell("sampleLink")}</p>
              <p style=${{ color: soft }}>${tell("sampleFacts")}</p>
            </div>
            <p class="sample-button" style=${{ background: accent, color: written }}>${tell("sampleButton")}</p>
          </div>
        </figure>`;
      })}
    </div>
  <//>`;
}
