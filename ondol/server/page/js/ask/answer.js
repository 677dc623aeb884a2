// One answer: what happens until it is there, its text with numbered citations, its sources, and what can be done.
import { add, fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { renderMarkdown } from "../markdown.js";
import { openSource } from "../source.js";
import { number, place, say } from "../words.js";
import { actionsOf } from "./actions.js";

const LONGEST_LEAD = 80;

/** An element with `update()`, which is called whenever the row has changed. */
export function showAnswer(row, talk, { isLast }) {
  const status = h("p", { class: "answer-status", role: "status" });
  const thoughts = h("details", { class: "thoughts" }, h("summary"), h("div", { class: "thoughts-text" }));
  const text = h("div", { class: "prose" });
  const below = h("div", { class: "answer-below" });
  const element = h("article", { class: "answer", "aria-label": say("ask.answer") }, status, thoughts, text, below);
  let due = 0;
  let shown = "";
  const update = () => {
    due = 0;
    const ended = ["done", "stopped", "failed"].includes(row.state);
    const now = `${row.state} ${isLast()}`;
    if (ended && now === shown) return; // so that what is open below it stays open
    shown = now;
    element.setAttribute("aria-busy", String(!ended));
    tellStatus(status, ended ? "" : statusOf(row));
    showThoughts(thoughts, row);
    const isTold = row.told?.abstained && nearest(row.told).length > 0; // by the note and the passages below
    fill(text, lead(row), !isTold && row.text && renderMarkdown(row.text, (mark) => citeButton(row, talk, mark)));
    element.classList.toggle("abstained", Boolean(row.told?.abstained));
    if (ended) fill(below, outcome(row, talk), sources(row, talk), actionsOf(row, talk, { isLast: isLast() }));
  };
  element.update = () => (due ||= requestAnimationFrame(update));
  update();
  return element;
}

/** Only when it changes: it is read aloud. */
function tellStatus(status, text) {
  status.hidden = !text;
  if (status.textContent !== text) fill(status, text && [h("span", { class: "ember" }), text]);
}

function statusOf(row) {
  if (row.state === "queue") return say("ask.queue", { count: row.position });
  if (row.state === "reading") return say("ask.reading", { count: row.hits.length });
  return say(`ask.${row.state}`);
}

function showThoughts(details, row) {
  details.hidden = !row.thinking;
  if (!row.thinking) return;
  details.querySelector("summary").textContent = say(row.state === "thinking" ? "ask.thinking.now" : "ask.thoughts");
  details.querySelector("div").textContent = row.thinking;
}

/** The few words that answer, where they are not all there is. */
function lead({ state, told }) {
  if (state !== "done" || !told?.short || told.abstained || told.short.length > LONGEST_LEAD) return null;
  const bare = told.answer.replace(/\s*\[\d+\]/g, "").trim();
  return bare === told.short.trim() ? null : h("p", { class: "lead" }, told.short);
}

function citeButton(row, talk, mark) {
  if (row.state === "writing") return h("span", { class: "cite pending" }, mark); // it is checked at the end
  const citation = row.told?.citations?.find((one) => one.mark === mark);
  if (!citation) return null;
  const label = say("ask.citation", { mark: String(mark), place: place(citation) });
  return h(
    "button",
    {
      type: "button",
      class: "cite",
      "aria-label": label,
      title: place(citation),
      onclick: (event) => show(event.currentTarget, citation, row, talk),
    },
    mark,
  );
}

function show(button, passage, row, talk) {
  openSource({ ...passage, collection: row.collection || talk.thread?.collection }, button);
}

function outcome(row) {
  const parts = [];
  if (row.state === "stopped") parts.push(note("info", say(row.text ? "ask.stopped" : "ask.unanswered")));
  if (row.state === "failed") parts.push(failed(row.error));
  const told = row.told ?? {};
  if (told.abstained) parts.push(note("info", say("ask.abstained"), say("ask.abstained.hint")));
  else if (told.quoted) parts.push(note("info", say("ask.quoted")));
  if (told.agrees === false && !told.abstained && !told.quoted) parts.push(note("warn", say("ask.disagrees")));
  if (told.finish_reason === "length") parts.push(note("warn", say("ask.cut")));
  if (told.left_out) parts.push(note("info", told.left_out));
  return parts;
}

function failed(error) {
  return h(
    "div",
    { class: "note bad", role: "alert" },
    icon("warn"),
    h("div", {}, h("p", {}, error.message), error.hint && h("p", { class: "quiet" }, error.hint)),
  );
}

function note(kind, text, hint) {
  return h(
    "div",
    { class: `note ${kind}` },
    icon(kind === "warn" ? "warn" : "info"),
    h("div", {}, h("p", {}, text), hint && h("p", { class: "quiet" }, hint)),
  );
}

const nearest = ({ hits = [] }) => hits.slice(0, 3);

/** The citations; for an abstention the passages that come nearest. */
function sources(row, talk) {
  const told = row.told;
  if (!told) return null;
  const cited = told.citations ?? [];
  if (cited.length)
    return list(
      say("ask.sources"),
      cited.map((one) => [one.mark, one.quote, one]),
      row,
      talk,
    );
  const near = nearest(told);
  if (!told.abstained || !near.length) return null;
  return list(
    say("ask.nearest"),
    near.map((hit, at) => [number(at + 1), hit.text, hit]),
    row,
    talk,
  );
}

function list(title, rows, row, talk) {
  const items = rows.map(([mark, quote, passage]) =>
    h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: "source-card",
          onclick: (event) => show(event.currentTarget, passage, row, talk),
        },
        h("span", { class: "source-mark", "aria-hidden": "true" }, mark),
        h(
          "span",
          { class: "source-text" },
          h("span", { class: "source-place" }, place(passage)),
          h("span", { class: "source-quote" }, quote.replace(/\s+/g, " ").trim()),
        ),
      ),
    ),
  );
  return add(
    h("section", { class: "sources", "aria-label": title }),
    h("h2", { class: "label" }, title),
    h("ul", {}, items),
  );
}
