// What is looked at, in the address bar: a page of the console and its filters. Sending the address sends the view.

export const QUEUES = ["pending", "reported", "escalated", "approved", "rejected"];
export const ORDERS = ["oldest", "newest", "spam", "ham"];
export const AGES = { "1h": 3600, "6h": 21600, "24h": 86400, "7d": 604800 };
const FILTERS = ["reason", "article", "author", "score_min", "score_max", "q", "tag", "assigned"];

/** The view that the address names: {view, site ('' for all), queue, order, filters…, newer, older, hours}. */
export function read() {
  const given = new URLSearchParams(location.search);
  const place = { view: given.get("view") ?? "queue", site: given.get("site") ?? "", queue: given.get("queue") ?? "pending",
    order: given.get("order") ?? "oldest", newer: given.get("newer") ?? "", older: given.get("older") ?? "", hours: given.get("hours") ?? "24" };
  if (!["queue", "overview", "policy"].includes(place.view)) place.view = "queue";
  if (!QUEUES.includes(place.queue)) place.queue = "pending";
  if (!ORDERS.includes(place.order)) place.order = "oldest";
  for (const name of ["newer", "older"]) if (!(place[name] in AGES)) place[name] = "";
  for (const name of FILTERS) place[name] = given.get(name) ?? "";
  return place;
}

/** Writes a view into the address bar; `replace` leaves no step behind it. */
export function write(place, replace = false) {
  const url = addressOf(place);
  if (replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
}

export function addressOf(place) {
  const query = new URLSearchParams();
  const plain = { view: "queue", queue: "pending", order: "oldest", hours: "24" };
  for (const [name, value] of Object.entries(place)) {
    if (value !== "" && value !== null && plain[name] !== value) query.set(name, value);
  }
  const text = query.toString();
  return location.pathname + (text ? `?${text}` : "");
}

/** The filters of a view as the API takes them. */
export function filtersOf(place) {
  const found = {};
  for (const name of FILTERS) if (place[name] !== "") found[name] = place[name];
  const before = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
  if (place.newer) found.received_after = before(AGES[place.newer]);
  if (place.older) found.received_before = before(AGES[place.older]);
  return found;
}

/** The same for a body, where scores are numbers. */
export function bodyFiltersOf(place) {
  const found = filtersOf(place);
  for (const name of ["score_min", "score_max"]) if (name in found) found[name] = Number(found[name]);
  return found;
}

export const filtered = (place) => [...FILTERS, "newer", "older"].some((name) => place[name] !== "");

/** The view without its filters. */
export function bare(place) {
  const found = { ...place };
  for (const name of [...FILTERS, "newer", "older"]) found[name] = "";
  return found;
}
