/** What the page of signed-in devices says. */

const EN = {
  title: "Signed-in devices",
  advice: "If you do not know one of them, sign it out.",
  unknown: "Unknown device",
  current: "This device",
  lastUsed: "last used {moment}",
  signOut: "Sign out",
  signOutOf: "Sign out {name}, {moment}",
  signedOut: "The device is signed out.",
};

/** @type {Record<keyof typeof EN, string>} */
const ZH = {
  title: "已登录的设备",
  advice: "如有不认识的设备，请将其退出登录。",
  unknown: "未知设备",
  current: "当前设备",
  lastUsed: "上次使用：{moment}",
  signOut: "退出登录",
  signOutOf: "将 {name} 退出登录，{moment}",
  signedOut: "该设备已退出登录。",
};

export const TEXTS = { en: EN, zh: ZH };
