// Ask: a conversation with one's documents.
import { part } from "../api.js";
import { showAnswer } from "../ask/answer.js";
import { emptyHint } from "../ask/choices.js";
import { showComposer } from "../ask/composer.js";
import { Talk, openTalk } from "../ask/talk.js";
import { threadMenu } from "../ask/thread.js";
import { fill, h } from "../dom.js";
import { brandMark, icon } from "../icons.js";
import { onChange } from "../state.js";
import { errorNote, tellError } from "../tell.js";
import { say } from "../words.js";

const NEAR = 120; // pixels from the end at which the view follows what is written

/** Draws the conversation `rest[0]`, or a new one; returns what ends the view. */
export async function open(place, [id]) {
  let talk;
  try {
    talk = id ? await openTalk(id) : new Talk();
  } catch (error) {
    fill(
      place,
      h(
        "div",
        { class: "page" },
        h("h1", { tabindex: -1 }, say("nav.ask")),
        errorNote(error),
        h("a", { class: "button", href: "#/ask" }, say("ask.new")),
      ),
    );
    return undefined;
  }
  return new Conversation(place, talk).close;
}

class Conversation {
  constructor(place, talk) {
    this.talk = talk;
    this.head = h("header", { class: "talk-head" });
    this.log = h("div", { class: "talk-log" });
    this.said = h("p", { class: "only-read", "aria-live": "polite" }); // answers, once they are whole
    this.scroller = h("div", { class: "talk-scroll" }, this.log, this.said);
    this.answers = new WeakMap(); // row → element
    this.composer = showComposer(talk, { send: (...given) => this.send(...given) });
    fill(place, h("div", { class: "talk" }, this.head, this.scroller, this.composer.element));
    talk.again = () => this.again();
    const ends = [talk.onChange((what) => this.hear(what)), onChange(() => this.drawEmpty())];
    this.close = () => (ends.forEach((end) => end()), this.composer.close());
    this.drawHead();
    this.drawRows();
    this.toEnd();
    if (matchMedia("(hover: hover)").matches) this.composer.focus(); // on a phone the keyboard would jump up
  }

  hear(what) {
    const follows = this.isAtEnd();
    if (what === "answer") this.shown?.update();
    if (what === "thread") this.drawHead();
    if (what === "rows") {
      this.drawRows();
      this.composer.update();
      if (!this.talk.running) this.end();
    }
    if (follows) requestAnimationFrame(() => this.toEnd());
  }

  /** An answer is there: it is read aloud, and the keyboard is where the next question is written. */
  end() {
    const { last } = this.talk;
    if (last?.role === "assistant") this.said.textContent = last.error?.message ?? last.text;
    if (document.activeElement === document.body && matchMedia("(hover: hover)").matches) this.composer.focus();
  }

  drawHead() {
    const { thread } = this.talk;
    fill(this.head, h("h1", { tabindex: -1 }, thread?.name ?? say("ask.new")), thread && threadMenu(this.talk));
    if (!thread) return;
    const hash = `#/ask/${part(thread.id)}`;
    if (location.hash !== hash && location.hash.startsWith("#/ask")) history.replaceState(null, "", hash);
  }

  drawRows() {
    const { rows } = this.talk;
    if (!rows.length) return this.drawEmpty();
    const last = rows.findLastIndex(({ role }) => role === "user");
    fill(
      this.log,
      rows.map((row, at) => (row.role === "user" ? this.question(row, at === last) : this.answer(row))),
    );
    return (this.shown = this.answers.get(this.talk.last));
  }

  answer(row) {
    if (this.answers.has(row)) this.answers.get(row).update();
    else this.answers.set(row, showAnswer(row, this.talk, { isLast: () => row === this.talk.last }));
    return this.answers.get(row);
  }

  drawEmpty() {
    if (this.talk.rows.length) return;
    fill(this.log, h("div", { class: "welcome" }, brandMark(), h("h2", {}, say("ask.empty")), emptyHint()));
  }

  question({ text }, isLast) {
    const edit = h(
      "button",
      {
        type: "button",
        class: "tool",
        "aria-label": say("ask.edit"),
        title: say("ask.edit"),
        onclick: () => this.composer.edit(text),
      },
      icon("edit"),
    );
    return h(
      "div",
      { class: "question" },
      isLast && !this.talk.running && edit,
      h("p", { class: "question-text" }, h("span", { class: "only-read" }, say("ask.you"), " "), text),
    );
  }

  async send(question, choice, isEdit) {
    try {
      if (isEdit) await this.talk.takeBack();
    } catch (error) {
      this.composer.edit(question);
      return void tellError(error);
    }
    const asked = this.talk.ask(question, choice);
    this.toEnd();
    await asked;
  }

  async again() {
    try {
      const question = await this.talk.takeBack();
      await this.talk.ask(question, this.composer.read());
    } catch (error) {
      tellError(error);
    }
  }

  isAtEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}
