/** What a view shows while it has nothing to show: it loads, it is empty, it failed. */
import { inLanguage, say } from "../language.js";
import { html } from "../vendor/ui.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";
/** @import { Problem } from "../types" */
/** @import { Child } from "../vendor/ui.js" */

/** Grey lines in the place of what comes; a reader of the screen hears a word. */
export function LoadingState() {
  return html`<div class="state state-loading" role="status">
    <span class="unseen">${say("loading")}</span><i></i><i></i><i></i>
  </div>`;
}

/**
 * Says what will stand here and what to do for it.
 * @param {{icon: string, title: string, children?: Child}} props
 */
export function EmptyState({ icon, title, children }) {
  return html`<div class="state"><${Icon} name=${icon} /><h2>${title}</h2>${children}</div>`;
}

/**
 * Says what went wrong and how to go on; `onRetry` if trying again may help.
 * @param {{problem: Problem, onRetry?: () => void}} props
 */
export function ErrorState({ problem, onRetry }) {
  return html`<div class="state state-bad" role="alert">
    <${Icon} name="circle-alert" />
    <h2>${inLanguage(problem.message)}</h2>
    ${problem.status > 0 && html`<p class="code">${problem.code}</p>`}
    ${onRetry && html`<${Button} icon="rotate-cw" onClick=${onRetry}>${say("retry")}<//>`}
  </div>`;
}
