/** What the page says to which a repeated sign-in leads. */

export const TEXTS = {
  en: { title: "You are signed in again", advice: "Your uploads go on in the other window. You can close this one." },
  zh: { title: "已重新登录", advice: "上传会在原来的窗口中继续，您可以关闭此窗口。" },
};
