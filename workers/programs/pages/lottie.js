/* Draws a Lottie composition by lottie-web, a frame whenever it is asked for one. */
(() => {
  const clock = window.turnedClock;
  const shown = (/** @type {HTMLElement} */ place) =>
    Promise.all(
      [...place.querySelectorAll("image")].map(async (image) => {
        const picture = new Image();
        picture.src = image.getAttribute("href") ?? image.getAttributeNS("http://www.w3.org/1999/xlink", "href") ?? "";
        await picture.decode().catch(() => undefined);
      }),
    );
  /** @type {any} */
  let animation;
  window.stage = {
    async ready() {
      const place = document.createElement("div");
      place.style.cssText = "position:fixed;inset:0;overflow:hidden";
      document.body.append(place);
      const animationData = await (await fetch("/movie")).json();
      animation = window.lottie.loadAnimation({
        container: place, renderer: "svg", loop: false, autoplay: false, animationData,
        rendererSettings: {
          preserveAspectRatio: "none",
          progressiveLoad: false,
          // Shadows and blurs go beyond the edges of what casts them.
          filterSize: { x: "-150%", y: "-150%", width: "400%", height: "400%" },
        },
      });
      for (let count = 0; !animation.isLoaded && count < 2000; count++) {
        clock.pump();
        await clock.breathe(5);
      }
      if (!animation.isLoaded) throw new Error("the composition was not loaded");
      await shown(place);
      await document.fonts.ready;
      return { frames: animation.totalFrames };
    },
    show(/** @type {number} */ frame) {
      animation.goToAndStop(frame, true);
    },
  };
})();
