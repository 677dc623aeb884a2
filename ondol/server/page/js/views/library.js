// Library: what can be asked about. Files come in by dropping or choosing them, and are listed.
import { get, part, post, remove } from "../api.js";
import { add, fill, h, later } from "../dom.js";
import { pageHead } from "../head.js";
import { icon } from "../icons.js";
import { addOutcome, hasEnded, jobCard, listJobs } from "../jobs.js";
import { collectionBar } from "../library/collections.js";
import { showSource } from "../library/reading.js";
import { dropZone } from "../library/uploads.js";
import { currentCollection, loadCollections, onChange, state } from "../state.js";
import { errorNote, tellError, toast } from "../tell.js";
import { fileName, number, say, when } from "../words.js";

const ROWS = 50;
const RECENT_S = 3600;

/** `rest` is empty, or [collection, document id] to read a source. */
export function open(place, rest) {
  if (rest.length > 1) return showSource(place, ...rest);
  return new Library(place).close;
}

class Library {
  constructor(place) {
    this.jobs = h("section", { class: "jobs", "aria-label": say("library.jobs") });
    this.count = h("p", { class: "quiet", role: "status" });
    this.list = h("ul", { class: "rows" });
    this.more = h("button", { type: "button", class: "button", hidden: true, onclick: () => this.load(this.shown) });
    this.find = h("input", {
      type: "search",
      class: "field",
      "aria-label": say("library.find"),
      placeholder: say("library.find"),
      oninput: later(() => this.load(0)),
    });
    const page = h(
      "div",
      { class: "page" },
      pageHead(say("nav.library"), "", collectionBar()),
      dropZone({ begun: (job) => this.follow(job, true) }),
      this.jobs,
      h("div", { class: "list-head" }, this.count, this.find),
      this.list,
      this.more,
    );
    fill(place, page);
    this.ends = [onChange((what) => what === "collection" && this.load(0))];
    this.close = () => this.ends.forEach((end) => end());
    this.load(0);
    this.recent();
  }

  async recent() {
    const fresh = Date.now() / 1000 - RECENT_S;
    try {
      const rows = (await listJobs("add")).filter(
        (job) => !hasEnded(job) || ((job.state === "failed" || job.result?.failed?.length) && job.ended > fresh),
      );
      rows
        .slice(0, 5)
        .reverse()
        .forEach((job) => this.follow(job));
    } catch (error) {
      tellError(error);
    }
  }

  follow(job) {
    const card = jobCard(job, {
      detail: addOutcome,
      onEnd: (row) => {
        loadCollections()
          .catch(() => {})
          .then(() => this.load(0));
        if (row.state === "done" && !row.result?.failed?.length) setTimeout(() => card.remove(), 8000);
      },
      onDrop: () => card.remove(),
    });
    this.jobs.prepend(card);
    this.ends.push(() => card.end());
  }

  async load(offset) {
    if (state.settings && !state.collections.some(({ name }) => name === currentCollection())) return this.empty("");
    const query = { collection: currentCollection(), q: this.find.value.trim(), offset, limit: ROWS };
    const turn = (this.turn = (this.turn ?? 0) + 1);
    try {
      const { total, sources } = await get("/api/sources", query);
      if (turn !== this.turn) return;
      if (!offset) fill(this.list);
      add(
        this.list,
        sources.map((row) => this.row(row)),
      );
      this.shown = offset + sources.length;
      this.count.textContent = say("library.count", { count: total });
      this.more.hidden = this.shown >= total;
      this.more.textContent = say("library.more", { count: total - this.shown });
      if (!total) this.empty(query.q);
    } catch (error) {
      if (error.code === "not_found") return this.empty("");
      fill(
        this.list,
        h(
          "li",
          {},
          errorNote(error, () => this.load(offset)),
        ),
      );
    }
  }

  empty(words) {
    this.count.textContent = words ? say("library.nothing", { words }) : "";
    this.find.hidden = !words && !this.find.value;
    this.more.hidden = true;
    fill(
      this.list,
      !words &&
        h(
          "li",
          { class: "empty" },
          icon("library"),
          h("p", {}, say("library.empty")),
          h("p", { class: "quiet small" }, say("library.empty.hint")),
        ),
    );
  }

  row(row) {
    this.find.hidden = false;
    const collection = currentCollection();
    const facts = [
      fileName(row.source) !== row.title && fileName(row.source),
      row.pages > 0 && say("library.pages", { count: row.pages }),
      say("library.chunks", { count: row.chunks }),
      row.added && when(row.added),
    ];
    return h(
      "li",
      { class: "row-item" },
      icon("file"),
      h(
        "a",
        { class: "row-main", href: `#/library/${part(collection)}/${part(row.document_id)}` },
        h("span", { class: "row-title" }, row.title || fileName(row.source)),
        h("span", { class: "row-facts" }, facts.filter(Boolean).join(" · ")),
      ),
      row.tags?.length > 0 &&
        h(
          "span",
          { class: "tags" },
          row.tags.map((tag) => h("span", { class: "tag" }, tag)),
        ),
      h(
        "button",
        {
          type: "button",
          class: "tool",
          "aria-label": say("library.remove", { name: row.title }),
          title: say("delete"),
          onclick: (event) => this.drop(row, event.currentTarget.closest("li")),
        },
        icon("trash"),
      ),
    );
  }

  async drop(row, item) {
    const collection = currentCollection();
    item.classList.add("leaving");
    try {
      const told = await remove("/api/source", { id: row.document_id, collection });
      const next = item.nextElementSibling ?? item.previousElementSibling;
      (next?.querySelector("a") ?? this.find).focus();
      await this.load(0);
      loadCollections().catch(() => {});
      const text = told.note || say("library.removed", { name: row.title });
      if (!told.undo) return void toast(text);
      toast(text, { ms: 15000, action: { label: say("undo"), run: () => this.restore(told.undo) } });
    } catch (error) {
      item.classList.remove("leaving");
      tellError(error);
    }
  }

  async restore(token) {
    try {
      const { restored } = await post(`/api/undo/${part(token)}`);
      toast(say("library.restored", { count: restored.length, n: number(restored.length) }));
      await Promise.all([this.load(0), loadCollections()]);
    } catch (error) {
      tellError(error);
    }
  }
}
