/** Studio begins. */
import { App } from "./app.js";
import { followLinks } from "./router.js";
import { recognize, watchSession } from "./session.js";
import { watch } from "./uploads/line.js";
import { html, render } from "./vendor/ui.js";

followLinks();
watchSession();
watch();
const root = document.getElementById("studio");
if (root) render(html`<${App} />`, root);
void recognize();
