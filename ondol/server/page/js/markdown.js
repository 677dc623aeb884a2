// Markdown → clean nodes: markdown-it reads no HTML, DOMPurify lets through only what a text needs.
import MarkdownIt from "../vendor/markdown-it/markdown-it.min.js";
import "../vendor/dompurify/purify.min.js";
import { h } from "./dom.js";

const TAGS = "p br hr em strong s code pre blockquote ul ol li a table thead tbody tr th td h1 h2 h3 h4 h5 h6";
const CLEAN = {
  ALLOWED_TAGS: TAGS.split(" "),
  ALLOWED_ATTR: ["href", "start"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  RETURN_DOM_FRAGMENT: true,
};
const reader = new MarkdownIt({ html: false, linkify: false, breaks: true, typographer: false });
reader.disable("image"); // a picture would be fetched from somewhere else
const purifier = globalThis.DOMPurify;
const MARK = /\[(\d{1,3})\]([.,;:!?)。]*)/g;

/** Nodes of `text`; `[n]` becomes what `cite(n)` returns, or stays when that is null. A stop after it keeps to it. */
export function renderMarkdown(text, cite = () => null) {
  const fragment = purifier.sanitize(reader.render(text), CLEAN);
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  for (const table of fragment.querySelectorAll("table")) {
    const frame = h("div", { class: "scroll", tabindex: 0 });
    table.replaceWith(frame);
    frame.append(table);
  }
  setMarks(fragment, cite);
  return fragment;
}

function setMarks(fragment, cite) {
  const walker = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement?.closest("code, a")) texts.push(walker.currentNode);
  for (const node of texts) {
    const parts = [];
    let from = 0;
    for (const match of node.data.matchAll(MARK)) {
      const mark = cite(Number(match[1]));
      if (!mark) continue;
      parts.push(node.data.slice(from, match.index).replace(/ $/, ""), h("span", { class: "kept" }, mark, match[2]));
      from = match.index + match[0].length;
    }
    if (parts.length) node.replaceWith(...parts, node.data.slice(from));
  }
}
