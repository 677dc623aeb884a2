// What is compared: questions, ways to answer, and what they answer with.
import { part, post, sendForm } from "../api.js";
import { fill, h } from "../dom.js";
import { fileButton } from "../files.js";
import { currentCollection, onChange, shortSpec, state } from "../state.js";
import { errorNote } from "../tell.js";
import { say } from "../words.js";

export const ARMS = ["base", "rag", "tuned", "tuned+rag"];
const draft = { source: "file", data: null, arms: ["base", "rag"], adapter: "", limit: "" };

export function evaluationForm() {
  const status = h("div", { role: "status" });
  const body = h("div", { class: "step-body" });
  const form = h("form", { class: "step" }, body);
  const draw = () =>
    fill(
      body,
      questions(draw, status),
      arms(draw),
      choices(draw),
      status,
      h(
        "div",
        { class: "row" },
        h("button", { type: "submit", class: "button primary", disabled: !isReady() }, say("evaluate.start")),
      ),
    );
  form.onsubmit = (event) => {
    event.preventDefault();
    start(status);
  };
  draw();
  const end = onChange((what) => {
    if (!form.isConnected) end();
    else if (what === "collection" || what === "offers") draw();
  });
  return form;
}

const isReady = () =>
  (draft.source === "feedback" || draft.data) &&
  draft.arms.length > 0 &&
  (draft.adapter || !draft.arms.some((name) => name.startsWith("tuned")));

function questions(draw, status) {
  const radio = (value) =>
    h(
      "label",
      {},
      h("input", {
        type: "radio",
        name: "questions",
        value,
        checked: draft.source === value,
        onchange: () => ((draft.source = value), draw()),
      }),
      h("span", {}, say(`evaluate.from.${value}`)),
    );
  const file = fileButton(say("evaluate.file"), ([chosen]) => send(chosen, draw, status), {
    accept: ".jsonl,.json,.csv,.tsv,.xlsx",
  });
  return [
    h(
      "fieldset",
      { class: "segments" },
      h("legend", { class: "label" }, say("evaluate.questions")),
      radio("file"),
      radio("feedback"),
    ),
    h("p", { class: "quiet small" }, say(`evaluate.from.${draft.source}.hint`)),
    draft.source === "file" && file,
    draft.source === "file" &&
      draft.data &&
      h(
        "p",
        { class: "small" },
        h("strong", {}, draft.data.name ?? ""),
        " ",
        say("evaluate.questions.count", { count: draft.data.rows }),
      ),
  ];
}

async function send(file, draw, status) {
  const form = new FormData();
  form.append("files", file, file.name);
  fill(status, h("p", { class: "small" }, say("train.sending")));
  try {
    draft.data = await sendForm("/api/runs/data", form);
    fill(status);
    draw();
  } catch (error) {
    fill(status, errorNote(error));
  }
}

function arms(draw) {
  const box = (name) =>
    h(
      "label",
      { class: "check" },
      h("input", {
        type: "checkbox",
        checked: draft.arms.includes(name),
        onchange: (event) => {
          draft.arms = ARMS.filter((one) => (one === name ? event.target.checked : draft.arms.includes(one)));
          draw();
        },
      }),
      h(
        "span",
        {},
        say(`evaluate.arm.${name}`),
        h("span", { class: "quiet small" }, " ", say(`evaluate.arm.${name}.hint`)),
      ),
    );
  return h("fieldset", { class: "checks" }, h("legend", { class: "label" }, say("evaluate.arms")), ARMS.map(box));
}

function choices(draw) {
  const adapters = [...new Set(state.offers.flatMap((row) => row.adapters))];
  const needs = draft.arms.some((name) => name.startsWith("tuned"));
  const adapter = h(
    "select",
    {
      class: "field",
      value: draft.adapter,
      onchange: () => {
        draft.adapter = adapter.value;
        draw();
      },
    },
    ["", ...adapters].map((name) => h("option", { value: name }, name || say("evaluate.adapter.choose"))),
  );
  const limit = h("input", {
    class: "field",
    type: "number",
    min: 1,
    value: draft.limit,
    placeholder: say("evaluate.all"),
    oninput: () => (draft.limit = limit.value),
  });
  const text = say("evaluate.with", { model: shortSpec(modelOf()), collection: currentCollection() });
  return [
    h(
      "div",
      { class: "fields" },
      needs && h("label", { class: "labelled" }, h("span", { class: "small quiet" }, say("ask.adapter")), adapter),
      h("label", { class: "labelled" }, h("span", { class: "small quiet" }, say("evaluate.limit")), limit),
    ),
    h("p", { class: "quiet small" }, text),
    needs && !adapters.length && h("p", { class: "note warn" }, say("evaluate.adapter.none")),
  ];
}

/** The base of the adapter that is compared, else the settings' model. */
function modelOf() {
  const offer = draft.adapter && state.offers.find((row) => row.adapters.includes(draft.adapter));
  return (offer && offer.spec) || state.settings?.model || "";
}

async function start(status) {
  const uses = draft.arms.some((name) => name.startsWith("tuned"));
  const body = {
    questions: draft.source === "feedback" ? "feedback" : draft.data.data,
    arms: draft.arms,
    model: modelOf() === state.settings?.model ? "" : modelOf(),
    adapter: uses ? draft.adapter : "",
    collection: currentCollection(),
    ...(draft.limit ? { limit: Number(draft.limit) } : {}),
  };
  fill(status, h("p", { class: "quiet small" }, say("evaluate.starting")));
  try {
    const { job } = await post("/api/evaluations", body);
    location.hash = `#/evaluate/${part(job.id)}`;
  } catch (error) {
    fill(status, errorNote(error));
  }
}
