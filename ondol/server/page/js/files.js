// Choosing a file, in the page's own language.
import { h } from "./dom.js";
import { icon } from "./icons.js";

/** A button that opens the browser's choice of files; `take(files)` gets a list. */
export function fileButton(label, take, { multiple = false, accept, primary = false } = {}) {
  const input = h("input", {
    type: "file",
    multiple,
    accept,
    class: "only-read",
    tabindex: -1,
    "aria-hidden": "true",
    onchange: () => {
      const files = [...input.files];
      input.value = ""; // the same file can be chosen again
      if (files.length) take(files);
    },
  });
  const button = h(
    "button",
    { type: "button", class: `button${primary ? " primary" : ""}`, onclick: () => input.click() },
    icon(primary ? "plus" : "file"),
    label,
  );
  return h("span", { class: "file-pick" }, button, input);
}
