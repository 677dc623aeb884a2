// A button that opens a list of things to do; arrows move in it, Escape closes it.
import { add, h } from "./dom.js";
import { icon } from "./icons.js";

/** Rows are {label, icon, run} or {label, icon, href}; `danger` marks what cannot be taken back. */
export function menu(label, rows) {
  const list = h("div", { class: "menu-list", role: "menu", "aria-label": label, hidden: true });
  const button = h(
    "button",
    {
      type: "button",
      class: "tool",
      "aria-label": label,
      title: label,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
    },
    icon("more"),
  );
  const frame = h("div", { class: "menu" }, button, list);
  const close = () => {
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
  };
  add(
    list,
    rows.map((row) => item(row, () => (close(), button.focus()))),
  );
  button.onclick = () => {
    list.hidden = !list.hidden;
    button.setAttribute("aria-expanded", String(!list.hidden));
    if (!list.hidden) list.firstElementChild.focus();
  };
  frame.addEventListener("keydown", (event) => move(event, list, button, close));
  frame.addEventListener("focusout", (event) => !frame.contains(event.relatedTarget) && close());
  return frame;
}

function item(row, done) {
  const given = { role: "menuitem", tabindex: -1, class: `menu-item${row.danger ? " danger" : ""}` };
  const parts = [icon(row.icon), row.label];
  if (row.href) return h("a", { ...given, href: row.href, download: "", onclick: done }, parts);
  return h("button", { ...given, type: "button", onclick: () => (done(), row.run()) }, parts);
}

function move(event, list, button, close) {
  if (list.hidden) return;
  const items = [...list.children];
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (next !== undefined) items.at(next % items.length).focus();
  else if (event.key === "Escape") (close(), button.focus());
  else return;
  event.preventDefault();
  event.stopPropagation();
}
