/** What charts and tables of figures say. */

export const CHART_TEXTS = {
  en: {
    asTable: "Table",
    tableOf: "{title}: table",
    save: "CSV",
    nothing: "Nothing yet.",
    unknown: "no figure",
    keys: "Arrow keys move along the points",
    keysChoose: "Arrow keys move along the points, Enter goes there",
  },
  zh: {
    asTable: "表格",
    tableOf: "{title}：表格",
    save: "CSV",
    nothing: "暂无数据。",
    unknown: "无数据",
    keys: "按方向键逐点查看",
    keysChoose: "按方向键逐点查看，按回车键前往",
  },
};
