// Elements from plain calls. What is given as text stays text: nothing here reads HTML.
const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "open", "selected", "indeterminate"]);

/** h("a", { class: "link", href, onclick }, "text", [more]): null, undefined and false are left out. */
export function h(name, given = {}, ...children) {
  return build(document.createElement(name), given, children);
}

export function svg(name, given = {}, ...children) {
  return build(document.createElementNS(SVG, name), given, children);
}

function build(element, given, children) {
  const late = [];
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") throw new TypeError("the page allows no style attributes");
    else if (PROPERTIES.has(name)) late.push([name, value]);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  add(element, children);
  for (const [name, value] of late) element[name] = value; // a select has its options now
  return element;
}

export function add(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** Replace what is in `element`. */
export function fill(element, ...children) {
  element.replaceChildren();
  return add(element, ...children);
}

/** Calls once typing has paused. */
export function later(call, ms = 250) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...values), ms);
  };
}

/** Characters as Python counts them: a letter beyond the basic plane is one. */
export class Letters {
  constructor(text) {
    this.plain = !/[\ud800-\udfff]/.test(text);
    this.rows = this.plain ? text : Array.from(text);
    this.length = this.rows.length;
  }

  slice(from, to = this.length) {
    const [low, high] = [Math.max(0, from), Math.max(0, to)];
    return this.plain ? this.rows.slice(low, high) : this.rows.slice(low, high).join("");
  }
}

let number = 0;
/** An id that nothing else on the page has. */
export const newId = (name) => `${name}-${++number}`;
