// Elements made from data. Text goes in as text nodes only: nothing in this console parses a string as markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element with properties (`on…`: a listener; a name with a hyphen or `role`, `for`: an attribute) and children. */
export function h(name, properties = {}, ...children) {
  return fill(document.createElement(name), properties, children);
}

/** The same for SVG, where all properties are attributes. */
export function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(key, String(value));
  node.append(...children.filter((one) => one !== null && one !== undefined));
  return node;
}

const AS_ATTRIBUTES = new Set(["role", "for", "list", "form", "lang", "dir", "colspan", "scope", "datetime", "rel", "target", "href"]);

function fill(node, properties, children) {
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else if (key.includes("-") || AS_ATTRIBUTES.has(key)) node.setAttribute(key, String(value));
    else node[key] = value;
  }
  node.append(...children.flat().filter((one) => one !== null && one !== undefined && one !== false));
  return node;
}

/** A button. */
export function button(text, onclick, properties = {}) {
  return h("button", { type: "button", onclick, ...properties }, text);
}

/** Somebody's words in one line: isolated, so that their direction disturbs nothing around them. */
export function foreign(text) {
  return h("bdi", {}, visible(text));
}

const CONTROLS = new Map([
  [0x200e, "LRM"], [0x200f, "RLM"], [0x061c, "ALM"], [0x202a, "LRE"], [0x202b, "RLE"], [0x202c, "PDF"], [0x202d, "LRO"],
  [0x202e, "RLO"], [0x2066, "LRI"], [0x2067, "RLI"], [0x2068, "FSI"], [0x2069, "PDI"], [0x200b, "ZWSP"], [0x2060, "WJ"],
  [0xfeff, "BOM"], [0x00ad, "SHY"], [0x180e, "MVS"], [0x2028, "LS"], [0x2029, "PS"],
]);

/** The name of a character that acts without being seen, or null. Joiners (U+200C, U+200D) are spelling, not disguise. */
export function controlName(point) {
  if (CONTROLS.has(point)) return CONTROLS.get(point);
  if (point < 0x20 && point !== 0x0a && point !== 0x0d && point !== 0x09) return `U+${point.toString(16).padStart(4, "0").toUpperCase()}`;
  if (point >= 0xe0000 && point <= 0xe007f) return "TAG";
  return null;
}

/** A text in which such characters are replaced by their names, for one line. */
export function visible(text) {
  let shown = "";
  for (const one of String(text ?? "")) {
    const name = controlName(one.codePointAt(0));
    shown += name === null ? one : `⟦${name}⟧`;
  }
  return shown;
}

/** Says something to who listens to the page rather than sees it; `urgent` interrupts. */
export function say(text, urgent = false) {
  const region = document.getElementById(urgent ? "warned" : "said");
  region.textContent = "";
  region.textContent = text;
}
