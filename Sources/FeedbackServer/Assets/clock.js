// How long somebody looks at an item: only while the page is in sight and something was done in the last while.

const longestGap = 120_000;

export class Clock {
  #total = 0;
  #since = performance.now();

  constructor() {
    for (const kind of ["pointermove", "pointerdown", "keydown", "scroll"]) {
      addEventListener(kind, () => this.#count(), { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#count();
      else this.#since = performance.now();
    });
  }

  restart() {
    this.#total = 0;
    this.#since = performance.now();
  }

  get seconds() {
    this.#count();
    return Math.round(this.#total / 100) / 10;
  }

  #count() {
    if (document.hidden) return;
    const now = performance.now();
    this.#total += Math.min(now - this.#since, longestGap);
    this.#since = now;
  }
}
