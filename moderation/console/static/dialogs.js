// Steps that want a second look: a ban, many decisions at once, a stranger's link, and the list of keys.

import { call, onSite } from "./api.js";
import { button, foreign, h, visible } from "./elements.js";
import { openable } from "./text.js";
import { bodyFiltersOf, filtered } from "./place.js";
import { REASONS } from "./queue.js";
import { t } from "./words.js";

/** Shows a dialog; resolves with what `finish` was called with, null if it was closed. */
export function ask(title, build) {
  return new Promise((resolve) => {
    let answer = null;
    const finish = (value) => {
      answer = value;
      dialog.close();
    };
    const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, h("h2", { id: "dialog-title" }, title));
    dialog.append(...build(finish).flat().filter(Boolean));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

const reasonChoice = (id) => h("select", { id }, ...Object.values(REASONS).map((one) => h("option", { value: one }, t(`reason.${one}`))));

export function banDialog(card) {
  return ask(t("ban_title"), (finish) => {
    const waiting = h("input", { type: "checkbox", id: "ban-waiting", checked: true });
    const reason = reasonChoice("ban-reason");
    return [
      h("p", {}, t("ban_who"), " ", foreign(card.author.name ?? card.author.ref)),
      h("p", {}, waiting, " ", h("label", { for: "ban-waiting" }, t("ban_waiting"))),
      h("p", {}, h("label", { for: "ban-reason" }, t("reason_of_rejection")), " ", reason),
      h("div", { class: "dialog-acts" },
        button(t("act.ban"), () => finish({ standing: "banned", reject_pending: waiting.checked, ...(waiting.checked ? { reason: reason.value } : {}) }), { class: "act ban" }),
        button(t("cancel"), () => finish(null))),
    ];
  });
}

export function linkDialog(address) {
  const url = openable(address);
  return ask(t("link_title"), (finish) => [
    h("p", {}, t("link_warning")),
    h("p", {}, h("strong", {}, h("bdi", { dir: "ltr" }, url.host))),
    h("p", { class: "address" }, h("bdi", { dir: "ltr" }, visible(url.href))),
    h("div", { class: "dialog-acts" },
      button(t("cancel"), () => finish(null)),
      h("a", { class: "act", href: url.href, target: "_blank", rel: "noopener noreferrer nofollow ugc", referrerPolicy: "no-referrer", onclick: () => finish(true) }, t("link_open"))),
  ]);
}

/** Many decisions: counts, asks, decides, thousand by thousand. Resolves {batches: Map site → ids, decided, refused, problem}. */
export function bulkDialog(place, cards) {
  return ask(t("bulk_title"), (finish) => {
    const count = h("p", { role: "status" }, t("counting"));
    const action = h("select", { id: "bulk-action" }, h("option", { value: "approve" }, t("act.approve")), h("option", { value: "reject" }, t("act.reject")));
    const reason = reasonChoice("bulk-reason");
    const reasonLine = h("p", { hidden: true }, h("label", { for: "bulk-reason" }, t("reason_of_rejection")), " ", reason);
    action.addEventListener("change", () => { reasonLine.hidden = action.value !== "reject"; });
    const filter = { queue: place.queue, ...bodyFiltersOf(place) };
    let number = cards?.length ?? null;
    const start = button(t("bulk_start"), async () => {
      start.disabled = true;
      const said = action.value === "reject" ? { action: "reject", reason: reason.value } : { action: "approve" };
      finish(await (cards ? byHand(cards, said) : byFilter(place.site, filter, said, number, (done) => { count.textContent = t("bulk_progress", { n: done }); })));
    }, { class: "act", disabled: true });
    const counted = (n, complete = true) => {
      number = n;
      count.textContent = t(complete ? "bulk_count" : "bulk_count_least", { n });
      start.disabled = n === 0;
    };
    if (cards) counted(cards.length);
    else {
      call("POST", onSite(place.site, "/decisions"), { body: { filter, dry_run: true } })
        .then((found) => counted(found.count, found.complete), (problem) => { count.textContent = problem.message || t("no_answer"); });
    }
    return [
      cards ? h("p", {}, t("bulk_by_hand")) : h("p", {}, t(filtered(place) ? "bulk_by_filter" : "bulk_everything", { queue: t(`queue.${place.queue}`) })), count,
      h("p", {}, h("label", { for: "bulk-action" }, t("decide")), " ", action), reasonLine, h("p", {}, t("bulk_undo_note")),
      h("div", { class: "dialog-acts" }, start, button(t("cancel"), () => finish(null))),
    ];
  });
}

const nothing = () => ({ batches: new Map(), decided: 0, refused: 0, problem: null });

function add(done, site, found) {
  done.batches.set(site, [...(done.batches.get(site) ?? []), found.batch_id]);
  for (const one of found.items) {
    if (one.status_code === 200) done.decided += 1;
    else done.refused += 1;
  }
}

async function byHand(cards, said) {
  const done = nothing();
  const sites = [...new Set(cards.map((card) => card.site))];
  try {
    for (const site of sites) {
      const ids = cards.filter((card) => card.site === site).map((card) => card.id);
      for (let i = 0; i < ids.length; i += 1000) {
        add(done, site, await call("POST", onSite(site, "/decisions"), { body: { decisions: ids.slice(i, i + 1000).map((id) => ({ id, ...said })) } }));
      }
    }
  } catch (problem) {
    done.problem = problem.message || t("no_answer");
  }
  return done;
}

async function byFilter(site, filter, said, most, tell) {
  const done = nothing();
  try {
    for (let before = -1; done.decided + done.refused < most && done.decided > before; ) {
      before = done.decided; // a round that decides nothing would go on for ever
      const found = await call("POST", onSite(site, "/decisions"), { body: { filter, ...said } });
      add(done, site, found);
      tell(done.decided);
      if (!found.more) break;
    }
  } catch (problem) {
    done.problem = problem.message || t("no_answer");
  }
  return done;
}

export function helpDialog(keyboard) {
  const keys = [["j", "next"], ["k", "previous"], ["f", "approve"], ["d", "reject"], ["s", "spam"], ["z", "undo"], ["e", "escalate"], ["b", "ban"], ["x", "select"], ["/", "search"], ["?", "help"]];
  return ask(t("help_title"), (finish) => {
    const off = h("input", { type: "checkbox", id: "keys-off", checked: keyboard.off, onchange: () => { keyboard.off = off.checked; } });
    return [
      h("dl", { class: "keys" }, ...keys.flatMap(([key, name]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, t(`act.${name}`))])),
      h("p", {}, t("help_reject"), " ", ...Object.entries(REASONS).flatMap(([letter, reason]) => [h("kbd", {}, letter), ` ${t(`reason.${reason}`)}  `])),
      h("p", {}, off, " ", h("label", { for: "keys-off" }, t("keys_off"))),
      h("div", { class: "dialog-acts" }, button(t("close"), () => finish(null), { class: "act" })),
    ];
  });
}
