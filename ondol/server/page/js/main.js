// The frame of the page: navigation, conversations, and one view at a time, chosen by the address behind the #.
import { ApiError } from "./api.js";
import { drawThreads, newThreadLink } from "./ask/thread.js";
import { fill, h } from "./dom.js";
import { brandMark, icon } from "./icons.js";
import { closeSource, sourcePanel } from "./source.js";
import { kept, loadCollections, loadOffers, loadSettings, loadThreads, onChange } from "./state.js";
import { errorNote, tellError, toastRegion } from "./tell.js";
import { say, setLanguage } from "./words.js";

const VIEWS = {
  ask: () => import("./views/ask.js"),
  library: () => import("./views/library.js"),
  search: () => import("./views/search.js"),
  train: () => import("./views/train.js"),
  evaluate: () => import("./views/evaluate.js"),
  models: () => import("./views/models.js"),
  settings: () => import("./views/settings.js"),
};

let place,
  threads,
  close,
  drawn = 0;

function where() {
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  return { name: name in VIEWS ? name : "ask", rest: rest.filter(Boolean).map(decode) };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // an address that was cut off
  }
}

function drawFrame() {
  threads = h("nav", { class: "side-threads", "aria-label": say("threads") });
  place = h("main", { id: "main", tabindex: -1 });
  const links = Object.keys(VIEWS).map((name) =>
    h("li", {}, h("a", { class: "side-link", href: `#/${name}`, "data-view": name }, icon(name), say(`nav.${name}`))),
  );
  const side = h(
    "aside",
    { class: "side", id: "side", "aria-label": "ondol" },
    h("a", { class: "brand", href: "#/ask" }, brandMark(), h("span", {}, "ondol")),
    newThreadLink(),
    h("nav", { "aria-label": say("nav") }, h("ul", {}, links)),
    threads,
  );
  const toggle = h(
    "button",
    {
      type: "button",
      class: "tool side-toggle",
      "aria-label": say("nav.menu"),
      "aria-expanded": "false",
      "aria-controls": "side",
      onclick: () => showSide(!document.body.classList.contains("with-side")),
    },
    icon("menu"),
  );
  const top = h(
    "header",
    { class: "top" },
    toggle,
    h("a", { class: "brand", href: "#/ask" }, brandMark(), h("span", {}, "ondol")),
    h("a", { class: "tool", href: "#/ask", "aria-label": say("ask.new") }, icon("plus")),
  );
  const shade = h("div", { class: "shade", onclick: () => showSide(false) });
  document.body.replaceChildren(
    h("a", { class: "skip", href: "#main", onclick: skip }, say("nav.skip")),
    top,
    side,
    shade,
    place,
    sourcePanel(),
    toastRegion(),
  );
}

function skip(event) {
  event.preventDefault(); // the address behind the # is the view's
  place.focus();
}

function showSide(shown) {
  document.body.classList.toggle("with-side", shown);
  document.querySelector(".side-toggle").setAttribute("aria-expanded", String(shown));
  place.inert = shown; // only the menu can be reached while it lies above the rest
  if (shown) document.querySelector(".side .brand").focus();
}

function leaveSide() {
  if (!document.body.classList.contains("with-side")) return;
  showSide(false);
  document.querySelector(".side-toggle").focus();
}

/** A view's module; where it cannot be fetched, the server says why, or does not answer. */
async function load(name) {
  try {
    return await VIEWS[name]();
  } catch {
    await loadSettings();
    throw new ApiError({ message: say("error.broken"), hint: say("error.reload") });
  }
}

/** Open the view that the address names. */
async function go({ moved = true } = {}) {
  const { name, rest } = where();
  const turn = ++drawn;
  showSide(false);
  closeSource();
  close?.();
  close = undefined;
  for (const link of document.querySelectorAll(".side-link[data-view]")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${say(`nav.${name}`)} · ondol`;
  drawThreads(threads, name === "ask" ? rest[0] : undefined);
  try {
    const view = await load(name);
    if (turn !== drawn) return;
    const end = await view.open(place, rest);
    if (turn !== drawn) return void end?.();
    close = end;
  } catch (error) {
    fill(
      place,
      h(
        "div",
        { class: "page" },
        errorNote(error, () => go()),
      ),
    );
  }
  place.scrollTop = 0;
  if (moved && (document.activeElement === document.body || !place.contains(document.activeElement))) {
    (place.querySelector("h1") ?? place).focus({ preventScroll: true });
  }
}

/** Draw everything anew, in the language that is chosen now. */
export function redraw() {
  close?.();
  close = undefined;
  drawFrame();
  return go({ moved: false });
}

async function begin() {
  setLanguage(kept("language"));
  drawFrame();
  addEventListener("hashchange", () => go());
  addEventListener("keydown", (event) => event.key === "Escape" && leaveSide());
  onChange((what) => what === "threads" && drawThreads(threads, where().name === "ask" ? where().rest[0] : undefined));
  onChange((what) => what === "language" && redraw());
  const loads = [loadSettings(), loadCollections(), loadOffers(), loadThreads()];
  const failed = (await Promise.allSettled(loads)).find((one) => one.status === "rejected");
  await go({ moved: false });
  if (failed) tellError(failed.reason);
}

begin();
