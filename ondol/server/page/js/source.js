// The side panel: a source at the passage that was cited, as its page's picture or as text.
import { address, get, part } from "./api.js";
import { Letters, fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { errorNote } from "./tell.js";
import { fileName, place, say, sectionOf } from "./words.js";

const WIDE = matchMedia("(min-width: 1180px)");
const AROUND = 700;
let panel = null;
let opener = null;

export function sourcePanel() {
  panel = h("dialog", { class: "panel", "aria-label": say("source.title") });
  panel.addEventListener("keydown", (event) => event.key === "Escape" && closeSource());
  panel.addEventListener("click", (event) => event.target === panel && closeSource()); // beside a modal one
  WIDE.addEventListener("change", closeSource);
  return panel;
}

export function closeSource() {
  if (panel?.open) {
    panel.close();
    if (opener?.isConnected) opener.focus(); // at once: by the event `close` the keyboard may have gone on
  }
  document.body.classList.remove("with-panel");
}

/** Show `passage`: a citation or a hit, with its `collection`. The focus returns to `from` afterwards. */
export function openSource(passage, from = null) {
  opener = from;
  const body = h("div", { class: "panel-body" }, h("p", { class: "quiet", role: "status" }, say("source.opening")));
  const title = h("h2", { tabindex: -1, class: "panel-title" }, place(passage));
  fill(
    panel,
    h(
      "header",
      { class: "panel-head" },
      h("div", { class: "panel-name" }, title, h("p", { class: "small quiet path" }, passage.source)),
      h("button", { type: "button", class: "tool", "aria-label": say("close"), onclick: closeSource }, icon("close")),
    ),
    body,
  );
  if (!panel.open) {
    if (WIDE.matches) panel.show();
    else panel.showModal();
  }
  document.body.classList.toggle("with-panel", WIDE.matches);
  title.focus();
  load(passage, body);
}

async function load(passage, body) {
  const { document_id: id, collection, start, end } = passage;
  try {
    const told = await get("/api/source/passage", { id, collection, start, end, around: AROUND });
    fill(body, views(passage, told));
  } catch (error) {
    fill(
      body,
      errorNote(error, () => load(passage, body)),
    );
  }
}

/** Text and, of a PDF that is still there, its page: two tabs. */
function views(passage, told) {
  const text = h("div", { class: "panel-text", role: "tabpanel", tabindex: 0 }, showText(passage, told));
  if (!passage.page || !/\.pdf$/i.test(passage.source)) return [text, more(passage)];
  const picture = h("div", { class: "panel-page", role: "tabpanel", tabindex: 0, "aria-busy": "true" });
  const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": say("source.as") });
  const choose = (wanted) => {
    [...tabs.children].forEach((tab, at) => {
      tab.setAttribute("aria-selected", String(at === wanted));
      tab.tabIndex = at === wanted ? 0 : -1;
    });
    [picture.hidden, text.hidden] = [wanted !== 0, wanted !== 1];
  };
  const names = [say("source.page", { page: String(passage.page) }), say("source.text")];
  fill(
    tabs,
    names.map((name, at) => h("button", { type: "button", role: "tab", onclick: () => choose(at) }, name)),
  );
  tabs.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const other = picture.hidden ? 0 : 1;
    choose(other);
    tabs.children[other].focus();
  });
  choose(0);
  const gone = () => (tabs.replaceWith(h("p", { class: "small quiet" }, say("source.no-page"))), choose(1));
  showPage(passage, picture, gone);
  return [tabs, picture, text, more(passage)];
}

function showPage({ document_id: id, collection, page, start, end, source }, frame, gone) {
  const width = Math.min(1600, Math.round(560 * Math.max(1, devicePixelRatio)));
  const image = h("img", {
    alt: say("source.page.alt", { page: String(page), name: fileName(source) }),
    src: address(`/api/source/page/${page}.png`, { id, collection, start, end, width }),
    onload: () => frame.setAttribute("aria-busy", "false"),
    onerror: gone,
  });
  frame.append(h("a", { href: image.src, target: "_blank", rel: "noopener", title: say("source.page.open") }, image));
}

/** The passage in what stands around it, marked, and within it the words that answer. */
function showText({ words }, told) {
  const letters = new Letters(told.text);
  const section = sectionOf(told);
  const at = (offset) => Math.min(letters.length, Math.max(0, offset - told.begin));
  const [start, end] = [at(told.start), at(told.end)];
  const [first, last] = words ? [Math.max(start, at(words[0])), Math.min(end, at(words[1]))] : [end, end];
  const passage = h(
    "mark",
    {},
    letters.slice(start, first),
    first < last && h("strong", { class: "words" }, letters.slice(first, last)),
    letters.slice(Math.max(first, last), end),
  );
  if (start > 0) queueMicrotask(() => passage.scrollIntoView({ block: "center" }));
  return [
    section && h("p", { class: "small quiet heading" }, section),
    h("p", { class: "source-body" }, told.begin > 0 && "… ", letters.slice(0, start), passage, letters.slice(end)),
  ];
}

function more({ document_id: id, collection }) {
  const hash = `#/library/${part(collection ?? "")}/${part(id)}`;
  return h("p", { class: "panel-more" }, h("a", { href: hash }, say("source.whole")));
}
