// A conversation: what was said, and an answer that is being written, which goes on while other views are open.
import { ApiError, get, listen, part, post } from "../api.js";
import { changed, loadThreads } from "../state.js";
import { say } from "../words.js";

const ATTEMPTS = 4;
const talks = new Map();

export class Talk {
  constructor(thread = null) {
    this.thread = thread; // null until the first question
    this.rows = []; // {role: "user", text} and answers as `newAnswer` makes them
    this.running = null;
    this.listeners = new Set();
  }

  onChange(call) {
    this.listeners.add(call);
    return () => this.listeners.delete(call);
  }

  /** `what`: "rows" when rows came or went, "answer" when the last one has changed, "thread". */
  tell(what) {
    for (const call of [...this.listeners]) call(what);
  }

  get last() {
    return this.rows.at(-1);
  }

  /** Ask; `choice` is {collection, docs, model, adapter}. Ends with the answer, and never throws. */
  async ask(question, choice) {
    const answer = { ...newAnswer(question), collection: choice.collection };
    this.rows.push({ role: "user", text: question }, answer);
    this.running = new AbortController();
    this.tell("rows");
    try {
      if (!this.thread) await this.begin(choice);
      Object.assign(this.thread, { collection: choice.collection, docs: choice.docs }); // as the server keeps it
      const body = { question, thread: this.thread.id, ...asked(choice) };
      const on = (name, data) => this.hear(answer, name, data);
      await listen("/api/ask", { body, signal: this.running.signal, on });
      if (answer.state !== "done") throw new ApiError({ message: say("error.broken") });
    } catch (error) {
      end(answer, error);
    }
    this.running = null;
    this.tell("rows");
    loadThreads().catch(() => {});
  }

  async begin(choice) {
    this.thread = await post("/api/threads", { collection: choice.collection, docs: choice.docs });
    talks.set(this.thread.id, this);
    this.tell("thread");
  }

  hear(answer, name, data) {
    if (name === "queue") Object.assign(answer, { state: "queue", position: data.position });
    else if (name === "hits") Object.assign(answer, { state: "reading", hits: data.hits });
    else if (name === "thinking") Object.assign(answer, { state: "thinking", thinking: answer.thinking + data.text });
    else if (name === "token") Object.assign(answer, { state: "writing", text: answer.text + data.text });
    else if (name === "answer") this.finish(answer, data);
    this.tell("answer");
  }

  finish(answer, data) {
    Object.assign(answer, {
      state: "done",
      text: data.answer,
      hits: data.hits,
      thinking: data.thinking || answer.thinking,
      told: data,
    });
    if (data.thread && this.thread.name !== data.thread) {
      this.thread = { ...this.thread, name: data.thread };
      this.tell("thread");
      changed("threads");
    }
  }

  stop() {
    this.running?.abort();
  }

  /** Take the last question back with its answer, here and in the kept conversation; returns it. */
  async takeBack() {
    const place = this.rows.findLastIndex((row) => row.role === "user");
    const { text } = this.rows[place];
    if (this.thread) await undo(this.thread.id, text);
    this.rows.length = place;
    this.tell("rows");
    return text;
  }
}

/** Only where the server has kept this very question; one that is still being ended is waited for. */
async function undo(id, question) {
  for (let attempt = 1; ; attempt++) {
    const path = `/api/threads/${part(id)}`;
    const asked = (await get(path)).messages.filter((row) => row.role === "user").at(-1);
    if (asked?.content.normalize() !== question.normalize()) return;
    try {
      await post(`${path}/undo`);
      return;
    } catch (error) {
      if (attempt === ATTEMPTS || error.code === "unreachable") throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
    }
  }
}

function newAnswer(question) {
  return { role: "assistant", state: "searching", question, text: "", thinking: "", hits: [], told: null, error: null };
}

function asked(choice) {
  const row = { docs: choice.docs };
  for (const name of ["collection", "model", "adapter"]) if (choice[name]) row[name] = choice[name];
  return row;
}

/** How an answer that did not come to its end is shown. */
function end(answer, error) {
  if (answer.state === "done") return;
  if (error.name === "AbortError") answer.state = "stopped";
  else Object.assign(answer, { state: "failed", error });
}

/** The conversation by its id, as it stands in this page or as the server has kept it. */
export async function openTalk(id) {
  if (talks.has(id)) return talks.get(id);
  const told = await get(`/api/threads/${part(id)}`);
  const talk = new Talk(told);
  talk.rows = readMessages(told.messages);
  talks.set(id, talk);
  return talk;
}

export function forgetTalk(id) {
  talks.get(id)?.stop();
  talks.delete(id);
}

function readMessages(messages) {
  let question = "";
  return messages.map((row) => {
    if (row.role === "user") {
      question = row.content;
      return { role: "user", text: row.content };
    }
    const state = row.finish_reason === "interrupted" || row.finish_reason === "unanswered" ? "stopped" : "done";
    const told = { citations: [], hits: row.nearest ?? [], ...row, answer: row.content, question };
    return { ...newAnswer(question), state, text: row.content, told, collection: row.collection };
  });
}
