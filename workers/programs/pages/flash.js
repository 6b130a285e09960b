/* Plays a Flash movie by Ruffle, on the turned clock: a picture of its canvas, and what was heard until then. */
(() => {
  const clock = window.turnedClock;
  // Everything that would lead out of the movie is shut; see Ruffle's own list of its options.
  const config = {
    publicPath: "/ruffle/",
    polyfills: false,
    autoplay: "on",
    unmuteOverlay: "hidden",
    splashScreen: false,
    preferredRenderer: "canvas",
    letterbox: "off",
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
    quality: "high",
    scale: "exactfit",
    forceScale: true,
    maxExecutionDuration: 15,
    // Letters that are not in the movie are the browser's: Ruffle itself has none of Chinese.
    deviceFontRenderer: "canvas",
  };
  window.RufflePlayer = { config };
  let heard = 0;
  /** @type {HTMLCanvasElement} */
  let canvas;
  // A movie that overflows its stack stops Ruffle dead; what else fails, Ruffle shows on a page of its own.
  let dead = false;
  addEventListener("error", ({ error }) => {
    dead ||= error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
  });
  window.stage = {
    async ready(/** @type {number} */ width, /** @type {number} */ height, /** @type {number} */ delay) {
      heard = delay;
      const player = window.RufflePlayer.newest().createPlayer();
      player.style.cssText = `position:fixed;left:0;top:0;width:${width}px;height:${height}px`;
      document.body.append(player);
      const movie = player.ruffle();
      const failures = /** @type {string[]} */ ([]);
      const loaded = movie.load({ url: "/movie.swf" }).catch((/** @type {unknown} */ error) => {
        failures.push(String(error));
      });
      for (let count = 0; !movie.metadata && !failures.length && count < 20_000; count++) {
        clock.pump();
        await clock.breathe(5);
      }
      if (!movie.metadata) throw new Error(failures[0] ?? "the movie was not loaded");
      await loaded;
      // Its first frame is shown when all is there, not when its clock begins.
      for (let count = 0; count < 10; count++) {
        clock.pump();
        await clock.breathe(2);
      }
      canvas = player.shadowRoot.querySelector("canvas");
    },
    /**
     * Go on to a moment in milliseconds and to this sample of the sound; of a picture that is not wanted there is none.
     * Null once Ruffle has given up.
     */
    turn(/** @type {number} */ moment, /** @type {number} */ sample, /** @type {boolean} */ wanted) {
      clock.turn(moment);
      if (dead || !canvas.isConnected) return null;
      const picture = wanted ? canvas.toDataURL("image/png") : "";
      return [picture.slice(picture.indexOf(",") + 1), window.stage.sound(sample)];
    },
    sound(/** @type {number} */ sample) {
      const until = Math.max(heard, sample);
      const sound = clock.sound(heard, until);
      heard = until;
      return sound;
    },
  };
})();
