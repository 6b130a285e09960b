/** The document in which Ruffle plays a movie. It reaches nothing: what it needs, the player around it hands in. */
/** @import { Handed } from "./types" */

/** How long a movie may take to begin. */
const PATIENCE_MS = 30_000;

/** Everything that would lead out of the movie is shut; see Ruffle's own list of its options. */
const CONFIG = {
  polyfills: false,
  autoplay: "on",
  unmuteOverlay: "hidden",
  splashScreen: false,
  letterbox: "on",
  contextMenu: "off",
  menu: false,
  allowNetworking: "none",
  allowFullscreen: false,
  allowScriptAccess: false,
  openUrlMode: "deny",
  upgradeToHttps: false,
  warnOnUnsupportedContent: false,
  showSwfDownload: false,
  logLevel: "error",
  // Letters that are not in the movie are the browser's: Ruffle itself has none of Chinese.
  deviceFontRenderer: "canvas",
  backgroundExecutionMode: "none",
};

/**
 * In place of what fetches: there is Ruffle's program, and nothing else.
 * @param {ArrayBuffer} engine
 */
function answering(engine) {
  return async (/** @type {RequestInfo | URL} */ wanted) => {
    const url = wanted instanceof Request ? wanted.url : String(wanted);
    if (!url.endsWith(".wasm")) throw new TypeError(`not there: ${url}`);
    return new Response(engine, { headers: { "Content-Type": "application/wasm" } });
  };
}

/** Graphics cards that are none. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Without a graphics card the simpler renderer is the faster one, and Ruffle would speak of it over the movie. */
function renderer() {
  const graphics = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  const named = graphics?.getExtension("WEBGL_debug_renderer_info");
  const name = graphics?.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : graphics.RENDERER);
  return graphics && !SOFTWARE.test(name) ? "wgpu-webgl" : "canvas";
}

/** @param {Handed} handed */
async function play({ engine, movie, label }) {
  window.fetch = answering(engine);
  const player = window.RufflePlayer.newest().createPlayer();
  player.setAttribute("aria-label", label);
  player.tabIndex = 0;
  const begun = new Promise((resolve, reject) => {
    player.addEventListener("loadedmetadata", resolve, { once: true });
    setTimeout(() => reject(new Error("the movie does not begin")), PATIENCE_MS);
  });
  document.body.append(player);
  await Promise.all([begun, player.ruffle().load({ data: new Uint8Array(movie), swfFileName: "movie.swf", preferredRenderer: renderer() })]);
  player.focus();
}

/** @param {"ready" | "shown" | "failed" | "left"} what */
function tell(what) {
  // To whoever holds the frame: it says nothing that others might not know.
  parent.postMessage({ movie: what }, "*");
}

window.RufflePlayer = { config: CONFIG };
// Before the movie hears of it: a key that always leads out.
addEventListener("keydown", ({ key }) => key === "Escape" && tell("left"), true);
addEventListener("message", function hear({ source, data }) {
  if (source !== parent) return;
  removeEventListener("message", hear);
  play(data).then(() => tell("shown"), () => tell("failed"));
});
document.addEventListener("DOMContentLoaded", () => tell("ready"));
