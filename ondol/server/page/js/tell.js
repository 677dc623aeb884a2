// Short messages at the edge of the page, questions that need an answer, and the clipboard.
import { fill, h, newId } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

const SHOWN_MS = 6000;
let region = null;

/** Set up once; the region is there before the first message, so that screen readers hear it. */
export function toastRegion() {
  region = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
  return region;
}

/** Show `text`; `action` is {label, run}, and stays for `ms`. */
export function toast(text, { action, ms = SHOWN_MS, kind = "" } = {}) {
  const box = h("div", { class: `toast ${kind}` }, h("p", {}, text));
  const close = () => box.remove();
  if (action) {
    const run = () => (close(), action.run());
    box.append(h("button", { type: "button", class: "toast-action", onclick: run }, action.label));
  }
  box.append(h("button", { type: "button", class: "tool", "aria-label": say("close"), onclick: close }, icon("close")));
  region.append(box);
  let timer = setTimeout(close, ms);
  box.onpointerenter = box.onfocusin = () => clearTimeout(timer);
  box.onpointerleave = box.onfocusout = () => (clearTimeout(timer), (timer = setTimeout(close, ms)));
}

export function tellError(error) {
  if (error.name === "AbortError") return;
  toast([error.message, error.hint].filter(Boolean).join(" "), { kind: "bad", ms: 12000 });
}

/** A block in a view that says what went wrong; `again` tries it once more. */
export function errorNote(error, again) {
  return h(
    "div",
    { class: "note bad", role: "alert" },
    icon("warn"),
    h(
      "div",
      {},
      h("p", {}, error.message),
      error.hint && h("p", { class: "quiet" }, error.hint),
      again && h("button", { type: "button", class: "button small", onclick: again }, say("again")),
    ),
  );
}

/** A question before something is done; resolves to false, or true (with `input`, to the text). */
export function confirmBox({ title, text, action, danger = false, input }) {
  const label = newId("title");
  const field =
    input &&
    h("input", {
      class: "field",
      value: input.value ?? "",
      "aria-label": title,
      required: true,
      maxlength: 200,
    });
  return new Promise((resolve) => {
    const form = h("form", { method: "dialog" });
    const dialog = h("dialog", { class: "box", "aria-labelledby": label }, form);
    fill(
      form,
      h("h2", { id: label }, title),
      text && h("p", { class: "quiet" }, text),
      field,
      h(
        "div",
        { class: "row end" },
        h("button", { type: "button", class: "button", onclick: () => leave() }, say("cancel")),
        h("button", { type: "submit", class: `button ${danger ? "danger" : "primary"}`, value: "yes" }, action),
      ),
    );
    const leave = () => dialog.close("");
    addEventListener("hashchange", leave); // another view has no use for the question
    dialog.addEventListener("close", () => {
      removeEventListener("hashchange", leave);
      const agreed = dialog.returnValue === "yes";
      dialog.remove();
      resolve(agreed && field ? field.value.trim() : agreed);
    });
    document.body.append(dialog);
    dialog.showModal();
    field?.select();
  });
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "only-read", value: text }); // without https there is no clipboard
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(say("copied"), { ms: 2500 });
}
