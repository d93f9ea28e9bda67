// The comments in hand: leases on the open comment and those around it, renewed while it is looked at, given back after.

import { call, get, onSite } from "./api.js";
import { nameOf } from "./outbox.js";
import { away, whenBack } from "./presence.js";

const LEASE = 120; // seconds: so long a closed laptop keeps a colleague waiting
const RENEW = 40_000; // ms
const SETTLE = 120; // ms: moving fast asks once

export class Claims extends EventTarget {
  #wanted = new Map(); // name → card
  #held = new Map(); // name → {site, id, until}
  #others = new Map(); // name → who has it
  #queue = "pending";
  #timer = null;
  #busy = false;
  #again = false;

  constructor(mine) {
    super();
    this.mine = mine; // the moderator's name
    this.enabled = true; // a reader's key takes nothing in hand
    setInterval(() => this.#soon(), RENEW);
    whenBack(() => this.#soon());
    addEventListener("pagehide", () => this.release());
  }

  /** Who else has a comment in hand, or null. */
  holder(name) {
    return this.#others.get(name) ?? null;
  }

  holds(name) {
    return (this.#held.get(name)?.until ?? 0) > Date.now();
  }

  /** The comments that should be in hand now. */
  want(queue, cards) {
    if (!this.enabled) return;
    if (queue !== this.#queue) this.release();
    this.#queue = queue;
    this.#wanted = new Map(cards.map((card) => [nameOf(card), card]));
    this.#soon();
  }

  /** A comment was decided: its lease has ended with that. */
  decided(name) {
    this.#held.delete(name);
    this.#wanted.delete(name);
  }

  /** Gives everything back. */
  release() {
    this.#wanted.clear();
    for (const [site, ids] of bySite(this.#held.values())) {
      void call("POST", onSite(site, "/claims/release"), { body: { ids }, keepalive: true, quietly: true }).catch(() => {});
    }
    this.#held.clear();
  }

  #soon() {
    if (this.#timer !== null || !this.enabled || away()) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#settle();
    }, SETTLE);
  }

  async #settle() {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      await this.#exchange();
    } catch { /* the next turn asks again; the live line says that the service is away */ } finally {
      this.#busy = false;
      if (this.#again) {
        this.#again = false;
        this.#soon();
      }
    }
  }

  async #exchange() {
    const queue = this.#queue, now = Date.now();
    const ending = [...this.#held.entries()].filter(([name, lease]) => this.#wanted.has(name) && lease.until < now + RENEW * 1.5).map(([, lease]) => lease);
    for (const [site, ids] of bySite(ending)) {
      const kept = await call("POST", onSite(site, "/claims/renew"), { body: { ids, lease_seconds: LEASE } });
      const still = new Set(kept.items.map((lease) => lease.comment_id));
      for (const id of ids) {
        const lease = this.#held.get(`${site}/${id}`);
        if (!still.has(id)) this.#held.delete(`${site}/${id}`); // it ended while the machine slept: asked for below
        else if (lease) lease.until = Date.now() + LEASE * 1000;
      }
    }
    const missing = [...this.#wanted.values()].filter((card) => !this.#held.has(nameOf(card)));
    const surplus = [...this.#held.entries()].filter(([name]) => !this.#wanted.has(name)).map(([, lease]) => lease);
    for (const lease of surplus) this.#held.delete(nameOf(lease));
    for (const [site, ids] of bySite(surplus)) await call("POST", onSite(site, "/claims/release"), { body: { ids } });
    for (const [site, ids] of bySite(missing)) {
      const found = await call("POST", onSite(site, `/queues/${queue}/claim`), { body: { ids, lease_seconds: LEASE } });
      const got = new Set(found.items.map((card) => card.id));
      for (const card of found.items) {
        const name = nameOf(card);
        this.#others.delete(name);
        // Given up or decided while we asked: not ours to keep.
        if (this.#wanted.has(name)) this.#held.set(name, { site, id: card.id, until: Date.now() + LEASE * 1000 });
        else if (card.status === "pending") this.#held.set(name, { site, id: card.id, until: 0 });
        this.dispatchEvent(new CustomEvent("card", { detail: card }));
      }
      const refused = ids.filter((id) => !got.has(id));
      if (refused.length) await this.#who(site, refused);
    }
    this.dispatchEvent(new CustomEvent("change"));
  }

  async #who(site, ids) {
    const found = await get(onSite(site, "/claims"));
    const by = new Map(found.items.map((lease) => [lease.comment_id, lease.by]));
    for (const id of ids) {
      const name = `${site}/${id}`, holder = by.get(id);
      if (holder && holder !== this.mine) this.#others.set(name, holder);
      else {
        this.#others.delete(name);
        if (this.#wanted.has(name)) this.dispatchEvent(new CustomEvent("stale", { detail: { site, id } }));
      }
    }
  }
}

function bySite(leases) {
  const found = new Map();
  for (const { site, id } of leases) found.set(site, [...(found.get(site) ?? []), id]);
  return found;
}
