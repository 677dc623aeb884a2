// Models: what is here, what can be fetched, and what this machine can carry.
import { get, part, patch, post, remove } from "../api.js";
import { fill, h } from "../dom.js";
import { pageHead } from "../head.js";
import { icon } from "../icons.js";
import { hasEnded, jobCard, listJobs } from "../jobs.js";
import { loadOffers, loadSettings, shortSpec, state } from "../state.js";
import { confirmBox, errorNote, tellError, toast } from "../tell.js";
import { fixed, say, size } from "../words.js";

const KINDS = ["chat", "embeddings", "reader", "reranker", "adapter"];

export function open(place) {
  const list = h("div", {}, h("p", { class: "quiet", role: "status" }, say("models.looking")));
  const ends = [];
  fill(
    place,
    h(
      "div",
      { class: "page" },
      pageHead(say("nav.models"), say("models.about")),
      list,
    ),
  );
  load(list, ends);
  return () => ends.forEach((end) => end());
}

async function load(list, ends) {
  try {
    const [{ models }, jobs] = await Promise.all([get("/api/models"), listJobs("pull")]);
    const again = () => (load(list, ends), loadOffers().catch(() => {}));
    const open = new Map(
      jobs
        .filter((job) => !hasEnded(job) || job.state === "failed")
        .reverse()
        .map((job) => [job.request?.name ?? job.title, job]),
    );
    const kinds = [...new Set([...KINDS, ...models.map((row) => row.kind)])];
    const groups = kinds
      .map((kind) => [kind, models.filter((row) => row.kind === kind)])
      .filter(([, rows]) => rows.length);
    fill(
      list,
      groups.map(([kind, rows]) =>
        h(
          "section",
          { class: "group" },
          h("h2", {}, title(kind)),
          h(
            "ul",
            { class: "rows" },
            rows.map((row) => item(row, open.get(row.name), again, ends)),
          ),
        ),
      ),
    );
  } catch (error) {
    fill(
      list,
      errorNote(error, () => load(list, ends)),
    );
  }
}

const title = (kind) => (KINDS.includes(kind) ? say(`models.kind.${kind}`) : kind);

function item(row, job, again, ends) {
  const below = h("div", { class: "row-below" });
  const show = (told) => {
    const card = jobCard(told, { onEnd: (ended) => ended.state === "done" && again(), onDrop: () => card.remove() });
    fill(below, card);
    ends.push(() => card.end());
  };
  if (job && row.status !== "ready") show(job);
  return h(
    "li",
    { class: "row-item model" },
    h(
      "div",
      { class: "row-main" },
      h("span", { class: "row-title" }, row.name, inUse(row) && h("span", { class: "tag accent" }, say("models.used"))),
      h("span", { class: "row-facts" }, row.about),
      h("span", { class: "row-facts" }, facts(row)),
    ),
    fitTag(row),
    tools(row, show, again),
    below,
  );
}

const nameOf = (spec) => shortSpec(spec);
const inUse = (row) =>
  row.status === "ready" &&
  [state.settings?.model, state.settings?.embeddings, state.settings?.reader].some((spec) => nameOf(spec) === row.name);

function facts(row) {
  const license = row.license_url
    ? h("a", { href: row.license_url, target: "_blank", rel: "noopener noreferrer" }, row.license)
    : row.license;
  const text = [
    row.bytes > 0 && say("models.here", { size: size(row.bytes) }),
    row.fits && say("models.memory", { size: size(row.fits.memory_bytes) }),
    row.fits?.tokens_per_s &&
      say("models.speed", { n: fixed(row.fits.tokens_per_s, row.fits.tokens_per_s < 10 ? 1 : 0) }),
  ];
  return [
    text.filter(Boolean).join(" · "),
    text.some(Boolean) && license ? " · " : "",
    license,
    row.fits?.fits === "no" && row.fits.instead && [" · ", say("models.instead", { name: row.fits.instead })],
    row.problem && h("span", { class: "problem" }, " ", row.problem),
  ];
}

function fitTag({ fits }) {
  if (!fits) return null;
  const kind = { yes: "good", tight: "warn", no: "bad" }[fits.fits] ?? "";
  const hint = [fits.needs, fits.instead].filter(Boolean).join(" ");
  return h("span", { class: `tag ${kind}`, title: hint || null }, say(`models.fits.${fits.fits}`));
}

function tools(row, show, again) {
  const parts = [];
  if (row.status !== "ready") {
    parts.push(
      h(
        "button",
        {
          type: "button",
          class: "button small",
          "aria-label": say("models.pull.name", row),
          onclick: () => pull(row, show),
        },
        icon("download"),
        say("models.pull"),
      ),
    );
  } else {
    const offer = state.offers.find(({ spec }) => nameOf(spec) === row.name);
    if (row.kind === "chat" && offer && !inUse(row)) {
      parts.push(
        h(
          "button",
          { type: "button", class: "button small", onclick: () => use(offer.spec, again) },
          say("models.use"),
        ),
      );
    }
    parts.push(
      h(
        "button",
        {
          type: "button",
          class: "tool",
          "aria-label": say("models.remove.name", row),
          title: say("delete"),
          onclick: () => drop(row, again),
        },
        icon("trash"),
      ),
    );
  }
  return h("div", { class: "row-tools" }, parts);
}

async function pull(row, show) {
  if (row.fits?.fits === "no") {
    const text = [say("models.large", { name: row.name }), row.fits.instead].filter(Boolean).join(" ");
    if (!(await confirmBox({ title: say("models.pull.name", row), text, action: say("models.pull") }))) return;
  }
  try {
    show((await post(`/api/models/${part(row.name)}/pull`)).job);
  } catch (error) {
    tellError(error);
  }
}

async function use(spec, again) {
  try {
    await patch("/api/settings", { model: spec });
    await loadSettings();
    toast(say("models.using", { name: nameOf(spec) }));
    again();
  } catch (error) {
    tellError(error);
  }
}

async function drop(row, again) {
  const text = say("models.remove.text", { size: size(row.bytes) });
  if (!(await confirmBox({ title: say("models.remove.name", row), text, action: say("delete"), danger: true }))) return;
  try {
    await remove(`/api/models/${part(row.name)}`);
    again();
  } catch (error) {
    tellError(error);
  }
}
