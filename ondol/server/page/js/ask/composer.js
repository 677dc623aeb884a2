// Where a question is written: grows with its text, Enter sends, Shift+Enter is a new line.
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { say } from "../words.js";
import { showChoices } from "./choices.js";

/** {element, focus(), edit(text), update(), close()}; `send(question, choice, isEdit)` asks it. */
export function showComposer(talk, { send }) {
  const choices = showChoices(talk);
  const field = h("textarea", { rows: 1, "aria-label": say("ask.question"), placeholder: say("ask.placeholder") });
  const button = h("button", { type: "submit", class: "send" });
  const editing = h(
    "div",
    { class: "editing", hidden: true },
    icon("edit"),
    h("span", {}, say("ask.editing")),
    h("button", { type: "button", class: "link", onclick: () => edit(null) }, say("cancel")),
  );
  const element = h(
    "form",
    { class: "composer" },
    h("div", { class: "composer-box" }, editing, field, h("div", { class: "composer-row" }, choices.element, button)),
    h("p", { class: "composer-hint quiet" }, say("ask.hint")),
  );

  function edit(text) {
    editing.hidden = text === null;
    field.value = text ?? "";
    grow(field);
    field.focus();
  }

  function update() {
    const running = Boolean(talk.running);
    const label = say(running ? "ask.stop" : "ask.send");
    fill(button, icon(running ? "stop" : "send"));
    button.setAttribute("aria-label", label);
    button.title = label;
    button.disabled = !running && !field.value.trim();
  }

  element.onsubmit = (event) => {
    event.preventDefault();
    if (talk.running) return void talk.stop();
    const question = field.value.trim();
    if (!question) return;
    const isEdit = !editing.hidden;
    edit(null);
    update();
    send(question, choices.read(), isEdit);
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return void (talk.running ? talk.stop() : !editing.hidden && edit(null));
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return; // an Enter may end a Hangul syllable
    event.preventDefault();
    if (!talk.running) element.requestSubmit();
  });
  field.addEventListener("input", () => (grow(field), update()));
  update();
  return { element, edit, update, read: choices.read, focus: () => field.focus(), close: choices.close };
}

function grow(field) {
  field.rows = 1;
  const line = parseFloat(getComputedStyle(field).lineHeight) || 24;
  field.rows = Math.min(10, Math.max(1, Math.round((field.scrollHeight - 16) / line)));
}
