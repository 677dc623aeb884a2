// Evaluate: the same questions answered in several ways, and which of them is better.
import { get, part } from "../api.js";
import { fill, h } from "../dom.js";
import { pageHead } from "../head.js";
import { icon } from "../icons.js";
import { evaluationForm } from "../evaluate/form.js";
import { showEvaluation, waysOf } from "../evaluate/result.js";
import { collectionBar } from "../library/collections.js";
import { errorNote } from "../tell.js";
import { say, when } from "../words.js";

export function open(place, [id]) {
  if (id) return showEvaluation(place, id);
  const list = h("section", { class: "group" });
  fill(
    place,
    h(
      "div",
      { class: "page" },
      pageHead(say("nav.evaluate"), say("evaluate.about"), collectionBar({ withMenu: false })),
      evaluationForm(),
      list,
    ),
  );
  load(list);
  return undefined;
}

async function load(list) {
  try {
    const { evaluations } = await get("/api/evaluations");
    fill(
      list,
      h("h2", {}, say("evaluate.list")),
      evaluations.length
        ? h("ul", { class: "rows" }, evaluations.map(item))
        : h("p", { class: "quiet" }, say("evaluate.none")),
    );
  } catch (error) {
    fill(
      list,
      h("h2", {}, say("evaluate.list")),
      errorNote(error, () => load(list)),
    );
  }
}

function item(job) {
  const asked = job.request ?? {};
  const facts = [
    when(job.created),
    say("evaluate.questions.count", { count: asked.questions ?? 0 }),
    asked.collection,
    asked.adapter,
  ];
  return h(
    "li",
    { class: "row-item" },
    icon("evaluate"),
    h(
      "a",
      { class: "row-main", href: `#/evaluate/${part(job.id)}` },
      h("span", { class: "row-title" }, waysOf(job)),
      h("span", { class: "row-facts" }, facts.filter(Boolean).join(" · ")),
    ),
    h("span", { class: `tag ${{ done: "good", failed: "bad" }[job.state] ?? ""}` }, say(`job.${job.state}`)),
  );
}
