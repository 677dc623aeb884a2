// Search: the passages themselves, and why each stands where it stands.
import { post } from "../api.js";
import { fill, h } from "../dom.js";
import { pageHead } from "../head.js";
import { icon } from "../icons.js";
import { collectionBar } from "../library/collections.js";
import { openSource } from "../source.js";
import { currentCollection, keep, kept } from "../state.js";
import { errorNote } from "../tell.js";
import { fixed, number, place, say, sectionOf } from "../words.js";

const MODES = ["hybrid", "dense", "lexical"];
const FILTERS = ["source", "title", "language", "tag", "since", "until"];
let last = null; // what was found stays while other views are open

export function open(place) {
  const results = h("div", { class: "results" });
  const query = h("input", {
    type: "search",
    class: "field large",
    "aria-label": say("search.query"),
    placeholder: say("search.placeholder"),
    value: last?.asked.query ?? "",
    required: true,
  });
  const mode = segments();
  const k = h("input", { type: "number", class: "field narrow", min: 1, max: 100, value: kept("search.k", 8) });
  const filters = filterFields();
  const form = h(
    "form",
    { class: "search-form" },
    h(
      "div",
      { class: "search-row" },
      query,
      h("button", { type: "submit", class: "button primary" }, say("search.go")),
    ),
    h(
      "div",
      { class: "row wrap" },
      mode,
      h("label", { class: "labelled" }, h("span", { class: "small quiet" }, say("search.k")), k),
    ),
    filters,
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    keep("search.k", Number(k.value));
    const asked = {
      query: query.value.trim(),
      mode: form.elements.mode.value,
      k: Number(k.value) || 8,
      collection: currentCollection(),
      filters: readFilters(filters),
    };
    if (asked.query) run(asked, results);
  };
  fill(
    place,
    h(
      "div",
      { class: "page" },
      pageHead(say("nav.search"), "", collectionBar({ withMenu: false })),
      form,
      results,
    ),
  );
  if (last) draw(last.found, last.asked, results);
  else
    fill(
      results,
      h(
        "div",
        { class: "empty" },
        icon("search"),
        h("p", {}, say("search.empty")),
        h("p", { class: "quiet small" }, say("search.empty.hint")),
      ),
    );
  if (matchMedia("(hover: hover)").matches) query.focus();
}

function segments() {
  const chosen = last?.asked.mode ?? kept("search.mode", "hybrid");
  return h(
    "fieldset",
    { class: "segments" },
    h("legend", { class: "only-read" }, say("search.mode")),
    MODES.map((name) =>
      h(
        "label",
        { title: say(`search.mode.${name}.hint`) },
        h("input", {
          type: "radio",
          name: "mode",
          value: name,
          checked: name === chosen,
          onchange: () => keep("search.mode", name),
        }),
        h("span", {}, say(`search.mode.${name}`)),
      ),
    ),
  );
}

function filterFields() {
  const given = last?.asked.filters ?? {};
  const field = (name) => {
    const value = given[name] ?? "";
    if (name !== "language") {
      const more = { placeholder: say(`search.filter.${name}.example`) };
      return h("input", { class: "field", name, value, maxlength: 300, ...more });
    }
    const rows = [
      ["", say("search.any")],
      ["en", "English"],
      ["ko", "한국어"],
    ];
    return h(
      "select",
      { class: "field", name, value },
      rows.map(([code, text]) => h("option", { value: code }, text)),
    );
  };
  return h(
    "details",
    { class: "filters", open: Object.keys(given).length > 0 },
    h("summary", {}, say("search.filters")),
    h(
      "div",
      { class: "fields" },
      FILTERS.map((name) =>
        h(
          "label",
          { class: "labelled" },
          h("span", { class: "small quiet" }, say(`search.filter.${name}`)),
          field(name),
        ),
      ),
    ),
  );
}

function readFilters(filters) {
  const rows = [...filters.querySelectorAll("[name]")].map((field) => [field.name, field.value.trim()]);
  return Object.fromEntries(rows.filter(([, value]) => value));
}

async function run(asked, results) {
  results.setAttribute("aria-busy", "true");
  const waiting = setTimeout(
    () => fill(results, h("p", { class: "quiet", role: "status" }, say("search.running"))),
    400,
  );
  try {
    const found = await post("/api/search", asked);
    last = { asked, found };
    draw(found, asked, results);
  } catch (error) {
    fill(
      results,
      errorNote(error, () => run(asked, results)),
    );
  } finally {
    clearTimeout(waiting);
    results.setAttribute("aria-busy", "false");
  }
}

function draw(found, asked, results) {
  const { hits, ms, explain = {} } = found;
  const terms = [...(explain.terms?.words ?? []), ...(explain.terms?.codes ?? [])];
  fill(
    results,
    h("p", { class: "quiet small", role: "status" }, say("search.found", { count: hits.length, ms: number(ms.total) })),
    terms.length > 0 &&
      h(
        "p",
        { class: "small terms" },
        h("span", { class: "quiet" }, say("search.terms")),
        " ",
        terms.map((term) => h("span", { class: "tag" }, term)),
      ),
    !hits.length &&
      h(
        "div",
        { class: "empty" },
        h("p", {}, say("search.nothing")),
        h("p", { class: "quiet small" }, say("search.nothing.hint")),
      ),
    h(
      "ol",
      { class: "hits" },
      hits.map((hit) => hitCard(hit, asked, hits[0].score)),
    ),
  );
}

function hitCard(hit, asked, best) {
  const { words, ...passage } = hit; // the score by words; a citation's are its place in the text
  const open = (event) => openSource({ ...passage, collection: asked.collection }, event.currentTarget);
  const name = place(hit);
  const section = sectionOf(hit);
  return h(
    "li",
    { class: "hit" },
    h(
      "div",
      { class: "hit-head" },
      h("span", { class: "source-mark", "aria-hidden": "true" }, hit.rank),
      h(
        "button",
        { type: "button", class: "hit-title", onclick: open },
        name,
        section && h("span", { class: "quiet" }, ` — ${section}`),
      ),
      h(
        "span",
        { class: "hit-score" },
        h("meter", {
          min: 0,
          max: Math.max(best, 1e-9),
          value: Math.max(0, hit.score),
          "aria-label": say("search.score"),
        }),
        h("span", { class: "small quiet" }, fixed(hit.score, 3)),
      ),
    ),
    h("p", { class: "hit-text" }, hit.text.trim()),
    why(hit),
  );
}

/** What each side of the search knew of a hit. */
function why(hit) {
  const names = ["cosine", "bm25", "words", "exact", "prior", "lift", "rerank_score"];
  const rows = names.filter((name) => typeof hit[name] === "number");
  if (!rows.length) return null;
  const by = (hit.found_by ?? []).map((side) => say(`search.by.${side}`)).join(" + ");
  return h(
    "details",
    { class: "why" },
    h("summary", { class: "small" }, say("search.why"), by && ` · ${by}`),
    h(
      "dl",
      { class: "facts" },
      rows.map((name) => [
        h("dt", {}, say(`search.side.${name}`)),
        h("dd", {}, fixed(hit[name], 3), h("span", { class: "quiet" }, " ", say(`search.side.${name}.hint`))),
      ]),
    ),
  );
}
