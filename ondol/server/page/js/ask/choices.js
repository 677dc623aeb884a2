// What an answer is made from, chosen where it is asked: collection or none, model, adapter.
import { add, fill, h } from "../dom.js";
import { chooseCollection, currentCollection, keep, kept, onChange, shortSpec, state } from "../state.js";
import { say } from "../words.js";

const NO_DOCUMENTS = "";

/** {element, read(), close()}; `talk` tells what a conversation that goes on was answered from. */
export function showChoices(talk) {
  const element = h("div", { class: "choices" });
  const choice = { docs: talk.thread ? talk.thread.docs : kept("docs", true), collection: talk.thread?.collection };
  const draw = () => fill(element, collections(choice), models(draw), adapters(choice));
  const close = onChange((what) => what !== "threads" && !element.contains(document.activeElement) && draw());
  choice.redraw = draw;
  draw();
  return { element, close, read: () => read(choice) };
}

function read(choice) {
  const row = { docs: choice.docs, collection: choice.collection ?? currentCollection() };
  const model = chosenModel();
  if (model !== state.settings?.model) row.model = model;
  const adapter = chosenAdapter(model);
  if (adapter) Object.assign(row, { model, adapter });
  return row;
}

function picker(label, rows, value, onchange) {
  const select = h(
    "select",
    { "aria-label": label, title: label, value, onchange: () => onchange(select.value) },
    rows.map(([name, text]) => h("option", { value: name }, text)),
  );
  return h("label", { class: "pick" }, h("span", { class: "pick-name" }, label), select);
}

function collections(choice) {
  const current = choice.collection ?? currentCollection();
  const names = state.collections.map((row) => row.name);
  const rows = [...new Set([...names, current])].map((name) => [name, name]);
  return picker(
    say("ask.from"),
    [...rows, [NO_DOCUMENTS, say("ask.from.none")]],
    choice.docs ? current : NO_DOCUMENTS,
    (name) => {
      choice.docs = name !== NO_DOCUMENTS;
      keep("docs", choice.docs);
      if (choice.docs) {
        choice.collection = name;
        chooseCollection(name);
      }
      choice.redraw();
    },
  );
}

function chosenModel() {
  const wanted = kept("model");
  const offered = state.offers.some((row) => row.spec === wanted);
  return offered ? wanted : state.settings?.model;
}

function chosenAdapter(model) {
  const wanted = kept("adapter");
  const known = state.offers.find((row) => row.spec === model)?.adapters ?? [];
  return wanted === "none" || known.includes(wanted) ? wanted : "";
}

function models(draw) {
  const specs = [...new Set([...state.offers.map((row) => row.spec), state.settings?.model])].filter(Boolean);
  return picker(
    say("ask.model"),
    specs.map((spec) => [spec, shortSpec(spec)]),
    chosenModel(),
    (spec) => {
      keep("model", spec);
      draw();
    },
  );
}

function adapters(choice) {
  const model = chosenModel();
  const known = state.offers.find((row) => row.spec === model)?.adapters ?? [];
  if (!known.length) return null;
  const usual = choice.docs && model === state.settings?.model ? state.settings.adapter : "none";
  const named = usual && usual !== "none" ? shortSpec(usual) : say("ask.adapter.none");
  const rows = [["", say("ask.adapter.usual", { name: named })], ...known.map((name) => [name, name])];
  if (usual !== "none") rows.push(["none", say("ask.adapter.none")]);
  return picker(say("ask.adapter"), rows, chosenAdapter(model), (name) => keep("adapter", name));
}

/** What a person who has no documents yet can do about it. */
export function emptyHint() {
  const row = state.collections.find(({ name }) => name === currentCollection());
  if (row?.sources) return h("p", { class: "quiet" }, say("ask.empty.ready", { count: row.sources, name: row.name }));
  return add(
    h("div", { class: "empty-next" }),
    h("p", { class: "quiet" }, say("ask.empty.none")),
    h("a", { class: "button primary", href: "#/library" }, say("ask.empty.add")),
  );
}
