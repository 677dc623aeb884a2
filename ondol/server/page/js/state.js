// What several views share: choices that are kept in this browser, and what the server has told.
import { get } from "./api.js";

const PREFIX = "ondol.";
const listeners = new Set();

export const state = {
  settings: null,
  collections: [],
  deleted: [],
  offers: [],
  threads: [],
};

export function keep(name, value) {
  try {
    if (value === null || value === undefined) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // a browser without storage forgets it
  }
}

export function kept(name, otherwise = null) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** Called when something of the state has changed; returns what ends it. */
export function onChange(call) {
  listeners.add(call);
  return () => listeners.delete(call);
}

export function changed(what) {
  for (const call of [...listeners]) call(what);
}

export async function loadSettings() {
  state.settings = await get("/api/settings");
  changed("settings");
  return state.settings;
}

export async function loadCollections() {
  const told = await get("/api/collections");
  state.collections = told.collections;
  state.deleted = told.deleted ?? [];
  changed("collections");
  return state.collections;
}

/** Chat models that can be asked, each with its adapters: rows {spec, adapters}. */
export async function loadOffers() {
  const { data } = await get("/v1/models");
  const rows = new Map();
  for (const { id, kind } of data) {
    if (kind !== "chat") continue;
    const [spec, adapter] = splitOffer(id);
    if (!rows.has(spec)) rows.set(spec, []);
    if (adapter) rows.get(spec).push(adapter);
  }
  state.offers = [...rows].map(([spec, adapters]) => ({ spec, adapters }));
  changed("offers");
  return state.offers;
}

function splitOffer(id) {
  const at = id.lastIndexOf("+");
  return at < 0 ? [id, ""] : [id.slice(0, at), id.slice(at + 1)];
}

export async function loadThreads() {
  state.threads = (await get("/api/threads")).threads;
  changed("threads");
  return state.threads;
}

/** The collection that is looked at: the one chosen here while it exists, else the server's. */
export function currentCollection() {
  const names = state.collections.map((row) => row.name);
  const wanted = kept("collection");
  if (names.includes(wanted)) return wanted;
  const own = state.settings?.collection ?? "main";
  return names.includes(own) || !names.length ? own : names[0];
}

export function chooseCollection(name) {
  keep("collection", name);
  changed("collection");
}

/** `gemma-3-270m` of `llama.cpp:gemma-3-270m`. */
export const shortSpec = (spec) => String(spec ?? "").replace(/^[a-z_.]+:(?=.)/, "");
