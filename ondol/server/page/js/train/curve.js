// The loss of every step and what the held-out part said, as an SVG.
import { h, svg } from "../dom.js";
import { fixed, number, say } from "../words.js";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 300, 64, 12, 16, 36];
const LINES = 4;

/** Points are {step, loss, valid}, of which the last two may be null. */
export function drawCurve(points) {
  const learnt = points.filter((row) => typeof row.loss === "number").map((row) => [row.step, row.loss]);
  const held = points.filter((row) => typeof row.valid === "number").map((row) => [row.step, row.valid]);
  const all = [...learnt, ...held];
  if (!all.length) return h("p", { class: "empty quiet" }, say("train.curve.none"));
  const most = Math.max(1, ...all.map(([step]) => step));
  const values = all.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const across = (step) => LEFT + (WIDTH - LEFT - RIGHT) * (step / most);
  const down = (value) => TOP + (HEIGHT - TOP - BOTTOM) * ((high - value) / (high - low || 1));
  const line = (rows) =>
    rows.map(([step, value], at) => `${at ? "L" : "M"}${across(step).toFixed(1)} ${down(value).toFixed(1)}`).join("");
  const [last, best] = [learnt.at(-1)?.[1], held.length ? Math.min(...held.map(([, value]) => value)) : null];
  const label = say("train.curve.label", { steps: most, loss: fixed(last, 3), held: fixed(best, 3) });
  return [
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "curve", role: "img", "aria-label": label },
      grid(low, high, down),
      svg("path", { class: "curve-loss", d: line(learnt) }),
      held.length > 0 && svg("path", { class: "curve-held", d: line(held) }),
      held.map(([step, value]) => svg("circle", { class: "curve-point", cx: across(step), cy: down(value), r: 3.5 })),
      svg(
        "text",
        { x: WIDTH - RIGHT, y: HEIGHT - 10, "text-anchor": "end" },
        say("train.curve.steps", { count: most }),
      ),
    ),
    h(
      "figcaption",
      { class: "curve-legend small" },
      h("span", { class: "key-loss" }, say("train.curve.loss")),
      held.length > 0 && h("span", { class: "key-held" }, say("train.curve.held")),
    ),
  ];
}

function grid(low, high, down) {
  return Array.from({ length: LINES + 1 }, (_, at) => {
    const value = low + ((high - low) * at) / LINES;
    return [
      svg("path", { class: "curve-grid", d: `M${LEFT} ${down(value).toFixed(1)}H${WIDTH - RIGHT}` }),
      svg("text", { x: LEFT - 8, y: down(value) + 4, "text-anchor": "end" }, number(value, 2)),
    ];
  });
}
