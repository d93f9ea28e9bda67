// The console's frame: sign-in, header, and which page is shown. A client of the public API and of nothing else.

import { call, get, signedIn, whenEnded } from "./api.js";
import { Claims } from "./claims.js";
import { button, foreign, h, say } from "./elements.js";
import { Keyboard } from "./keyboard.js";
import { Live } from "./live.js";
import { Outbox } from "./outbox.js";
import * as place from "./place.js";
import { Queue } from "./queue.js";
import * as words from "./words.js";

const { t } = words;
const main = document.getElementById("main");
const top = document.getElementById("top");

let session = null;
let desk = null; // {outbox, claims, live, queue, pages}
let asking = false;

async function start() {
  await words.load();
  document.title = t("title");
  document.getElementById("skip").textContent = t("skip");
  whenEnded(() => void signInAgain());
  session = await current();
  if (session === null) signIn();
  else await enter();
}

async function current() {
  try {
    return await get("console/session", {}, { quietly: true });
  } catch (problem) {
    if (problem.status !== 401) say(problem.message || t("no_answer"), true);
    return null;
  }
}

// --- sign-in ---------------------------------------------------------------------------------------------

function signInForm(done) {
  const input = h("input", { type: "password", id: "key", name: "key", autocomplete: "current-password", required: true, maxLength: 256, spellcheck: false, "aria-describedby": "key-fault" });
  const fault = h("p", { class: "fault", id: "key-fault", role: "alert" });
  const send = h("button", { type: "submit", class: "act" }, t("sign_in"));
  return h("form", { class: "sign-in", onsubmit: async (event) => {
    event.preventDefault();
    send.disabled = true;
    fault.textContent = "";
    try {
      await call("POST", "console/session", { body: { key: input.value.trim() }, quietly: true });
      const found = await current();
      if (found === null) fault.textContent = t("cookie_refused");
      else {
        input.value = "";
        return await done(found);
      }
    } catch (problem) {
      fault.textContent = problem.message && problem.status ? problem.message : t("no_answer");
    } finally {
      send.disabled = false;
    }
    input.focus();
  } }, h("label", { for: "key" }, t("your_key")), input, send, fault, h("p", { class: "hint" }, t("key_hint")),
  window.isSecureContext ? null : h("p", { class: "fault" }, t("insecure")));
}

function signIn() {
  top.replaceChildren(h("header", { class: "top" }, h("p", { class: "brand" }, t("title")), languages()));
  main.replaceChildren(h("div", { class: "welcome" }, h("h1", {}, t("sign_in")), signInForm(async (found) => {
    session = found;
    await enter();
  })));
  document.getElementById("key").focus();
}

/** The session ended under way: nothing on the page is lost, what was decided waits. */
async function signInAgain() {
  if (asking || desk === null) return;
  asking = true;
  const dialog = h("dialog", { "aria-labelledby": "again-title" }, h("h2", { id: "again-title" }, t("session_ended")));
  dialog.append(signInForm(async (found) => {
    if (found.name !== session.name) return location.reload();
    session = found;
    signedIn(found.csrf);
    dialog.close();
    desk.outbox.resume();
  }));
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => {
    dialog.remove();
    asking = false;
  });
  document.body.append(dialog);
  dialog.showModal();
}

async function signOut(everywhere) {
  desk.claims.release();
  try {
    await call("DELETE", "console/session", { query: everywhere ? { everywhere: "true" } : {}, quietly: true });
  } catch (problem) {
    if (problem.status !== 401) return say(problem.message || t("no_answer"), true);
  }
  sessionStorage.clear();
  location.assign(location.pathname);
}

// --- the frame -------------------------------------------------------------------------------------------

async function enter() {
  signedIn(session.csrf);
  const sites = await sitesOf();
  const outbox = new Outbox(), claims = new Claims(session.name), live = new Live();
  const queue = new Queue({ session, outbox, claims, live, go });
  const keyboard = new Keyboard({ ...onQueue(queue.keys), "?": () => void help() });
  queue.keyboard = keyboard;
  desk = { outbox, claims, live, queue, keyboard, sites, pages: {} };
  frame();
  addEventListener("popstate", () => void show(settled(place.read()), false));
  addEventListener("beforeunload", (event) => {
    if (outbox.size) event.preventDefault(); // it would go on after a reload; a closed tab would not
  });
  outbox.resume();
  const wanted = settled(place.read());
  place.write(wanted, true);
  await show(wanted, false);
}

function onQueue(keys) {
  return Object.fromEntries(Object.entries(keys).map(([key, act]) => [key, () => { if (desk.shown?.view === "queue") act(); }]));
}

async function sitesOf() {
  if (!session.sites.includes("*")) return session.sites;
  try {
    return (await get("v1/sites", { limit: 200 })).items.map((one) => one.site);
  } catch {
    return [];
  }
}

/** A view on a site that there is: one's only site, or all of them; overview and policy are of one site. */
function settled(wanted) {
  const { sites } = desk;
  if (wanted.site && !sites.includes(wanted.site) && !session.sites.includes("*")) wanted.site = "";
  if (!wanted.site && (sites.length === 1 || wanted.view !== "queue")) wanted.site = sites[0] ?? "";
  return wanted;
}

function frame() {
  const links = ["queue", "overview", "policy"].map((view) => {
    const link = h("a", { href: "?", onclick: (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go({ ...place.bare(desk.shown), view });
    } }, t(`page.${view}`));
    return [view, link];
  });
  desk.links = new Map(links);
  desk.siteChoice = h("select", { id: "site", onchange: () => go({ ...place.bare(desk.shown), site: desk.siteChoice.value }) },
    desk.sites.length > 1 ? h("option", { value: "" }, t("all_sites")) : null, ...desk.sites.map((site) => h("option", { value: site }, site)));
  top.replaceChildren(
    h("header", { class: "top" },
      h("p", { class: "brand" }, t("title")),
      h("nav", { "aria-label": t("pages") }, h("ul", {}, ...links.map(([, link]) => h("li", {}, link)))),
      h("div", { class: "top-end" },
        h("label", { for: "site" }, t("site")), desk.siteChoice,
        button(t("keys"), () => void help(), { class: "quiet" }),
        h("details", { class: "me" }, h("summary", {}, foreign(session.name), ` (${t(`role.${session.role}`)})`),
          h("div", {}, languages(), button(t("sign_out"), () => void signOut(false)), button(t("sign_out_everywhere"), () => void signOut(true))))),
    ),
    desk.queue.state);
}

function languages() {
  const choice = h("select", { "aria-label": t("language"), onchange: () => {
    words.choose(choice.value);
    location.reload();
  } }, ...Object.entries(words.LANGUAGES).map(([code, name]) => h("option", { value: code, lang: code }, name)));
  choice.value = words.current();
  return choice;
}

async function help() {
  const { helpDialog } = await import("./dialogs.js");
  await helpDialog(desk.keyboard);
}

/** Goes to a view and writes it into the address. */
function go(wanted) {
  const there = settled(wanted);
  place.write(there);
  void show(there, true);
}

async function show(wanted, focus) {
  const before = desk.shown;
  desk.shown = wanted;
  for (const [view, link] of desk.links) {
    link.href = place.addressOf({ view, site: wanted.site });
    if (view === wanted.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  desk.siteChoice.value = wanted.site;
  if (wanted.view === "queue") {
    if (before?.view !== "queue") main.replaceChildren(h("h1", { class: "unseen" }, t("page.queue")), desk.queue.node);
    await desk.queue.show(wanted);
    if (focus && before?.view !== "queue") main.focus();
    return;
  }
  desk.queue.hide();
  document.title = `${t(`page.${wanted.view}`)} – ${t("title")}`;
  const { page } = await import(`./${wanted.view}.js`);
  if (desk.shown !== wanted) return;
  const heading = h("h1", { tabIndex: -1 }, t(`page.${wanted.view}`));
  const body = h("div", { class: `page ${wanted.view}` }, h("p", {}, t("loading")));
  main.replaceChildren(heading, body);
  if (focus) heading.focus();
  try {
    body.replaceChildren(...(await page(wanted, { session, go })));
  } catch (problem) {
    body.replaceChildren(h("p", { class: "fault", role: "alert" }, problem.message || t("no_answer")), button(t("again"), () => void show(wanted, false)));
  }
}

void start();
