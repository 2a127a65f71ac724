// Opinions that are not finished: kept in the browser at once, and on the server a moment later.

import { request, ServerError } from "./api.js";

const moment = 1_200;
const beginning = "draft.";
/** Drafts in the browser of items that somebody else has by now. */
const longestLife = 14 * 24 * 3_600_000;

export class Drafts {
  #storage;
  #timers = new Map();

  /** @param {import("./storage.js").Storage} storage */
  constructor(storage) {
    this.#storage = storage;
    for (const name of storage.names(beginning)) {
      if ((storage.get(name)?.at ?? 0) < Date.now() - longestLife) storage.remove(name);
    }
  }

  /** The newer of what is here and what the server has; null where nothing was begun. */
  latest(item) {
    const here = this.#storage.get(beginning + item.assignment);
    const there = item.draft;
    if (!here || !there) return here?.opinion ?? there?.opinion ?? null;
    return (here.at >= there.at ? here : there).opinion;
  }

  save(assignment, opinion) {
    const draft = { opinion, at: Date.now() };
    this.#storage.set(beginning + assignment, draft);
    clearTimeout(this.#timers.get(assignment));
    this.#timers.set(assignment, setTimeout(() => this.#send(assignment, draft), moment));
  }

  forget(assignment) {
    clearTimeout(this.#timers.get(assignment));
    this.#timers.delete(assignment);
    this.#storage.remove(beginning + assignment);
  }

  async #send(assignment, draft) {
    this.#timers.delete(assignment);
    try {
      await request("PUT", `/api/assignments/${assignment}/draft`, draft);
    } catch (error) {
      // It is kept here, and the next change sends it whole.
      if (!(error instanceof ServerError)) throw error;
    }
  }
}
