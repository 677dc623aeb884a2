// Settings: of this page, kept in this browser; and of the server, which hold until it ends.
import { get, patch } from "../api.js";
import { fill, h } from "../dom.js";
import { changed, keep, kept, loadSettings, shortSpec, state } from "../state.js";
import { errorNote, tellError, toast } from "../tell.js";
import { LANGUAGES, fixed, language, say, setLanguage } from "../words.js";

const THEMES = ["system", "light", "dark"];
const SHOWN = ["home", "embeddings", "store", "offline", "version"];

export async function open(place) {
  const server = h("section", { class: "group" });
  fill(
    place,
    h(
      "div",
      { class: "page narrow-page" },
      h("h1", { tabindex: -1 }, say("nav.settings")),
      h(
        "section",
        { class: "group" },
        h("h2", {}, say("settings.page")),
        h("p", { class: "quiet small" }, say("settings.page.hint")),
        languageChoice(),
        themeChoice(),
      ),
      server,
    ),
  );
  await load(server);
}

function choice(name, title, rows, chosen, onchange) {
  return h(
    "div",
    { class: "setting" },
    h(
      "fieldset",
      { class: "segments" },
      h("legend", {}, title),
      rows.map(([value, text]) =>
        h(
          "label",
          {},
          h("input", {
            type: "radio",
            name,
            value,
            checked: value === chosen,
            onchange: () => onchange(value),
          }),
          h("span", { lang: name === "language" ? value : null }, text),
        ),
      ),
    ),
  );
}

function languageChoice() {
  return choice("language", say("settings.language"), Object.entries(LANGUAGES), language(), (name) => {
    keep("language", name);
    setLanguage(name);
    changed("language");
    document.querySelector(`input[name="language"][value="${name}"]`)?.focus();
  });
}

function themeChoice() {
  const rows = THEMES.map((name) => [name, say(`settings.theme.${name}`)]);
  return choice("theme", say("settings.theme"), rows, kept("theme") ?? "system", (name) => {
    keep("theme", name === "system" ? null : name);
    if (name === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
  });
}

async function load(server) {
  try {
    const [settings, readers] = await Promise.all([loadSettings(), readerNames()]);
    fill(
      server,
      h("h2", {}, say("settings.server")),
      h("p", { class: "quiet small" }, say("settings.server.hint")),
      form(settings, readers, server),
      known(settings),
    );
  } catch (error) {
    fill(
      server,
      h("h2", {}, say("settings.server")),
      errorNote(error, () => load(server)),
    );
  }
}

async function readerNames() {
  const { models } = await get("/api/models");
  return models.filter((row) => row.kind === "reader" && row.status === "ready").map((row) => `onnx:${row.name}`);
}

function form(settings, readers, server) {
  const unique = (rows) => [...new Set(rows)].filter((value) => value !== undefined && value !== "");
  const specs = unique([settings.model, ...state.offers.map((row) => row.spec)]);
  const adapters = unique([
    settings.adapter,
    "none",
    ...(state.offers.find((row) => row.spec === settings.model)?.adapters ?? []),
  ]);
  const fields = {
    collection: pick(unique([settings.collection, ...state.collections.map((row) => row.name)]), settings.collection),
    model: pick(specs, settings.model, shortSpec),
    adapter: pick(adapters, settings.adapter || "none", named),
    reader: pick(unique([settings.reader, "none", ...readers]), settings.reader || "none", (name) =>
      named(shortSpec(name)),
    ),
    threshold: h("input", {
      class: "field narrow",
      type: "number",
      min: 0,
      max: 1,
      step: 0.05,
      value: settings.threshold,
    }),
  };
  const element = h(
    "form",
    { class: "settings-form" },
    Object.entries(fields).map(([name, field]) => {
      field.name = name;
      return h(
        "label",
        { class: "setting" },
        h("span", { class: "setting-name" }, say(`settings.${name}`)),
        field,
        h("span", { class: "small quiet" }, say(`settings.${name}.hint`), " ", origin(settings, name)),
      );
    }),
    h("button", { type: "submit", class: "button primary" }, say("settings.save")),
  );
  element.onsubmit = (event) => {
    event.preventDefault();
    save(element, settings, server);
  };
  return element;
}

const named = (name) => (name === "none" ? say("settings.none") : name);

function pick(rows, value, show = (row) => row) {
  return h(
    "select",
    { class: "field", value },
    rows.map((row) => h("option", { value: row }, show(row))),
  );
}

async function save(element, settings, server) {
  const rows = [...new FormData(element)].map(([name, value]) => [name, name === "threshold" ? Number(value) : value]);
  const now = { ...settings, adapter: settings.adapter || "none", reader: settings.reader || "none" };
  const change = Object.fromEntries(rows.filter(([name, value]) => value !== now[name]));
  if (!Object.keys(change).length) return void toast(say("settings.same"));
  try {
    await patch("/api/settings", change);
    toast(say("settings.saved"));
    await load(server);
  } catch (error) {
    tellError(error);
  }
}

function origin(settings, name) {
  const from = settings.origin?.[name];
  if (!from) return "";
  const told = { default: say("settings.origin.default"), argument: say("settings.origin.argument") }[from];
  return h("span", { class: "origin" }, told ?? say("settings.origin.from", { place: from }));
}

function known(settings) {
  const value = (name) =>
    typeof settings[name] === "number"
      ? fixed(settings[name], 2)
      : typeof settings[name] === "boolean"
        ? say(settings[name] ? "yes" : "no")
        : settings[name];
  return h(
    "dl",
    { class: "facts wide" },
    SHOWN.filter((name) => settings[name] !== undefined).map((name) =>
      h(
        "div",
        {},
        h("dt", {}, say(`settings.${name}`)),
        h("dd", {}, value(name), " ", h("span", { class: "small quiet" }, origin(settings, name))),
      ),
    ),
  );
}
