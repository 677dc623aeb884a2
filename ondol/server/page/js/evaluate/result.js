// What came out: means with their intervals, the verdict of each pair, and the answers side by side.
import { get, part } from "../api.js";
import { add, fill, h, svg } from "../dom.js";
import { hasEnded, jobCard } from "../jobs.js";
import { errorNote } from "../tell.js";
import { LANGUAGES, fixed, known, number, say, when } from "../words.js";

const ROWS = 20;
const MAIN = ["f1", "refused"];
const MORE = ["em", "contains", "short_f1", "rouge_l", "chrf", "answered", "repetition"];

export function showEvaluation(place, id) {
  const parts = {
    job: h("div", {}),
    result: h("div", { class: "outcome" }),
    replies: h("section", { class: "group" }),
  };
  fill(
    place,
    h(
      "div",
      { class: "page" },
      h("a", { class: "back", href: "#/evaluate" }, "← ", say("nav.evaluate")),
      h("h1", { tabindex: -1 }, say("evaluate.title")),
      Object.values(parts),
    ),
  );
  const watch = { over: false, card: null };
  const load = async () => {
    try {
      const told = await get(`/api/evaluations/${part(id)}`, { limit: ROWS });
      if (watch.over) return;
      if (!hasEnded(told.job) || told.job.state !== "done") {
        watch.card ??= jobCard(told.job, { title: waysOf(told.job), onEnd: load });
        fill(parts.job, watch.card);
      } else {
        fill(
          parts.job,
          h(
            "p",
            { class: "quiet" },
            when(told.job.ended),
            " · ",
            say("evaluate.questions.count", { count: told.total }),
          ),
        );
      }
      if (told.result) drawResult(told.result, parts.result);
      drawReplies(told, parts.replies);
    } catch (error) {
      if (!watch.over) fill(parts.job, errorNote(error, load));
    }
  };
  load();
  return () => {
    watch.over = true;
    watch.card?.end();
  };
}

/** `Model alone · With documents` of the job of an evaluation. */
export const waysOf = (job) =>
  String(job.request?.arms || job.title)
    .split(",")
    .map(armName)
    .join(" · ");

const armName = (name) => (known(`evaluate.arm.${name}`) ? say(`evaluate.arm.${name}`) : name);

function drawResult(result, place) {
  const arms = Object.keys(result.arms);
  const languages = [...new Set(arms.flatMap((arm) => Object.keys(result.arms[arm])))];
  const told = verdicts(result, arms, languages);
  fill(
    place,
    told.length > 0 &&
      h(
        "div",
        { class: "verdict" },
        told.map((text) => h("p", {}, text)),
      ),
    languages.map((name) => table(result, arms, name)),
    pairs(result),
    result.notes?.length > 0 &&
      h(
        "ul",
        { class: "bullets small quiet" },
        result.notes.map((text) => h("li", {}, text)),
      ),
  );
}

/** Which way to take, in the reader's language, and what the model has forgotten, as it was told then. */
function verdicts(result, arms, languages) {
  const best = languages.map((name) => {
    const way = result.best?.[name];
    const language = LANGUAGES[name] ?? name;
    return say(way ? "evaluate.winner" : "evaluate.noWinner", { language, way: way && armName(way) });
  });
  const forgotten = Object.values(result.forgetting ?? {}).map((row) => row.sentence);
  return [...(arms.length > 1 ? best : []), ...forgotten.filter(Boolean)];
}

function table(result, arms, name) {
  const rows = arms.map((arm) => [arm, result.arms[arm][name]]).filter(([, row]) => row);
  const there = [...MAIN, ...MORE].filter((metric) => rows.some(([, row]) => row.metrics[metric]));
  const title = LANGUAGES[name] ?? name;
  return h(
    "section",
    { class: "group" },
    h("h2", {}, title),
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": title },
      h(
        "table",
        { class: "figures" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, say("evaluate.way")),
            there.map((metric) => h("th", { scope: "col", title: hint(metric) }, metricName(metric))),
            h("th", { scope: "col" }, say("evaluate.ms")),
          ),
        ),
        h(
          "tbody",
          {},
          rows.map(([arm, row]) =>
            h(
              "tr",
              { class: result.best?.[name] === arm ? "best" : null },
              h(
                "th",
                { scope: "row" },
                armName(arm),
                result.best?.[name] === arm && h("span", { class: "tag good" }, say("evaluate.best")),
              ),
              there.map((metric) => h("td", {}, estimate(row.metrics[metric], MAIN.includes(metric)))),
              h("td", {}, number(row.ms)),
            ),
          ),
        ),
      ),
    ),
  );
}

const metricName = (name) => (known(`evaluate.metric.${name}`) ? say(`evaluate.metric.${name}`) : name);
const hint = (name) => (known(`evaluate.metric.${name}.hint`) ? say(`evaluate.metric.${name}.hint`) : null);

/** A mean with its 95 % interval, drawn and in numbers. */
function estimate(given, drawn) {
  if (!given) return "–";
  const [value, low, high] = given;
  const text = h(
    "span",
    { class: "estimate" },
    h("strong", {}, fixed(value, 2)),
    h("span", { class: "quiet small" }, ` ${fixed(low, 2)}–${fixed(high, 2)}`),
  );
  if (!drawn || low < 0 || high > 1) return text;
  const picture = svg(
    "svg",
    { viewBox: "0 0 100 10", class: "interval", "aria-hidden": "true" },
    svg("path", { class: "interval-field", d: "M0 5H100" }),
    svg("path", { class: "interval-line", d: `M${low * 100} 5H${Math.max(high, low + 0.004) * 100}` }),
    svg("circle", { cx: value * 100, cy: 5, r: 3.5 }),
  );
  return [text, picture];
}

function pairs(result) {
  const told = (result.pairs ?? []).filter((pair) => pair.sentence);
  if (!told.length) return null;
  return add(
    h("section", { class: "group" }),
    h("h2", {}, say("evaluate.pairs")),
    h(
      "ul",
      { class: "pairs" },
      told.map((pair) =>
        h(
          "li",
          {},
          h(
            "span",
            { class: `tag ${verdictKind(pair.verdict)}` },
            say("evaluate.pair", {
              a: armName(pair.a),
              b: armName(pair.b),
              language: LANGUAGES[pair.language] ?? pair.language,
            }),
          ),
          h("p", {}, pair.sentence),
        ),
      ),
    ),
  );
}

const verdictKind = (verdict) => ({ better: "good", worse: "bad" })[verdict] ?? "";

function drawReplies({ id, questions, total }, section, shown = []) {
  const rows = [...shown, ...questions];
  if (!rows.length) return fill(section);
  const more = async () => {
    try {
      const told = await get(`/api/evaluations/${part(id)}`, { offset: rows.length, limit: ROWS });
      drawReplies(told, section, rows);
    } catch (error) {
      section.append(errorNote(error, more));
    }
  };
  return fill(
    section,
    h("h2", {}, say("evaluate.replies")),
    rows.map(question),
    rows.length < total &&
      h(
        "button",
        { type: "button", class: "button", onclick: more },
        say("library.more", { count: total - rows.length }),
      ),
  );
}

function question(row) {
  return h(
    "article",
    { class: "side-by-side" },
    h("h3", {}, row.question),
    h(
      "p",
      { class: "small" },
      h("span", { class: "quiet" }, say("evaluate.right"), " "),
      row.answers.join(" · ") || say("evaluate.unanswerable"),
    ),
    h(
      "div",
      { class: "replies" },
      Object.entries(row.replies).map(([arm, reply]) =>
        h(
          "div",
          { class: "reply" },
          h("h4", { class: "label" }, armName(arm)),
          h("p", {}, reply.problem || reply.text || "–"),
          h("p", { class: "small quiet" }, reply.abstained && [say("evaluate.abstained"), " · "], scores(reply.scores)),
        ),
      ),
    ),
  );
}

function scores(row = {}) {
  return MAIN.filter((name) => typeof row[name] === "number")
    .map((name) => `${metricName(name)} ${fixed(row[name], 2)}`)
    .join(" · ");
}
