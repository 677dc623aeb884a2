// Work in the background: watched by its events, shown with what it does, stopped, and tried again.
import { get, listen, part, post, remove } from "./api.js";
import { add, fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { tellError } from "./tell.js";
import { duration, number, percent, say, size } from "./words.js";

const ENDED = ["done", "failed", "stopped"];
const AGAIN_MS = 2000;
export const hasEnded = (job) => ENDED.includes(job.state);

/** Call `on(job)` at every change until the job ends or what this returns is called. */
export function watchJob(id, on) {
  const control = new AbortController();
  follow(id, on, control.signal);
  return () => control.abort();
}

async function follow(id, on, signal) {
  let last = null;
  const hear = (name, job) => name === "job" && on((last = job));
  while (!signal.aborted && !(last && hasEnded(last))) {
    try {
      await listen(`/api/jobs/${part(id)}/events`, { signal, on: hear });
    } catch (error) {
      if (signal.aborted || error.code === "not_found") return;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS)); // the server may be starting again
  }
}

export async function listJobs(kind) {
  return (await get("/api/jobs", { kind })).jobs;
}

/** A card that follows a job; `onEnd(job)` is called once, `onDrop()` when it is put away. */
export function jobCard(job, { title = job.title, onEnd = () => {}, onDrop, detail = () => null } = {}) {
  const card = h("article", { class: "job", "aria-label": title });
  let shown = "";
  const draw = (row) => {
    const text = JSON.stringify(row);
    if (text !== shown) drawJob(card, row, { title, onDrop, detail, again });
    shown = text;
  };
  const follow = (id) =>
    watchJob(id, (row) => {
      draw(row);
      if (hasEnded(row)) onEnd(row);
    });
  const again = async (row) => {
    try {
      const told = await post(`/api/jobs/${part(row.id)}/retry`);
      draw(told.job);
      card.end = follow(told.job.id);
    } catch (error) {
      tellError(error);
    }
  };
  draw(job);
  card.end = hasEnded(job) ? () => {} : follow(job.id);
  return card;
}

function drawJob(card, job, { title, onDrop, detail, again }) {
  const focused = card.contains(document.activeElement) && document.activeElement.dataset.act;
  card.className = `job ${job.state}`;
  fill(
    card,
    h(
      "div",
      { class: "job-head" },
      h("h2", { class: "one-line" }, title),
      h("p", { class: "quiet small", role: "status" }, stateOf(job)),
      h("div", { class: "job-tools" }, tools(job, onDrop, again)),
    ),
    hasEnded(job) ? null : bar(job),
    job.error && problem(job.error),
    detail(job),
    log(job),
  );
  if (focused) card.querySelector(`[data-act="${focused}"]`)?.focus();
}

function tools(job, onDrop, again) {
  const act = (name, iconName, run) =>
    h(
      "button",
      {
        type: "button",
        class: "tool",
        "data-act": name,
        "aria-label": say(`job.${name}`),
        title: say(`job.${name}`),
        onclick: run,
      },
      icon(iconName),
    );
  if (!hasEnded(job)) {
    return act("stop", "stop", () => remove(`/api/jobs/${part(job.id)}`).catch(tellError));
  }
  const some = job.kind === "add" && job.state === "done" && job.result?.failed?.length > 0;
  return [
    (job.state !== "done" || some) && act("retry", "retry", () => again(job)),
    onDrop && act("drop", "close", onDrop),
  ];
}

function stateOf(job) {
  const { done, total, what, unit, left_s: left } = job.progress ?? {};
  if (job.state !== "running") return say(job.stopping ? "job.stopping" : `job.${job.state}`);
  if (job.stopping) return say("job.stopping");
  const amount = total ? `${count(done, unit)} / ${count(total, unit)}` : done ? count(done, unit) : "";
  const parts = [what || say("job.running"), amount, left > 1 && say("job.left", { time: duration(left) })];
  return parts.filter(Boolean).join(" · ");
}

const count = (value, unit) => (/^bytes?$|^B$|바이트/.test(unit ?? "") ? size(value) : number(value));

function bar({ progress, state }) {
  const { done = 0, total } = progress ?? {};
  const known = state === "running" && total > 0;
  return h("progress", {
    class: "bar",
    max: 1,
    value: known ? Math.min(1, done / total) : undefined,
    "aria-label": known ? percent(Math.min(1, done / total)) : say("job.running"),
  });
}

const problem = ({ message, hint }) =>
  h(
    "div",
    { class: "note bad" },
    icon("warn"),
    h("div", {}, h("p", {}, message), hint && h("p", { class: "quiet" }, hint)),
  );

function log(job) {
  if (!job.log?.length) return null;
  return h("details", { class: "job-log" }, h("summary", {}, say("job.log")), h("pre", {}, job.log.join("\n")));
}

/** What an `add` job has brought, and the files that could not be read. */
export function addOutcome(job) {
  const { result } = job;
  if (!result) return null;
  const sums = ["added", "updated", "unchanged", "removed"].filter((name) => result[name]);
  const failed = result.failed ?? [];
  return [
    sums.length > 0 &&
      h("p", { class: "small quiet" }, sums.map((name) => say(`job.${name}`, { count: result[name] })).join(" · ")),
    failed.length > 0 &&
      add(
        h("ul", { class: "failures small" }),
        failed.map(({ path, reason }) =>
          h("li", {}, h("strong", {}, path), " ", h("span", { class: "quiet" }, reason)),
        ),
      ),
  ];
}
