/** One lesson, many versions: what plays, what played before, what is being made; replace, take back. */
import { ask, problemOf } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { Progress } from "../../components/progress.js";
import { useResource } from "../../components/resource.js";
import { Section } from "../../components/section.js";
import { ErrorState } from "../../components/states.js";
import { toast } from "../../components/toast.js";
import { formatMoment, inLanguage, language, say, speaker } from "../../language.js";
import { watch } from "../../live.js";
import { formatBytes, percentOf, spelled } from "../../pure/quantities.js";
import { formatTime } from "../../pure/times.js";
import { canBeShown, isMoving, standingOf } from "../../pure/versions.js";
import { items } from "../../uploads/items.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";
import { FollowTable } from "./follows.js";
import { Replace } from "./replace.js";
import { TEXTS } from "./texts.js";
/** @import { Lesson, Version } from "./types" */

const tell = speaker(TEXTS);

/** @param {{lesson: Lesson, again: () => Promise<void>}} props */
export function Versions({ lesson, again }) {
  const { now, again: look } = useResource(`/v1/assets/${lesson.id}/versions`);
  const replacing = useSignal(false);
  const found = now.value;
  /** @type {Version[]} */
  const versions = found.is === "ready" ? found.data.versions : [];
  const moves = isMoving(versions) || (lesson.state !== "ready" && lesson.state !== "failed");
  useEffect(() => {
    if (!moves) return undefined;
    return watch({ id: lesson.id, look, moves: () => true, stays: false });
  }, [moves]);
  // What is pending or current now may have come from elsewhere.
  useEffect(() => {
    if (found.is === "ready") void look();
  }, [lesson.version_id, lesson.pending?.version_id, lesson.state]);
  const shown = versions.find(({ current }) => current)?.id;
  useEffect(() => {
    if (shown && shown !== lesson.version_id) void again();
  }, [shown]);
  const changed = async () => {
    await Promise.all([look(), again()]);
  };
  return html`<${Section} name="versions" title=${tell("versions")} hint=${tell("versionsHint")}>
    ${found.is === "failed" && html`<${ErrorState} problem=${found.problem} onRetry=${look} />`} <${Sending} lesson=${lesson} onSent=${changed} />
    ${versions.length > 0 &&
    html`<ol class="lines">
      ${versions.map((version) => html`<${Line} key=${version.id} lesson=${lesson} version=${version} only=${versions.length === 1} changed=${changed} />`)}
    </ol>`}
    <div class="actions">
      <${Button} icon="upload" disabled=${lesson.state === "uploading"} onClick=${() => (replacing.value = true)}>${tell("replace")}<//>
    </div>
    ${replacing.value &&
    html`<${Replace}
      lesson=${lesson}
      changed=${changed}
      onClose=${() => {
        replacing.value = false;
      }}
    />`}
  <//>`;
}

/** What is on its way to replace this lesson from this browser. @param {{lesson: Lesson, onSent: () => Promise<void>}} props */
function Sending({ lesson, onSent }) {
  const mine = items.value.filter(({ replaces }) => replaces?.assetId === lesson.id);
  const sent = mine.filter(({ phase }) => phase.value === "sent").length;
  useEffect(() => {
    if (sent > 0) void onSent();
  }, [sent]);
  return mine
    .filter(({ phase }) => phase.value !== "sent")
    .map((item) => {
      const percent = percentOf(item.sent.value, item.file.size);
      const problem = item.problem.value;
      return html`<div class="making" key=${item.id}>
        <p class="line-name" dir="auto">${item.file.name}</p>
        <${Progress} label=${item.file.name} percent=${percent} mood=${item.phase.value === "failed" ? "bad" : "going"} />
        <p role="status">${problem ? inLanguage(problem.message) : tell("replacementSending", { percent })} <a href="/studio/uploads">${tell("toUploads")}</a></p>
      </div>`;
    });
}

/** @param {{lesson: Lesson, version: Version, only: boolean, changed: () => Promise<void>}} props */
function Line({ lesson, version, only, changed }) {
  const asked = useSignal(/** @type {"" | "show" | "remove"} */ (""));
  const note = useSignal("");
  const standing = standingOf(version);
  const address = `/v1/assets/${lesson.id}/versions/${version.id}`;
  const close = () => {
    asked.value = "";
  };
  const show = async () => {
    await ask("POST", `${address}/activate`, { json: { note: note.value.trim() } });
    await changed();
  };
  const remove = async () => {
    await ask("DELETE", address);
    await changed();
  };
  const retry = async () => {
    try {
      await ask("POST", `${address}/retry`);
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
    await changed();
  };
  const { source, made_by: by, progress, failure } = version;
  const name = source.file_name || formatMoment(version.created_at);
  const words = [
    formatMoment(version.created_at),
    by,
    source.size !== null && formatBytes(source.size, language.value),
    version.duration !== null && formatTime(version.duration),
  ];
  const showing = tell(standing === "waits" ? "show" : "showAgain");
  const making = standing === "making" || standing === "arriving";
  return html`<li class="line" data-standing=${standing}>
    <div class="line-text">
      <p class="line-name"><span dir="auto">${name}</span> ${!(only && standing === "current") && html`<span class="badge" data-standing=${standing}>${tell(`standing_${standing}`)}</span>`}</p>
      <p class="hint" dir="auto">${words.filter(Boolean).join(" · ")}</p>
      ${version.note && html`<p class="note" dir="auto">${version.note}</p>`}
      ${making && progress && html`<${Progress} label=${name} percent=${progress.percent} mood="done" />`}
      ${making &&
      progress &&
      html`<p class="hint" role="status">
        ${[tell("percent", { percent: progress.percent }), progress.eta_seconds !== null && tell("left", { time: spelled(progress.eta_seconds, say) })]
          .filter(Boolean)
          .join(" · ")}
      </p>`}
      ${failure && standing === "failed" && html`<p class="wrong">${inLanguage(failure.message)} <code>${failure.code}</code></p>`}
      ${version.follows && standing !== "removed" && html`<${FollowTable} follows=${version.follows} />`}
      ${standing === "earlier" && version.kept_until && html`<p class="hint">${tell("keptUntil", { when: formatMoment(version.kept_until) })}</p>`}
    </div>
    <div class="actions">
      ${canBeShown(version) &&
      html`<${Button} icon="undo-2" aria-label=${tell("showOf", { act: showing, name })} onClick=${() => (asked.value = "show")}>${showing}<//>`}
      ${standing === "failed" && html`<${Button} icon="rotate-cw" onClick=${() => void retry()}>${say("retry")}<//>`}
      ${standing !== "current" &&
      standing !== "removed" &&
      html`<${Button} kind="quiet" icon=${making ? "x" : "trash-2"} label=${tell(making ? "cancelOf" : "removeOf", { name })} onClick=${() => (asked.value = "remove")} />`}
    </div>
    ${asked.value === "show" &&
    html`<${Asking} title=${tell("showAsk")} act=${showing} icon="undo-2" kind="main" onSure=${show} onClose=${close}>
      <p>${tell("showSure")}</p>
      <${Field}
        name=${tell("note")}
        hint=${tell("noteHint")}
        maxlength="500"
        dir="auto"
        value=${note.value}
        onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (note.value = currentTarget.value)}
      />
    <//>`}
    ${asked.value === "remove" &&
    html`<${Asking} title=${tell(making ? "cancelAsk" : "versionRemoveAsk")} act=${tell(making ? "cancelMaking" : "remove")} icon="trash-2" onSure=${remove} onClose=${close}>
      <p>${tell(making ? "cancelSure" : "versionRemoveSure")}</p>
    <//>`}
  </li>`;
}
