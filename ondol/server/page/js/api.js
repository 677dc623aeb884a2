// The server's JSON, its event streams and its errors, all in the language of the page.
import { language, say } from "./words.js";

export class ApiError extends Error {
  constructor({ message, hint = "", code = "backend" }, status = 0) {
    super(message);
    Object.assign(this, { hint, code, status });
  }
}

/** `/api/sources?collection=…`; what is empty is left out. */
export function address(path, query = {}) {
  const rows = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const search = new URLSearchParams(rows.map(([name, value]) => [name, String(value)])).toString();
  return search ? `${path}?${search}` : path;
}

/** One part of a path: a name may hold slashes and any script. */
export const part = (name) => encodeURIComponent(name);

export const get = (path, query, signal) => call("GET", address(path, query), undefined, signal);
export const post = (path, body = {}) => call("POST", path, body);
export const patch = (path, body) => call("PATCH", path, body);
export const remove = (path, query) => call("DELETE", address(path, query));

async function call(method, path, body, signal) {
  const response = await reach(path, { method, signal, ...json(body) });
  return response.json();
}

function json(body) {
  if (body === undefined) return {};
  return { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
}

async function reach(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { ...options.headers, "Accept-Language": language() } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError({ message: say("error.unreachable"), hint: say("error.unreachable.hint"), code: "unreachable" });
  }
  if (!response.ok) throw await failure(response);
  return response;
}

async function failure(response) {
  try {
    const { error } = await response.json();
    return new ApiError(error, response.status);
  } catch {
    return new ApiError({ message: say("error.status", { status: response.status }) }, response.status);
  }
}

/**
 * Events of a stream, as they come: calls `on(name, data)`; ends with the stream.
 * An event `error` is thrown as an ApiError.
 */
export async function listen(path, { body, signal, on }) {
  const method = body === undefined ? "GET" : "POST";
  const plain = json(body);
  const response = await reach(path, {
    method,
    signal,
    ...plain,
    headers: { ...plain.headers, Accept: "text/event-stream" },
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await read(reader);
    rest += value ?? "";
    const events = rest.split(/\r?\n\r?\n/);
    rest = done ? "" : events.pop();
    for (const text of events) tell(text, on);
    if (done) return;
  }
}

async function read(reader) {
  try {
    return await reader.read();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError({ message: say("error.broken"), hint: say("error.unreachable.hint"), code: "unreachable" });
  }
}

function tell(text, on) {
  let name = "message";
  const data = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  if (!data.length) return;
  const value = JSON.parse(data.join("\n"));
  if (name === "error") throw new ApiError(value);
  on(name, value);
}

/** Send a form; `progress` is told the share that has gone out, 0 to 1. */
export function sendForm(path, form, progress = () => {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how much has gone out
    request.open("POST", path);
    request.setRequestHeader("Accept-Language", language());
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => reject(new ApiError({ message: say("error.broken"), hint: say("error.unreachable.hint") }));
    request.onload = () => {
      if (request.status < 300) return resolve(request.response);
      const told = request.response?.error ?? { message: say("error.status", { status: request.status }) };
      return reject(new ApiError(told, request.status));
    };
    request.send(form);
  });
}
