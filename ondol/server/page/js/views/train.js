// Train: from a file of examples to an adapter, one step after the other.
import { get, part, remove } from "../api.js";
import { fill, h } from "../dom.js";
import { pageHead } from "../head.js";
import { icon } from "../icons.js";
import { dataStep } from "../train/data.js";
import { lookStep } from "../train/look.js";
import { runStep } from "../train/run.js";
import { showRun } from "../train/watch.js";
import { loadOffers, shortSpec } from "../state.js";
import { confirmBox, errorNote, tellError, toast } from "../tell.js";
import { fixed, known, say, when } from "../words.js";

const draft = {}; // what was chosen stays while other views are open

export function open(place, [name]) {
  if (name) return showRun(place, name);
  const steps = h("div", { class: "steps" });
  const runs = h("section", { class: "group" });
  const draw = () =>
    fill(steps, dataStep(draft, draw), draft.data && lookStep(draft, draw), draft.data && runStep(draft));
  fill(
    place,
    h(
      "div",
      { class: "page" },
      pageHead(say("nav.train"), say("train.about")),
      steps,
      runs,
    ),
  );
  draw();
  loadRuns(runs);
  return undefined;
}

async function loadRuns(section) {
  try {
    const [{ runs }, { adapters }] = await Promise.all([get("/api/runs"), get("/api/adapters")]);
    const names = new Set(runs.map((row) => row.name));
    const rows = [...runs, ...adapters.filter((row) => !names.has(row.name))];
    fill(
      section,
      h("h2", {}, say("train.runs")),
      rows.length
        ? h(
            "ul",
            { class: "rows" },
            rows.map((row) => item(row, section)),
          )
        : h("p", { class: "quiet" }, say("train.runs.none")),
    );
  } catch (error) {
    fill(
      section,
      h("h2", {}, say("train.runs")),
      errorNote(error, () => loadRuns(section)),
    );
  }
}

function item(row, section) {
  const state = row.state && row.state !== "done" ? row.state : row.status;
  const facts = [
    row.method,
    row.base && shortSpec(row.base),
    row.started && when(row.started),
    typeof row.valid_nll === "number" && say("train.held", { value: fixed(row.valid_nll, 3) }),
  ];
  return h(
    "li",
    { class: "row-item" },
    icon("train"),
    h(
      "a",
      { class: "row-main", href: `#/train/${part(row.name)}` },
      h("span", { class: "row-title" }, row.name),
      h("span", { class: "row-facts" }, facts.filter(Boolean).join(" · ")),
    ),
    h(
      "span",
      { class: `tag ${{ done: "good", failed: "bad", damaged: "bad" }[state] ?? ""}` },
      known(`job.${state}`) ? say(`job.${state}`) : state,
    ),
    h(
      "button",
      {
        type: "button",
        class: "tool",
        "aria-label": say("train.remove.name", row),
        title: say("delete"),
        onclick: () => drop(row, section),
      },
      icon("trash"),
    ),
  );
}

async function drop(row, section) {
  const box = {
    title: say("train.remove.name", row),
    text: say("train.remove.text"),
    action: say("delete"),
    danger: true,
  };
  if (!(await confirmBox(box))) return;
  try {
    await remove(`/api/adapters/${part(row.name)}`);
    toast(say("train.removed", row));
    await Promise.all([loadRuns(section), loadOffers()]);
  } catch (error) {
    tellError(error);
  }
}
