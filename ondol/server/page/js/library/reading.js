// A source as it was read: its text, its pages, and the chunks that are searched.
import { address, get } from "../api.js";
import { Letters, add, fill, h } from "../dom.js";
import { errorNote } from "../tell.js";
import { fileName, say, sectionOf, when } from "../words.js";

const SHOWN = 200000; // letters that are drawn at once

export async function showSource(place, collection, id) {
  const page = h("div", { class: "page reading" }, h("p", { class: "quiet", role: "status" }, say("source.opening")));
  fill(place, page);
  const back = h("a", { class: "back", href: "#/library" }, "← ", say("nav.library"));
  try {
    const told = await get("/api/source", { id, collection });
    fill(
      page,
      back,
      h("h1", { tabindex: -1 }, told.title || fileName(told.source)),
      h("p", { class: "small quiet path" }, told.source),
      facts(told),
      body(told, collection, id),
    );
  } catch (error) {
    fill(
      page,
      back,
      h("h1", { tabindex: -1 }, fileName(id)),
      errorNote(error, () => showSource(place, collection, id)),
    );
  }
  return undefined;
}

function facts(told) {
  const rows = [
    [say("reading.kind"), told.format],
    [say("reading.pages"), told.pages.length || null],
    [say("reading.chunks"), told.chunks.length],
    [say("reading.language"), told.language],
    [say("reading.date"), told.date && when(told.date)],
    [say("reading.author"), told.author],
    [say("reading.tags"), told.tags?.join(", ")],
  ].filter(([, value]) => value);
  return h(
    "dl",
    { class: "facts wide" },
    rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

function body(told, collection, id) {
  const letters = new Letters(told.text);
  const text = h("div", { class: "source-body prose-text" });
  const draw = (cut) => fill(text, cut ? chunks(told, letters) : pages(told, letters, collection, id));
  const box = h("input", { type: "checkbox", role: "switch", onchange: () => draw(box.checked) });
  draw(false);
  return [
    h("label", { class: "switch" }, box, h("span", {}, say("reading.cut"))),
    told.hidden && h("p", { class: "note warn" }, told.hidden),
    text,
    letters.length > SHOWN && h("p", { class: "quiet" }, say("reading.long")),
  ];
}

function pages(told, letters, collection, id) {
  const rows = told.pages.length ? told.pages : [{ page: 0, start: 0, end: letters.length }];
  return rows
    .filter((row) => row.start < SHOWN)
    .map((row) =>
      add(
        h("section", { class: "sheet" }),
        row.page > 0 &&
          h(
            "h2",
            { class: "label" },
            row.name || say("source.page", { page: String(row.page) }),
            told.original && [
              " ",
              h(
                "a",
                {
                  href: address(`/api/source/page/${row.page}.png`, { id, collection }),
                  target: "_blank",
                  rel: "noopener",
                },
                say("reading.picture"),
              ),
            ],
          ),
        h("p", {}, letters.slice(row.start, Math.min(row.end, SHOWN)).trim()),
      ),
    );
}

function chunks(told, letters) {
  return told.chunks
    .filter((row) => row.start < SHOWN)
    .map((row, at) =>
      h(
        "section",
        { class: "chunk" },
        h(
          "h2",
          { class: "label" },
          [
            say("reading.chunk", { n: at + 1 }),
            sectionOf({ heading: row.heading, title: told.title }),
            row.tokens && say("reading.tokens", { count: row.tokens }),
          ]
            .filter(Boolean)
            .join(" · "),
        ),
        h("p", {}, letters.slice(row.start, row.end).trim()),
      ),
    );
}
