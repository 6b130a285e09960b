/** Asks for a new sign-in beside the page, so that uploads keep what they have. */
import { ButtonLink } from "./components/button.js";
import { Dialog } from "./components/dialog.js";
import { say } from "./language.js";
import { signInAddress } from "./session.js";
import { html } from "./vendor/ui.js";

export function SignInDialog() {
  return html`<${Dialog} title=${say("signInAgain")} onClose=${null}>
    <p>${say("signInAgainAdvice")}</p>
    <div class="actions">
      <${ButtonLink} kind="main" href=${signInAddress("/studio/signed-in")} target="_blank">${say("signIn")}<//>
    </div>
  <//>`;
}
