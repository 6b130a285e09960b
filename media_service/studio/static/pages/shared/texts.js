/** What the list of lessons says that others share. */

export const TEXTS = {
  en: {
    title: "Shared with us",
    hint: "Lessons of other organizations that they share with yours.",
    search: "Search what is shared",
    none: "Nobody shares anything with your organization yet",
    noneFound: "Nothing found",
    noneAdvice: "What organizations above share with all below appears here, and what others share with yours by name.",
    of: "by {name}",
    watch: "Watch",
    close: "Close the player",
    player: "Player: {name}",
    link: "Page with the player",
    captions: "with captions",
    failed: "It cannot be played at the moment.",
  },
  zh: {
    title: "共享给我们",
    hint: "其他机构共享给本机构的课程。",
    search: "搜索共享的课程",
    none: "还没有机构向本机构共享课程",
    noneFound: "没有找到",
    noneAdvice: "上级机构共享给全部下级的课程，以及其他机构指定共享给本机构的课程会显示在这里。",
    of: "{name}",
    watch: "观看",
    close: "关闭播放器",
    player: "播放器：{name}",
    link: "播放页面",
    captions: "有字幕",
    failed: "暂时无法播放。",
  },
};
