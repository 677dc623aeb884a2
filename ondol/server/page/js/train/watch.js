// A run while it learns and afterwards: its curve, its figures, and what it answers now.
import { get, part } from "../api.js";
import { fill, h } from "../dom.js";
import { hasEnded, jobCard } from "../jobs.js";
import { loadOffers, shortSpec } from "../state.js";
import { errorNote } from "../tell.js";
import { duration, fixed, number, say, size } from "../words.js";
import { drawCurve } from "./curve.js";

const EVERY_MS = 2000;

export function showRun(place, name) {
  const curve = h("figure", { class: "curve-figure" });
  const figures = h("dl", { class: "facts wide" });
  const job = h("div", {});
  const held = h("section", { class: "group" });
  fill(
    place,
    h(
      "div",
      { class: "page" },
      h("a", { class: "back", href: "#/train" }, "← ", say("nav.train")),
      h("h1", { tabindex: -1 }, name),
      job,
      curve,
      figures,
      held,
    ),
  );
  const watch = { over: false, card: null, timer: 0 };
  const look = async () => {
    try {
      const run = await get(`/api/runs/${part(name)}`);
      if (watch.over) return;
      draw(run, { curve, figures, held });
      if (run.job && !watch.card) fill(job, (watch.card = jobCard(run.job, { onEnd: ended })));
      if (run.job && !hasEnded(run.job)) watch.timer = setTimeout(look, EVERY_MS);
    } catch (error) {
      if (!watch.over) fill(job, errorNote(error, look));
    }
  };
  const ended = () => (look(), loadOffers().catch(() => {}));
  look();
  return () => {
    watch.over = true;
    clearTimeout(watch.timer);
    watch.card?.end();
  };
}

function draw(run, { curve, figures, held }) {
  fill(curve, drawCurve(run.points));
  const told = run.result ?? {};
  const last = run.points.at(-1) ?? {};
  const rows = [
    [say("train.base"), run.base && shortSpec(run.base)],
    [say("train.method"), run.method],
    [say("train.figure.step"), last.step && number(last.step)],
    [say("train.figure.loss"), fixedOr(last.loss ?? told.train_nll)],
    [say("train.figure.held"), fixedOr(told.valid_nll ?? run.points.findLast?.((row) => row.valid)?.valid)],
    [say("train.figure.before"), fixedOr(run.base_valid_nll)],
    [say("train.figure.speed"), speed(told.tokens_per_second ?? last.tokens_per_second)],
    [say("train.figure.memory"), told.peak_mb && size(told.peak_mb * 2 ** 20)],
    [say("train.figure.time"), told.seconds && duration(told.seconds)],
    [say("train.figure.learnt"), told.trainable && number(told.trainable)],
  ].filter(([, value]) => value);
  fill(
    figures,
    rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
  fill(
    held,
    examples(run.held_out),
    run.status === "done" &&
      h(
        "p",
        {},
        h("a", { class: "button", href: "#/evaluate" }, say("train.evaluate")),
        " ",
        h("a", { class: "button", href: "#/ask" }, say("train.ask")),
      ),
  );
}

const fixedOr = (value) => (typeof value === "number" ? fixed(value, 3) : "");
const speed = (value) => (value ? say("train.figure.tokens", { n: number(value) }) : "");

/** Held-out examples with what was answered before and after, under whatever names the run has for them. */
function examples(rows = []) {
  if (!rows.length) return null;
  const names = Object.keys(rows[0]).filter((name) => typeof rows[0][name] === "string");
  return [
    h("h2", {}, say("train.examples.held")),
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": say("train.examples.held") },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            names.map((name) => h("th", { scope: "col" }, name)),
          ),
        ),
        h(
          "tbody",
          {},
          rows.slice(0, 10).map((row) =>
            h(
              "tr",
              {},
              names.map((name) => h("td", {}, row[name])),
            ),
          ),
        ),
      ),
    ),
  ];
}
