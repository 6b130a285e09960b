/** What is said of platforms side by side. */

export const PLATFORM_TEXTS = {
  en: {
    platforms: "On other platforms",
    hint: "What others tell is in all sums of views. Traffic, quality and retention are of this platform alone.",
    platform: "Platform",
    here: "This platform",
    studied: "Study hours",
  },
  zh: {
    platforms: "各平台观看情况",
    hint: "其他平台上报的观看数已计入各项观看合计；流量、播放质量与留存仅统计本平台。",
    platform: "平台",
    here: "本平台",
    studied: "学时",
  },
};
