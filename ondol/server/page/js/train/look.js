// Step 2: the examples are looked at: what is wrong with them, and what of the first one is learnt.
import { post } from "../api.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { errorNote } from "../tell.js";
import { say } from "../words.js";
import { asked } from "./run.js";
import { step } from "./data.js";

const SHOWN = 600; // tokens of the picture
const LEVELS = { error: "bad", warning: "warn", note: "info" };

export function lookStep(draft) {
  const result = h("div", { role: "status" }, draft.found && findings(draft.found));
  const button = h(
    "button",
    { type: "button", class: "button", onclick: () => look(draft, result, button) },
    say("train.look"),
  );
  return step(2, say("train.check"), h("p", { class: "quiet small" }, say("train.check.hint")), button, result);
}

async function look(draft, result, button) {
  button.disabled = true;
  fill(result, h("p", { class: "quiet small" }, say("train.looking")));
  try {
    draft.found = await post("/api/runs/lint", asked(draft, { named: false }));
    fill(result, findings(draft.found));
  } catch (error) {
    fill(result, errorNote(error));
  }
  button.disabled = false;
}

function findings(found) {
  return [
    found.examples !== undefined && h("p", {}, say("train.examples", { count: found.examples, held: found.held_out })),
    found.findings.length
      ? h("ul", { class: "findings" }, found.findings.map(finding))
      : h("p", { class: "note good" }, icon("check"), say("train.fine")),
    found.picture?.length > 0 && picture(found.picture),
  ];
}

function finding({ level, message, fix, rows }) {
  return h(
    "li",
    { class: `note ${LEVELS[level] ?? "info"}` },
    icon(level === "note" ? "info" : "warn"),
    h(
      "div",
      {},
      h("p", {}, h("strong", {}, say(`train.level.${level}`)), " ", message),
      fix && h("p", { class: "quiet small" }, fix),
      rows?.length > 0 &&
        h(
          "details",
          { class: "small" },
          h("summary", {}, say("train.rows.which", { count: rows.length })),
          h("p", { class: "mono" }, rows.join(", ")),
        ),
    ),
  );
}

function picture(tokens) {
  const legend = ["read", "learnt", "end"].map((name) =>
    h("span", { class: `token ${name}` }, say(`train.token.${name}`)),
  );
  return h(
    "figure",
    { class: "tokens-figure" },
    h("figcaption", { class: "label" }, say("train.picture"), " ", legend),
    h(
      "div",
      { class: "tokens" },
      tokens
        .slice(0, SHOWN)
        .map(({ text, trained, state }) =>
          h("span", { class: `token ${state ?? (trained ? "learnt" : "read")}` }, shown(text)),
        ),
    ),
  );
}

const shown = (text) => text.replace(/\n/g, "⏎\n").replace(/\t/g, "⇥");
