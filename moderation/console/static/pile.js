// The list that is worked through: comments of a view in order, and which of them is open. Knows nothing of the page.

import { get, onSite } from "./api.js";
import { nameOf } from "./outbox.js";
import { filtersOf } from "./place.js";

const PAGE = 50;
const AHEAD = 20; // comments before the end at which the next page is asked for

export class Pile extends EventTarget {
  items = [];
  at = 0;
  complete = false; // everything that there was has been read
  problem = null;
  #place = null;
  #cursor = null;
  #names = new Set();
  #gone = new Set(); // decided here: a page that was asked for before must not bring them back
  #loading = null;
  #round = 0;

  get open() {
    return this.items[this.at] ?? null;
  }

  get loading() {
    return this.#loading !== null;
  }

  find(name) {
    return this.#names.has(name) ? this.items.find((card) => nameOf(card) === name) : null;
  }

  /** Begins a view. `under` says which comments have a decision on its way. */
  async show(place, under) {
    this.#round += 1;
    this.#place = place;
    this.#cursor = null;
    this.#loading = null;
    this.#names.clear();
    this.#gone.clear();
    this.under = under;
    this.items = [];
    this.at = 0;
    this.complete = false;
    this.problem = null;
    await this.more();
  }

  /** Reads on, if the end is near. */
  near() {
    if (!this.complete && this.items.length - this.at <= AHEAD) void this.more();
  }

  /** There may be more than was read: newcomers, or what was decided otherwise. */
  reopen() {
    this.complete = false;
    this.near();
  }

  async more() {
    if (this.#loading !== null) return this.#loading;
    const round = this.#round;
    this.#loading = this.#read(round).finally(() => {
      if (round === this.#round) {
        this.#loading = null;
        this.dispatchEvent(new CustomEvent("change"));
      }
    });
    return this.#loading;
  }

  async #read(round) {
    const place = this.#place;
    const path = place.site ? onSite(place.site, `/queues/${place.queue}`) : `v1/queues/${place.queue}`;
    try {
      // A page may hold nothing new (all of it read or decided here): then the one after it.
      for (let added = 0; added === 0; ) {
        const page = await get(path, { ...filtersOf(place), order: place.order, limit: PAGE, cursor: this.#cursor });
        if (round !== this.#round) return;
        for (const card of page.items) added += this.#append(card);
        this.#cursor = page.next;
        this.problem = null;
        if (page.next === null) {
          this.complete = true; // the next reading begins at the front again, and finds newcomers
          return;
        }
      }
    } catch (problem) {
      if (round === this.#round) this.problem = problem;
    }
  }

  #append(card) {
    const name = nameOf(card);
    if (this.#names.has(name) || this.#gone.has(name) || this.under(name)) return 0;
    this.#names.add(name);
    this.items.push(card);
    return 1;
  }

  /** Opens the comment that is `step` further; false at an end. `pass` says which to pass over. */
  move(step, pass = () => false) {
    for (let next = this.at + step; next >= 0 && next < this.items.length; next += step) {
      if (pass(this.items[next])) continue;
      this.at = next;
      this.near();
      return true;
    }
    return false;
  }

  openAt(name) {
    const index = this.items.findIndex((card) => nameOf(card) === name);
    if (index >= 0) this.at = index;
    this.near();
    return index >= 0;
  }

  /** Takes a comment out; the one after it is open then, if it was the open one. Returns its place. */
  remove(name) {
    const index = this.items.findIndex((card) => nameOf(card) === name);
    this.#gone.add(name);
    if (index < 0) return -1;
    this.#names.delete(name);
    this.items.splice(index, 1);
    if (index < this.at) this.at -= 1;
    if (this.at >= this.items.length) this.at = Math.max(0, this.items.length - 1);
    this.near();
    return index;
  }

  /** Puts a comment (back) before the open one; `open` opens it. */
  insert(card, open) {
    const name = nameOf(card);
    this.#gone.delete(name);
    if (this.#names.has(name)) this.replace(card);
    else {
      this.#names.add(name);
      this.items.splice(this.at, 0, card);
      if (!open && this.items.length > 1) this.at += 1;
    }
    if (open) this.openAt(name);
  }

  /** Newer knowledge of a comment that is here; returns what stood there before, or null. */
  replace(card) {
    const index = this.items.findIndex((one) => nameOf(one) === nameOf(card));
    if (index < 0) return null;
    const before = this.items[index];
    this.items[index] = card;
    return before;
  }
}
