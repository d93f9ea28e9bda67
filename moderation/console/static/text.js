// A comment's text as pieces: marks of reasons, addresses, and characters that act unseen. Spans count code points.

import { controlName, h } from "./elements.js";

const ADDRESS = /(?:https?:\/\/|www\.)[^\s<>"'“”«»]+/giu;
const TRAILING = /[.,;:!?)\]}…]+$/u;

/**
 * The pieces of a text in order: {text, marks: numbers of the reasons, address: bool, control: name or null}.
 * `spans` is [{begin, end, mark}], half open, in code points.
 */
export function pieces(text, spans) {
  const points = Array.from(text);
  const cuts = new Set([0, points.length]);
  const clean = [];
  for (const { begin, end, mark } of spans) {
    const from = Math.max(0, Math.min(begin, points.length)), to = Math.max(0, Math.min(end, points.length));
    if (from < to) {
      clean.push({ begin: from, end: to, mark });
      cuts.add(from).add(to);
    }
  }
  const addresses = addressesIn(text, points);
  for (const one of addresses) cuts.add(one.begin).add(one.end);
  points.forEach((point, index) => {
    if (controlName(point.codePointAt(0)) !== null) cuts.add(index).add(index + 1);
  });
  const places = [...cuts].sort((one, other) => one - other);
  const found = [];
  for (let i = 0; i + 1 < places.length; i++) {
    const [begin, end] = [places[i], places[i + 1]];
    const piece = points.slice(begin, end).join("");
    found.push({
      text: piece,
      marks: clean.filter((one) => one.begin <= begin && one.end >= end).map((one) => one.mark),
      address: addresses.some((one) => one.begin <= begin && one.end >= end),
      control: end - begin === 1 ? controlName(piece.codePointAt(0)) : null,
    });
  }
  return found;
}

/** The addresses in a text, as {address, begin, end}. */
export function addressesIn(text, points = Array.from(text)) {
  const place = new Map();
  let unit = 0;
  points.forEach((point, index) => {
    place.set(unit, index);
    unit += point.length;
  });
  place.set(unit, points.length);
  return [...text.matchAll(ADDRESS)].map((match) => {
    const address = match[0].replace(TRAILING, "");
    return { address, begin: place.get(match.index), end: place.get(match.index + address.length) };
  }).filter((one) => one.begin !== undefined && one.end !== undefined && one.begin < one.end);
}

/** The text as elements, with the spans of the reasons marked and numbered. */
export function rendered(card, controlTitle) {
  const spans = card.reasons.flatMap((reason, index) =>
    (reason.spans ?? []).map(([begin, end]) => ({ begin, end, mark: index + 1 })));
  return pieces(card.text, spans).map((piece) => {
    let node = piece.text;
    if (piece.control !== null) node = h("span", { class: "control", title: controlTitle }, piece.control);
    else if (piece.address) node = h("span", { class: "address" }, piece.text);
    return piece.marks.length ? h("mark", { class: `mark m${(piece.marks[0] - 1) % 6}` }, node) : node;
  });
}

/** An address that a browser may be sent to, or null: http and https alone. */
export function openable(address) {
  try {
    const url = new URL(/^www\./i.test(address) ? `http://${address}` : address);
    return url.protocol === "http:" || url.protocol === "https:" ? url : null;
  } catch {
    return null;
  }
}
