/** What is said of platforms that ask and cannot be asked: county boxes. */

export const BOX_TEXTS = {
  en: {
    asksOnly: "It cannot be reached from here: a county box in a network of its own",
    asksUs: "It asks us, and cannot be asked from here: a county box in a network of its own.",
    suspended: "Copies do not play since {moment}: nobody could ask for too long whether they were withdrawn.",
  },
  zh: {
    asksOnly: "本平台无法访问对方：对方为内网中的县级节点",
    asksUs: "对方为内网中的县级节点：由其主动联系本平台，本平台无法访问对方。",
    suspended: "自 {moment} 起，复制的课程暂停播放：长时间无法向来源平台确认是否已撤回。",
  },
};
