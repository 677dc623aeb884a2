// Conversations: the list beside every view, and what can be done with one.
import { part, patch, remove } from "../api.js";
import { add, fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { menu } from "../menu.js";
import { loadThreads, state } from "../state.js";
import { confirmBox, tellError, toast } from "../tell.js";
import { say } from "../words.js";
import { forgetTalk } from "./talk.js";

const DAY_S = 86400;

/** Fill `list` with the conversations, by when they were last continued. */
export function drawThreads(list, current) {
  if (!state.threads.length) return fill(list, h("p", { class: "side-empty quiet small" }, say("threads.none")));
  const groups = Map.groupBy ? Map.groupBy(state.threads, ageOf) : grouped(state.threads);
  fill(list);
  for (const [age, threads] of groups) {
    const title = h("h2", { class: "label" }, say(`threads.${age}`));
    add(
      list,
      title,
      h(
        "ul",
        {},
        threads.map((thread) =>
          h(
            "li",
            {},
            h(
              "a",
              {
                class: "side-link thread",
                href: `#/ask/${part(thread.id)}`,
                title: thread.name,
                "aria-current": thread.id === current ? "page" : null,
              },
              h("span", { class: "one-line" }, thread.name),
            ),
          ),
        ),
      ),
    );
  }
  return list;
}

function grouped(threads) {
  const groups = new Map();
  for (const thread of threads) groups.set(ageOf(thread), [...(groups.get(ageOf(thread)) ?? []), thread]);
  return groups;
}

function ageOf({ updated }) {
  const midnight = new Date().setHours(0, 0, 0, 0) / 1000;
  if (updated >= midnight) return "today";
  return updated >= midnight - 6 * DAY_S ? "week" : "older";
}

export function threadMenu(talk) {
  const { id } = talk.thread;
  const file = (format) => `/api/threads/${part(id)}/export?format=${format}`;
  return menu(say("threads.menu"), [
    { label: say("threads.rename"), icon: "edit", run: () => rename(talk) },
    { label: say("threads.md"), icon: "download", href: file("md") },
    { label: say("threads.json"), icon: "download", href: file("json") },
    { label: say("threads.delete"), icon: "trash", danger: true, run: () => drop(talk) },
  ]);
}

async function rename(talk) {
  const name = await confirmBox({
    title: say("threads.rename"),
    action: say("save"),
    input: { value: talk.thread.name },
  });
  if (!name) return;
  try {
    talk.thread = await patch(`/api/threads/${part(talk.thread.id)}`, { name });
    talk.tell("thread");
    await loadThreads();
  } catch (error) {
    tellError(error);
  }
}

async function drop(talk) {
  const { id, name } = talk.thread;
  const text = say("threads.delete.text", { name });
  if (!(await confirmBox({ title: say("threads.delete"), text, action: say("delete"), danger: true }))) return;
  try {
    await remove(`/api/threads/${part(id)}`);
    forgetTalk(id);
    location.hash = "#/ask";
    await loadThreads();
    toast(say("threads.deleted", { name }));
  } catch (error) {
    tellError(error);
  }
}

export const newThreadLink = () => h("a", { class: "button new-thread", href: "#/ask" }, icon("plus"), say("ask.new"));
