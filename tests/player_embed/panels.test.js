import assert from "node:assert/strict";
import { test } from "node:test";

import { errorPanel, failedPanel, pendingPanel, steadyEstimate } from "../../player_embed/static/pure/panels.js";
import { TEXTS } from "../../player_embed/static/pure/texts.js";
import { answers } from "./answers.js";

const MESSAGE = { zh: "文件损坏", en: "The file is damaged." };

test("an estimate does not climb for little", () => {
  answers(steadyEstimate, [
    [[null, 60], 60],
    [[60, 62], 60],
    [[60, 120], 120],
    [[60, 50], 50],
    [[60, null], null],
    [[60, undefined], null],
  ]);
});

test("who waits reads how far it is, what is left, and who comes before", () => {
  const said = pendingPanel({ state: "processing", progress: { percent: 42.9 } }, 75, TEXTS.en);
  const { processingTitle: title, pendingHint: text } = TEXTS.en;
  assert.deepEqual(said, { title, text, figures: "42% · About 1 min 15 s left", percent: 42.9 });
  const figures = (/** @type {Parameters<typeof pendingPanel>} */ ...given) => pendingPanel(...given).figures;
  answers(figures, [
    [[{ state: "uploading", progress: null }, null, TEXTS.en], "0%"],
    [[{ state: "processing", progress: { percent: 99.9 } }, 2, TEXTS.zh], "99% · 即将完成"],
    [[{ state: "queued", progress: { queue_position: 3 } }, 60, TEXTS.en], "3 ahead in the queue · About 1 min left"],
    [[{ state: "queued", progress: { queue_position: 0 } }, null, TEXTS.en], "Next in the queue"],
    [[{ state: "queued", progress: { queue_position: null } }, null, TEXTS.en], ""],
  ]);
  assert.equal(pendingPanel({ state: "queued", progress: { percent: 5 } }, null, TEXTS.en).percent, null);
});

test("a failed version says why in the reader's language, and in both to the page around", () => {
  const failure = { code: "source_damaged", message: MESSAGE };
  assert.deepEqual(failedPanel(failure, "zh"), {
    panel: { title: TEXTS.zh.failedTitle, text: "文件损坏", code: "代码 source_damaged" },
    fault: failure,
  });
  const { failedTitle: title, failedUnknown: text } = TEXTS.en;
  const message = { zh: TEXTS.zh.failedUnknown, en: text };
  assert.deepEqual(failedPanel(null, "en"), {
    panel: { title, text, code: "" },
    fault: { code: "processing_failed", message },
  });
});

test("an error is told by the service's sentence, else by the code's own", () => {
  const { networkTitle, network } = TEXTS.en;
  assert.deepEqual(errorPanel({ code: "network", status: 502 }, "en"), {
    panel: { title: networkTitle, text: network, code: "Code network · 502" },
    fault: { code: "network", message: { zh: TEXTS.zh.network, en: network } },
  });
  assert.deepEqual(errorPanel({ code: "too_many_plays", message: MESSAGE, status: 0 }, "en"), {
    panel: { title: TEXTS.en.failedTitle, text: MESSAGE.en, code: "Code too_many_plays" },
    fault: { code: "too_many_plays", message: MESSAGE },
  });
});
