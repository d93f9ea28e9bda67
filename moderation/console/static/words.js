// The page's own words in the reader's language: one file for each in strings/.

import en from "./strings/en.js";

export const LANGUAGES = { en: "English", de: "Deutsch" };
const KEPT = "moderation-language";

let strings = en;
let language = "en";
let locale = "en"; // the language as the reader's country writes numbers and times
let plurals = new Intl.PluralRules("en");

/** Loads the language that was chosen, else the browser's first one that there is. */
export async function load() {
  const wanted = [kept(), ...navigator.languages].filter(Boolean).map((one) => one.slice(0, 2).toLowerCase());
  language = wanted.find((one) => one in LANGUAGES) ?? "en";
  strings = language === "en" ? en : { ...en, ...(await import(`./strings/${language}.js`)).default };
  locale = navigator.languages.find((one) => one.toLowerCase().startsWith(language)) ?? language;
  plurals = new Intl.PluralRules(language);
  document.documentElement.lang = language;
}

/** Chooses a language for this browser. */
export function choose(one) {
  try {
    localStorage.setItem(KEPT, one);
  } catch { /* private windows may keep nothing */ }
}

function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

export const current = () => language;

/** A sentence by its name; `{name}` in it is filled in, and `n` chooses singular or plural. */
export function t(name, values = {}) {
  let sentence = strings[name] ?? name;
  if (typeof sentence === "object") sentence = sentence[plurals.select(values.n ?? 0)] ?? sentence.other;
  return sentence.replace(/\{(\w+)\}/g, (_, key) => {
    const value = values[key];
    return typeof value === "number" ? number(value) : String(value ?? "");
  });
}

export const has = (name) => name in strings;

const formats = new Map();

/** A formatter of the language, made once: making one costs more than using it a hundred times. */
function format(kind, options) {
  const name = kind.name + JSON.stringify(options);
  if (!formats.has(name)) formats.set(name, new kind(locale, options));
  return formats.get(name);
}

export const number = (value, digits = 2) => format(Intl.NumberFormat, { maximumFractionDigits: digits }).format(value);

export const percent = (value, digits = 1) =>
  value === null || value === undefined ? "–" : format(Intl.NumberFormat, { style: "percent", maximumFractionDigits: digits }).format(value);

/** A time as a person writes it. */
export const moment = (text) => format(Intl.DateTimeFormat, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));

export const hour = (text) => format(Intl.DateTimeFormat, { weekday: "short", hour: "2-digit", minute: "2-digit" }).format(new Date(text));

/** A span of seconds in its largest unit: 14 minutes. */
export function span(seconds) {
  const [unit, size] = seconds < 60 ? ["second", 1] : seconds < 3600 ? ["minute", 60] : seconds < 172800 ? ["hour", 3600] : ["day", 86400];
  return format(Intl.NumberFormat, { style: "unit", unit, unitDisplay: "long" }).format(Math.max(0, Math.floor(seconds / size)));
}

export const age = (text) => span((Date.now() - new Date(text).getTime()) / 1000);
