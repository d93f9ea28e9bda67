// The public API, called with the session's cookie. Nothing else in the console talks to the network.

const ROOT = new URL("../", document.baseURI);

let token = "";
let onEnded = () => {};
let ahead = 0; // ms that the service's clock is before this one's

/** What an API call answered instead of what was asked for; status 0: there was no answer. */
export class Problem extends Error {
  constructor(status, document, retryAfter = null) {
    super(document?.detail ?? document?.title ?? `HTTP ${status}`);
    this.status = status;
    this.document = document ?? {};
    this.retryAfter = retryAfter;
  }

  /** Whether the same call may well succeed a little later. */
  get passing() {
    return this.status === 0 || [408, 425, 429, 500, 502, 503, 504, 507].includes(this.status);
  }
}

export function signedIn(csrf) {
  token = csrf;
}

/** `listener` is called whenever the service no longer knows the session. */
export function whenEnded(listener) {
  onEnded = listener;
}

/** The service's time in ms, within two seconds; never later than it is. */
export const serverNow = () => Date.now() + ahead - 1_000;

/** A key for one operation, so that sending it twice does it once. */
export function operationKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");
}

export function address(path, query = {}) {
  const url = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  return url;
}

/** One call: the answer's JSON (null for none). Throws a Problem. */
export async function call(method, path, { body, query, key, keepalive = false, signal, quietly = false } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = token;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  let answer, text;
  try {
    answer = await fetch(address(path, query), {
      method, headers, keepalive, signal, credentials: "same-origin", cache: "no-store", redirect: "error",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    text = await answer.text();
    const date = Date.parse(answer.headers.get("Date"));
    if (date) ahead = date - Date.now();
  } catch (failure) {
    if (failure.name === "AbortError") throw failure;
    throw new Problem(0, null);
  }
  let document = null;
  try {
    document = text ? JSON.parse(text) : null;
  } catch { /* a proxy's page, not ours */ }
  if (answer.ok) return document;
  const problem = new Problem(answer.status, document, Number(answer.headers.get("Retry-After")) || null);
  if (answer.status === 401 && !quietly) onEnded();
  throw problem;
}

export const get = (path, query, more = {}) => call("GET", path, { query, ...more });

const part = encodeURIComponent;
export const onSite = (site, path) => `v1/sites/${part(site)}${path}`;
export const onComment = (site, id, path = "") => onSite(site, `/comments/${part(id)}${path}`);
export const onAuthor = (site, ref, path = "") => onSite(site, `/authors/${part(ref)}${path}`);

/** The open stream of a site's events, for live.js. */
export function stream(site, after, signal) {
  return fetch(address(onSite(site, "/events"), { after }), {
    headers: { Accept: "text/event-stream" }, credentials: "same-origin", cache: "no-store", signal,
  });
}
