// Line icons on a field of 24 × 24, drawn in the colour of the text around them.
import { svg } from "./dom.js";

const PATHS = {
  ask: "M4 5.5h16v11H11l-4 3.5v-3.5H4z",
  library: "M5 4.5h4v15H5zM9 4.5h4v15H9zM14.3 5.3l3.5-.8 2.9 14.3-3.5.8z",
  search: "M10.5 4.5a6 6 0 1 1 0 12 6 6 0 0 1 0-12zM15 15l5 5",
  train: "M3.5 19.5h17M4.5 6c3 0 3.5 9 8 9s4-3 7.5-3",
  evaluate: "M4 20V11h4v9zM10 20V4h4v16zM16 20v-6h4v6zM3 20h18",
  models: "M12 3.5l8 4.5v8l-8 4.5L4 16V8zM4 8l8 4.5L20 8M12 12.5v8",
  settings: "M4 7h9M17 7h3M15 5v4M4 12h3M11 12h9M9 10v4M4 17h9M17 17h3M15 15v4",
  plus: "M12 5v14M5 12h14",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  send: "M12 19V5.5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
  copy: "M9 9h10v11H9zM5 15V4h10",
  check: "M5 12.5l4.5 4.5L19 7.5",
  retry: "M19 12a7 7 0 1 1-2-4.9M17.5 3v4.5H13",
  edit: "M4.5 19.5l1-4L16 5l3 3L8.5 18.5zM14 7l3 3",
  good:
    "M7.5 11v9H4v-9zM7.5 11L11 4c1.5 0 2.5 1 2.2 2.7L12.7 10H18c1.3 0 2.2 1.2 1.9 2.5" +
    "l-1.3 5.8c-.2 1-1.1 1.7-2.1 1.7h-9",
  bad:
    "M7.5 13V4H4v9zM7.5 13l3.5 7c1.5 0 2.5-1 2.2-2.7l-.5-3.3H18c1.3 0 2.2-1.2 1.9-2.5" +
    "l-1.3-5.8C18.4 4.7 17.5 4 16.5 4h-9",
  trash: "M5 7h14M9.5 7V4.5h5V7M7 7l.8 12.5h8.4L17 7M10.5 11v5M13.5 11v5",
  more: "M5.5 12h.6M11.7 12h.6M17.9 12h.6",
  file: "M6 3.5h8l4 4.5v12.5H6zM14 3.5V8h4",
  download: "M12 4.5V15M7.5 10.5L12 15l4.5-4.5M4.5 15.5v4h15v-4",
  info: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 11v5M12 8h.01",
  warn: "M12 4.5L21 19.5H3zM12 10.5v4M12 17h.01",
};

export function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", class: `icon icon-${name}`, "aria-hidden": "true" },
    svg("path", { d: PATHS[name] }),
  );
}

/** The mark of ondol: warmth that rises from the floor. */
export function brandMark() {
  return svg(
    "svg",
    { viewBox: "0 0 32 32", class: "brand-mark", "aria-hidden": "true" },
    svg("rect", { width: 32, height: 32, rx: 8 }),
    svg("path", { d: "M7 23.5h18M10.5 18.5c-2-2 2-4 0-6.5M16 18.5c-2.4-3 2.4-6 0-9.5M21.5 18.5c-2-2 2-4 0-6.5" }),
  );
}
