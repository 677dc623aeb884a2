// What the page says, in English and Korean, and how it writes numbers, sizes and times.
import ask from "./words/ask.js";
import common from "./words/common.js";
import evaluate from "./words/evaluate.js";
import library from "./words/library.js";
import models from "./words/models.js";
import search from "./words/search.js";
import settings from "./words/settings.js";
import train from "./words/train.js";

/** Key → {en, ko}; an English text with two forms is [one, other], chosen by {count}. */
export const WORDS = { ...common, ...ask, ...library, ...search, ...train, ...evaluate, ...models, ...settings };
export const LANGUAGES = { en: "English", ko: "한국어" };
let chosen = "en";

export function language() {
  return chosen;
}

export function setLanguage(name) {
  chosen = name in LANGUAGES ? name : preferred();
  document.documentElement.lang = chosen;
}

/** What the browser asks for. */
export function preferred() {
  const wanted = navigator.languages?.length ? navigator.languages : [navigator.language ?? ""];
  const known = wanted.map((name) => name.slice(0, 2).toLowerCase()).find((name) => name in LANGUAGES);
  return known ?? "en";
}

/** The text of a key; `{name}` is filled from `values`, numbers as the language writes them. */
export function say(key, values = {}) {
  const row = WORDS[key];
  if (!row) throw new Error(`no words for ${key}`);
  let text = row[chosen];
  if (Array.isArray(text)) text = text[values.count === 1 ? 0 : 1];
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : String(value ?? "");
  });
}

/** Whether there are words for a key, such as one that holds a name of the server's. */
export const known = (key) => key in WORDS;

export function number(value, digits = 0) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return new Intl.NumberFormat(chosen, { maximumFractionDigits: digits }).format(value);
}

/** Always with so many digits, for columns. */
export function fixed(value, digits) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return new Intl.NumberFormat(chosen, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

export function percent(share) {
  return new Intl.NumberFormat(chosen, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

export function size(bytes) {
  if (!bytes) return "–";
  const units = ["B", "KB", "MB", "GB", "TB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log(bytes) / Math.log(1024)));
  return `${number(bytes / 1024 ** step, step > 2 ? 1 : 0)} ${units[step]}`;
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return say("time.seconds", { n: whole });
  if (whole < 3600) return say("time.minutes", { m: Math.floor(whole / 60), s: whole % 60 });
  return say("time.hours", { h: Math.floor(whole / 3600), m: Math.floor((whole % 3600) / 60) });
}

/** A day, or the time when it is today; `moment` is ISO text or seconds since 1970, a text of 10 letters only a day. */
export function when(moment) {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(moment);
  const date = new Date(typeof moment === "number" ? moment * 1000 : isDay ? `${moment}T00:00` : moment);
  if (Number.isNaN(date.getTime())) return "";
  const today = !isDay && new Date().toDateString() === date.toDateString();
  const shape = today ? { timeStyle: "short" } : { dateStyle: "medium" };
  return new Intl.DateTimeFormat(chosen, shape).format(date);
}

/** `museum.txt` of a path. */
export const fileName = (path) => String(path).split(/[\\/]/).pop() || String(path);

/** The headings above a passage, without the title that stands before them already. */
export function sectionOf({ heading, title }) {
  if (!heading || heading === title) return "";
  return heading.startsWith(`${title} > `) ? heading.slice(title.length + 3) : heading;
}

/** Where something stands: `rules.pdf, p. 3`. */
export function place(row) {
  const name = row.title && row.title !== fileName(row.source) ? row.title : fileName(row.source);
  const { page, unit = "page", page_name: called = "" } = row;
  if (!page) return name;
  if (unit === "time" || (unit === "section" && called)) return `${name}, ${called}`;
  const key = known(`place.${unit}`) ? `place.${unit}` : "place.page";
  return say(key, { name, page: String(page), called: called || String(page) });
}
