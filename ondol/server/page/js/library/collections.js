// Which collection is looked at; made, thrown away and taken back.
import { part, post, remove } from "../api.js";
import { fill, h } from "../dom.js";
import { menu } from "../menu.js";
import { chooseCollection, currentCollection, loadCollections, onChange, state } from "../state.js";
import { confirmBox, tellError, toast } from "../tell.js";
import { say } from "../words.js";

/** A select and a menu; it follows what other places choose. */
export function collectionBar({ withMenu = true } = {}) {
  const bar = h("div", { class: "collection-bar" });
  const draw = () => fill(bar, picker(), withMenu && tools());
  const end = onChange((what) => {
    if (!bar.isConnected) return void end();
    if (what === "collections" || what === "collection") draw();
  });
  draw();
  return bar;
}

function picker() {
  const current = currentCollection();
  const names = [...new Set([...state.collections.map((row) => row.name), current])];
  const select = h(
    "select",
    {
      class: "field",
      "aria-label": say("collection"),
      value: current,
      onchange: () => chooseCollection(select.value),
    },
    names.map((name) => h("option", { value: name }, name)),
  );
  return h("label", { class: "labelled" }, h("span", { class: "small quiet" }, say("collection")), select);
}

function tools() {
  const rows = [{ label: say("collection.new"), icon: "plus", run: make }];
  const current = currentCollection();
  if (state.collections.some((row) => row.name === current)) {
    rows.push({ label: say("collection.delete"), icon: "trash", danger: true, run: () => drop(current) });
  }
  for (const { name } of state.deleted.slice(0, 3)) {
    rows.push({ label: say("collection.restore", { name }), icon: "retry", run: () => restore(name) });
  }
  return menu(say("collection.menu"), rows);
}

async function make() {
  const name = await confirmBox({
    title: say("collection.new"),
    text: say("collection.new.text"),
    action: say("collection.make"),
    input: {},
  });
  if (!name) return;
  try {
    const made = await post("/api/collections", { name });
    await loadCollections();
    chooseCollection(made.name);
  } catch (error) {
    tellError(error);
  }
}

async function drop(name) {
  const text = say("collection.delete.text", { name });
  if (!(await confirmBox({ title: say("collection.delete"), text, action: say("delete"), danger: true }))) return;
  try {
    await remove(`/api/collections/${part(name)}`);
    await loadCollections();
    chooseCollection(currentCollection());
    toast(say("collection.deleted", { name }), { ms: 15000, action: { label: say("undo"), run: () => restore(name) } });
  } catch (error) {
    tellError(error);
  }
}

async function restore(name) {
  try {
    await post(`/api/collections/${part(name)}/restore`);
    await loadCollections();
    chooseCollection(name);
  } catch (error) {
    tellError(error);
  }
}
