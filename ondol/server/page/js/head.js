// The head of a view: its name, a line about it where there is one, and what stands beside them.
import { h } from "./dom.js";

export function pageHead(name, about, ...beside) {
  const title = h("h1", { tabindex: -1 }, name);
  const told = about ? h("div", {}, title, h("p", { class: "quiet" }, about)) : title;
  return h("header", { class: "page-head" }, told, ...beside);
}
