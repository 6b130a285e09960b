/** Browsers and systems as people call them. */

const BROWSERS = [
  [/MicroMessenger/, "WeChat"],
  [/Edg(e|A|iOS)?\//, "Edge"],
  [/QQBrowser/, "QQ Browser"],
  [/Firefox|FxiOS/, "Firefox"],
  [/Chrom(e|ium)|CriOS/, "Chrome"],
  [/Safari/, "Safari"],
];
const SYSTEMS = [
  [/HarmonyOS|OpenHarmony/, "HarmonyOS"],
  [/Android/, "Android"],
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Windows/, "Windows"],
  [/Mac OS/, "Mac"],
  [/Linux/, "Linux"],
];

/**
 * What a `User-Agent` header tells, such as "Chrome · Windows"; null if nothing that people know.
 * @param {string} agent
 */
export function nameBrowser(agent) {
  const found = [BROWSERS, SYSTEMS].flatMap((table) => table.find(([pattern]) => /** @type {RegExp} */ (pattern).test(agent))?.[1] ?? []);
  return found.length > 0 ? found.join(" · ") : null;
}
