/** What the list of lessons in review says. */

export const TEXTS = {
  en: {
    title: "Reviews",
    which: "Which lessons",
    waits: "Handed in",
    accepted: "Accepted, not published",
    returned: "Given back",
    drafts: "Drafts",
    none: "Nothing here",
    noneAdvice: "Lessons that are handed in appear here, the oldest first.",
    uploaded: "Uploaded {moment}",
    by: "by {name}",
    open: "Open",
  },
  zh: {
    title: "审核",
    which: "显示哪些课程",
    waits: "待审核",
    accepted: "已通过、未发布",
    returned: "已退回",
    drafts: "草稿",
    none: "暂无课程",
    noneAdvice: "提交审核的课程会显示在这里，最早的在前。",
    uploaded: "上传于 {moment}",
    by: "{name}",
    open: "打开",
  },
};
