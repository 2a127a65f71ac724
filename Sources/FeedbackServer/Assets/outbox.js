// Judgments on their way to the server. Each is kept in the browser until the server has acknowledged it, and is sent
// again with the same request identifier, so that neither a dead server nor a reload loses or doubles one.

import { request, ServerError } from "./api.js";

const shortestPause = 1_000;
const longestPause = 30_000;
const beginning = "outbox.";

export class Outbox extends EventTarget {
  #storage;
  #unstored = new Map();
  #timer = null;
  #pause = shortestPause;
  #sending = null;

  /** @param {import("./storage.js").Storage} storage */
  constructor(storage) {
    super();
    this.#storage = storage;
    addEventListener("online", () => this.flush());
  }

  /** What has not been acknowledged, the oldest first. */
  get entries() {
    const stored = this.#storage.names(beginning).map((name) => this.#storage.get(name)).filter(Boolean);
    return [...stored, ...this.#unstored.values()].sort((one, other) => one.at - other.at);
  }

  holds(assignment) {
    return this.entries.some((entry) => entry.assignment === assignment);
  }

  /** Keeps a judgment and sends it in the background. */
  add(assignment, body) {
    const entry = { assignment, body, at: Date.now() };
    // A browser without storage still sends it, as long as the page is open.
    if (!this.#storage.set(beginning + body.request, entry)) this.#unstored.set(body.request, entry);
    this.#changed();
    this.flush();
  }

  /** Sends what there is, one after the other; comes back when it is all gone or the server is away. */
  flush() {
    this.#sending ??= this.#send().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #send() {
    clearTimeout(this.#timer);
    for (let entry = this.entries[0]; entry; entry = this.entries[0]) {
      try {
        const result = await request("POST", `/api/assignments/${entry.assignment}/judgment`, entry.body);
        this.#forget(entry);
        this.dispatchEvent(new CustomEvent("acknowledged", { detail: { entry, result } }));
      } catch (error) {
        if (!(error instanceof ServerError)) throw error;
        if (error.isPassing) return this.#later(error);
        // Trying again would not help: it is taken out, and the person is told why.
        this.#forget(entry);
        this.dispatchEvent(new CustomEvent("refused", { detail: { entry, error } }));
      }
    }
    this.#pause = shortestPause;
    this.#changed();
  }

  #later(error) {
    this.#timer = setTimeout(() => this.flush(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, longestPause);
    this.dispatchEvent(new CustomEvent("waiting", { detail: { error } }));
  }

  #forget(entry) {
    this.#storage.remove(beginning + entry.body.request);
    this.#unstored.delete(entry.body.request);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
