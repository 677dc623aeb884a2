// Step 1: a file of examples, and which of its columns is the question and which the answer.
import { sendForm } from "../api.js";
import { fill, h } from "../dom.js";
import { fileButton } from "../files.js";
import { errorNote } from "../tell.js";
import { percent, say } from "../words.js";

const ROLES = ["question", "input", "answer", "system", "messages", "text"];

export function step(number, title, ...body) {
  return h(
    "section",
    { class: "step" },
    h("h2", {}, h("span", { class: "step-number", "aria-hidden": "true" }, number), title),
    h("div", { class: "step-body" }, body),
  );
}

export function dataStep(draft, draw) {
  const status = h("div", { role: "status" });
  const pick = fileButton(say("train.file.choose"), ([file]) => send(file, draft, draw, status), {
    accept: ".jsonl,.json,.csv,.tsv,.xlsx,.parquet",
  });
  const { data } = draft;
  return step(
    1,
    say("train.data"),
    h("p", { class: "quiet small" }, say("train.data.hint")),
    pick,
    status,
    data && [
      h(
        "p",
        {},
        h("strong", {}, data.name ?? say("train.file")),
        " ",
        h("span", { class: "quiet" }, say("train.rows", { count: data.rows })),
      ),
      columns(draft, draw),
      sample(data),
    ],
  );
}

async function send(file, draft, draw, status) {
  const form = new FormData();
  form.append("files", file, file.name);
  fill(status, h("p", { class: "small" }, say("train.sending")));
  try {
    const data = await sendForm("/api/runs/data", form, (share) =>
      fill(status, h("p", { class: "small" }, say("train.sending"), ` ${percent(share)}`)),
    );
    Object.assign(draft, { data, mapping: plain(data.mapping), found: null, plan: null });
    draw();
  } catch (error) {
    fill(status, errorNote(error));
  }
}

/** `{질문}` is the column 질문; a longer template stays as it is. */
const plain = (mapping = {}) =>
  Object.fromEntries(Object.entries(mapping).map(([role, text]) => [role, text.replace(/^\{([^{}]+)\}$/, "$1")]));

function columns(draft, draw) {
  const { data, mapping } = draft;
  const select = (role) => {
    const known = [...new Set(["", ...data.columns, mapping[role] ?? ""])];
    const field = h(
      "select",
      {
        class: "field",
        value: mapping[role] ?? "",
        onchange: () => {
          if (field.value) mapping[role] = field.value;
          else delete mapping[role];
          Object.assign(draft, { found: null, plan: null });
          draw();
        },
      },
      known.map((name) => h("option", { value: name }, name || say("train.role.none"))),
    );
    return h("label", { class: "labelled" }, h("span", { class: "small quiet" }, say(`train.role.${role}`)), field);
  };
  const needed = ROLES.filter((role) => mapping[role] || role === "question" || role === "answer");
  const rest = ROLES.filter((role) => !needed.includes(role));
  return h(
    "fieldset",
    { class: "mapping" },
    h("legend", { class: "label" }, say("train.columns")),
    data.problem && !Object.keys(mapping).length && h("p", { class: "note warn" }, data.problem),
    h("div", { class: "fields" }, needed.map(select)),
    h(
      "details",
      {},
      h("summary", { class: "small" }, say("train.more.columns")),
      h("div", { class: "fields" }, rest.map(select)),
    ),
  );
}

function sample({ columns: names, sample: rows = [] }) {
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": say("train.sample") },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          names.map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.slice(0, 3).map((row) =>
          h(
            "tr",
            {},
            names.map((name) => h("td", {}, row[name] ?? "")),
          ),
        ),
      ),
    ),
  );
}
