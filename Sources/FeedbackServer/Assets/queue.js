// The items that wait to be judged. The next ones are here before they are needed, so that nobody waits between two.

import { request } from "./api.js";

/** How many items are kept here, the current one among them. */
const depth = 3;

export class Queue {
  #project;
  #outbox;
  #items = [];
  /** What was answered or skipped here: an answer of the server that was on its way meanwhile may still have it. */
  #gone = new Set();
  #fetching = null;
  progress = null;

  /** @param {import("./outbox.js").Outbox} outbox  what it holds is not asked for again */
  constructor(project, outbox) {
    this.#project = project;
    this.#outbox = outbox;
  }

  get current() {
    return this.#items[0] ?? null;
  }

  /** Takes the current item away. */
  advance() {
    const item = this.#items.shift();
    if (item) this.#gone.add(item.assignment);
  }

  /** Lets an item come again whose answer was refused. */
  release(assignment) {
    this.#gone.delete(assignment);
  }

  /** Puts an item before all others: one that was taken back. */
  putFirst(item) {
    this.release(item.assignment);
    this.#items = [item, ...this.#items.filter((other) => other.assignment !== item.assignment)];
  }

  /** Asks for more where there is room; one request at a time. */
  fill() {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #fetch() {
    // The server goes on dealing what is still on its way back to it.
    const count = depth + this.#outbox.entries.length;
    const { items, progress } = await request("GET", `/api/projects/${this.#project}/next?count=${Math.min(count, 20)}`);
    const known = new Set(this.#items.map((item) => item.assignment));
    const isNew = ({ assignment }) =>
      !known.has(assignment) && !this.#gone.has(assignment) && !this.#outbox.holds(assignment);
    this.#items.push(...items.filter(isNew));
    this.progress = progress;
  }
}
