// Step 3: what is taught and how; what it will take; and its start.
import { part, post } from "../api.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { state, shortSpec } from "../state.js";
import { errorNote, tellError } from "../tell.js";
import { duration, number, say, size } from "../words.js";
import { step } from "./data.js";

const METHODS = ["lora", "qlora", "full", "prefix"];
const KINDS = ["chat", "embedder", "classifier", "span"];
const NUMBERS = {
  epochs: { min: 0.1, step: "any", usual: 3 },
  batch: { min: 1, usual: 8 },
  rank: { min: 1, usual: 16 },
  rate: { min: 0, step: "any", usual: "" },
  max_tokens: { min: 8, usual: 1024 },
  max_steps: { min: 0, usual: "" },
};

/** The request that a draft stands for; numbers that are as usual are left to the server. */
export function asked(draft, { named }) {
  const row = { data: draft.data.data, mapping: draft.mapping, ...chosen(draft), ...numbersOf(draft) };
  return named ? { ...row, name: draft.name } : row;
}

function chosen(draft) {
  const base = draft.base || state.settings?.model;
  return { base, kind: draft.kind ?? "chat", method: draft.method ?? "lora" };
}

function numbersOf({ numbers = {} }) {
  const rows = Object.entries(numbers).filter(([, value]) => value !== "" && value !== null);
  return Object.fromEntries(rows.map(([name, value]) => [name, Number(value)]));
}

export function runStep(draft) {
  const plan = h("div", { role: "status" }, draft.plan && planned(draft.plan));
  const forget = () => {
    draft.plan = null;
    fill(plan);
  };
  const name = h("input", {
    class: "field",
    required: true,
    maxlength: 60,
    value: draft.name ?? "",
    placeholder: say("train.name.example"),
    oninput: () => (draft.name = name.value.trim()),
  });
  const button = h(
    "button",
    { type: "button", class: "button", onclick: () => reckon(draft, plan, button) },
    say("train.plan"),
  );
  const form = h(
    "form",
    { class: "run-form" },
    h(
      "div",
      { class: "fields" },
      labelled("train.name", name),
      labelled("train.base", bases(draft, forget)),
      labelled("train.method", pick(METHODS, draft, "method", "lora", forget)),
      labelled("train.kind", pick(KINDS, draft, "kind", "chat", forget)),
    ),
    h(
      "details",
      {},
      h("summary", { class: "small" }, say("train.numbers")),
      h(
        "div",
        { class: "fields" },
        Object.entries(NUMBERS).map(([key, given]) => numberField(key, given, draft, forget)),
      ),
    ),
    h(
      "div",
      { class: "row wrap" },
      button,
      h("button", { type: "submit", class: "button primary" }, say("train.start")),
    ),
    plan,
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    start(draft, plan);
  };
  return step(3, say("train.teach"), form);
}

const labelled = (key, field) =>
  h("label", { class: "labelled" }, h("span", { class: "small quiet" }, say(key)), field);

function bases(draft, forget) {
  const specs = [...new Set([state.settings?.model, ...state.offers.map((row) => row.spec)])].filter(Boolean);
  const field = h(
    "select",
    {
      class: "field",
      value: draft.base || specs[0] || "",
      onchange: () => {
        draft.base = field.value;
        forget();
      },
    },
    specs.map((spec) => h("option", { value: spec }, shortSpec(spec))),
  );
  return field;
}

function pick(rows, draft, key, usual, forget) {
  const field = h(
    "select",
    {
      class: "field",
      value: draft[key] ?? usual,
      onchange: () => {
        draft[key] = field.value;
        forget();
      },
    },
    rows.map((value) => h("option", { value }, say(`train.${key}.${value}`))),
  );
  return field;
}

function numberField(key, { min, step: each = 1, usual }, draft, forget) {
  const field = h("input", {
    class: "field",
    type: "number",
    min,
    step: each,
    placeholder: usual || say("train.usual"),
    value: draft.numbers?.[key] ?? "",
    oninput: () => {
      draft.numbers = { ...draft.numbers, [key]: field.value };
      forget();
    },
  });
  return labelled(`train.number.${key}`, field);
}

async function reckon(draft, place, button) {
  button.disabled = true;
  fill(place, h("p", { class: "quiet small" }, say("train.planning")));
  try {
    draft.plan = await post("/api/runs/plan", asked(draft, { named: false }));
    fill(place, planned(draft.plan));
  } catch (error) {
    fill(place, errorNote(error));
  }
  button.disabled = false;
}

const MB = 2 ** 20;

function planned(plan) {
  const facts = [
    [say("train.plan.memory"), say("train.plan.of", { a: size(plan.memory_mb * MB), b: size(plan.free_mb * MB) })],
    [say("train.plan.time"), duration(plan.seconds)],
    [say("train.plan.steps"), number(plan.steps)],
    [say("train.plan.learnt"), number(plan.trainable)],
  ];
  return h(
    "div",
    { class: `note ${plan.fits ? "good" : "bad"}` },
    icon(plan.fits ? "check" : "warn"),
    h(
      "div",
      {},
      h("p", {}, h("strong", {}, verdict(plan))),
      h(
        "dl",
        { class: "facts" },
        facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
      ),
      h("p", { class: "quiet small" }, say(plan.source === "probe" ? "train.plan.tried" : "train.plan.reckoned")),
    ),
  );
}

function verdict(plan) {
  if (plan.fits) return say("train.plan.fits");
  if (!plan.change) return say("train.plan.never");
  return say("train.plan.with", { change: plan.change, memory: size(plan.change_memory_mb * MB) });
}

async function start(draft, place) {
  try {
    const { job } = await post("/api/runs", asked(draft, { named: true }));
    location.hash = `#/train/${part(draft.name || job.title)}`;
  } catch (error) {
    fill(place, errorNote(error));
    tellError(error);
  }
}
