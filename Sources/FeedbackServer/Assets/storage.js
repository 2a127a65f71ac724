// What the browser remembers, apart for every person who uses it.

/** Values by name, as JSON, in the browser's own storage. */
export class Storage {
  #prefix;

  /** @param {string} person  whose values they are */
  constructor(person) {
    this.#prefix = `heed.${person}.`;
  }

  get(name) {
    try {
      const text = localStorage.getItem(this.#prefix + name);
      return text === null ? null : JSON.parse(text);
    } catch {
      return null;
    }
  }

  /** @returns {boolean} false where the browser has no room or keeps nothing */
  set(name, value) {
    try {
      localStorage.setItem(this.#prefix + name, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  }

  remove(name) {
    try {
      localStorage.removeItem(this.#prefix + name);
    } catch {
      // A browser that keeps nothing has nothing to remove.
    }
  }

  /** The names of all values that begin like this. */
  names(beginning) {
    try {
      return Object.keys(localStorage)
        .filter((key) => key.startsWith(this.#prefix + beginning))
        .map((key) => key.slice(this.#prefix.length));
    } catch {
      return [];
    }
  }
}
