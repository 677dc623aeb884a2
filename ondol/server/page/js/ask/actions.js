// Below an answer: copy it, call it good or bad, ask again, and see how it came about.
import { post } from "../api.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { shortSpec } from "../state.js";
import { copyText, tellError, toast } from "../tell.js";
import { duration, number, percent, place, say } from "../words.js";

export function actionsOf(row, talk, { isLast }) {
  const done = row.state === "done";
  const right = h("form", { class: "right-answer", hidden: true });
  return [
    h(
      "div",
      { class: "answer-actions" },
      row.text && tool("copy", say("copy"), () => copyText(asText(row))),
      done && markButton("good", row, right),
      done && markButton("bad", row, right),
      isLast && tool("retry", say("ask.retry"), () => talk.again?.()),
      done && row.told && about(row),
    ),
    done && right,
  ];
}

function tool(name, label, onclick, more = {}) {
  const given = { type: "button", class: "tool", "aria-label": label, title: label, onclick, ...more };
  return h("button", given, icon(name));
}

function asText({ text, told }) {
  const cited = (told?.citations ?? []).map((one) => `[${one.mark}] ${place(one)}: “${one.quote.trim()}”`);
  return [text, cited.join("\n")].filter(Boolean).join("\n\n");
}

function markButton(mark, row, form) {
  const button = tool(mark, say(`ask.mark.${mark}`), () => choose(mark, row, form, button), {
    "aria-pressed": String(row.mark === mark),
    "data-mark": mark,
  });
  return button;
}

async function choose(mark, row, form, button) {
  try {
    await keepMark(row, mark);
  } catch (error) {
    tellError(error);
    return;
  }
  row.mark = mark;
  for (const one of button.parentElement.querySelectorAll("[data-mark]")) {
    one.setAttribute("aria-pressed", String(one === button));
  }
  form.hidden = mark !== "bad";
  if (mark === "bad") askRight(row, form);
  else toast(say("ask.marked"));
}

function keepMark(row, mark, right = "") {
  const { question, answer, citations = [] } = { ...row.told, question: row.question };
  return post("/api/feedback", { answer: { question, answer, citations }, mark, right });
}

function askRight(row, form) {
  const input = h("textarea", { rows: 2, "aria-label": say("ask.right"), placeholder: say("ask.right.example") });
  form.replaceChildren(
    h("p", { class: "small" }, say("ask.right")),
    input,
    h(
      "div",
      { class: "row" },
      h("button", { class: "button primary small", type: "submit" }, say("save")),
      h("button", { class: "button small", type: "button", onclick: () => (form.hidden = true) }, say("skip")),
    ),
  );
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      await keepMark(row, "bad", input.value.trim());
      form.hidden = true;
      toast(say("ask.marked"));
    } catch (error) {
      tellError(error);
    }
  };
  form.scrollIntoView({ block: "nearest" });
  input.focus();
}

function about({ told }) {
  const rows = [
    [say("ask.about.model"), shortSpec(told.model)],
    told.confidence > 0 && [say("ask.about.confidence"), percent(told.confidence)],
    told.ms?.total && [say("ask.about.time"), duration(told.ms.total / 1000)],
    told.ms?.first_token && [say("ask.about.first"), `${number(told.ms.first_token)} ms`],
    told.usage?.completion_tokens > 0 && [
      say("ask.about.tokens"),
      `${number(told.usage.prompt_tokens)} + ${number(told.usage.completion_tokens)}`,
    ],
    told.reader && [say("ask.about.reader"), shortSpec(told.reader)],
  ].filter((row) => row && row[1]);
  if (!rows.length) return null;
  return h(
    "details",
    { class: "about" },
    h("summary", { class: "tool", "aria-label": say("ask.about"), title: say("ask.about") }, icon("info")),
    h(
      "dl",
      { class: "facts" },
      rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
    ),
  );
}
