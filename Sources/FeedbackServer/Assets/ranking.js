// An order that is made by dragging: tiers of letters, the best first; letters in one tier are tied. It shows and changes
// the same ranking as the rows of digits beside it.

import { announce, beginning, element, find, findAll } from "./dom.js";
import { ranks, tiers } from "./tasks.js";

/** Pixels a pointer moves before it drags rather than clicks. */
const threshold = 5;

export class Ranking {
  #letters;
  #beginnings;
  #aspect;
  #opinion;
  #changed;
  view;

  /**
   * @param {Array<{letter: string, text: string}>} answers
   * @param {string} aspect
   * @param {Object} opinion  changed in place
   */
  constructor(answers, aspect, opinion, changed) {
    this.#letters = answers.map((answer) => answer.letter);
    this.#beginnings = Object.fromEntries(answers.map(({ letter, text }) => [letter, beginning(text.trim(), 90)]));
    this.#aspect = aspect;
    this.#opinion = opinion;
    this.#changed = changed;
    this.view = element("section", { class: "ranking", "data-ranking": aspect, "aria-label": `Order ${aspect}`.trim() });
    this.show();
  }

  get #ranking() {
    return this.#opinion.verdicts[this.#aspect]?.ranking ?? {};
  }

  show() {
    const placed = tiers(this.#ranking);
    const open = this.#letters.filter((letter) => !(letter in this.#ranking));
    const rest = element("div", { class: "open" }, element("span", { class: "hint" }, "Not placed yet"),
      ...open.map((letter) => this.#chip(letter)));
    this.view.replaceChildren(
      element("p", { class: "hint" }, "Drag into order, the best on top; drop one on another for a tie."),
      element("ol", { class: "tiers" }, ...placed.map((letters, index) =>
        element("li", { class: "tier", "data-tier": index, "aria-label": `Rank ${index + 1}` },
          ...letters.map((letter) => this.#chip(letter))))),
      ...(open.length > 0 ? [rest] : []));
  }

  #chip(letter) {
    const chip = element("button", {
      type: "button", class: "chip", "data-chip": letter,
      "aria-label": `Answer ${letter}; Shift and an arrow moves it`,
      onkeydown: (event) => this.#key(event, letter),
      onpointerdown: (event) => this.#press(event, chip, letter),
    }, element("span", { class: "letter" }, letter), element("span", { class: "beginning", dir: "auto" }, this.#beginnings[letter]));
    return chip;
  }

  #key(event, letter) {
    if (!event.shiftKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    this.#step(letter, event.key === "ArrowUp" ? -1 : 1);
    find(`[data-chip="${letter}"]`, this.view)?.focus();
  }

  /** One step: out of a tie into a tier of its own, and from there into a tie with the next tier. */
  #step(letter, by) {
    const list = tiers(this.#ranking);
    const from = list.findIndex((letters) => letters.includes(letter));
    if (from < 0) list.push([letter]);
    else if (list[from].length > 1) {
      list[from] = list[from].filter((other) => other !== letter);
      list.splice(by < 0 ? from : from + 1, 0, [letter]);
    } else if (list[from + by]) {
      list[from + by].push(letter);
      list.splice(from, 1);
    }
    this.#set(list, letter);
  }

  #set(list, letter) {
    const ranking = ranks(list.filter((letters) => letters.length > 0));
    this.#opinion.verdicts[this.#aspect] = { ranking };
    this.show();
    this.#changed();
    const tied = Object.keys(ranking).filter((other) => other !== letter && ranking[other] === ranking[letter]);
    announce(`${letter} is at rank ${ranking[letter]}${tied.length > 0 ? `, tied with ${tied.join(", ")}` : ""}.`);
  }

  // MARK: Dragging

  #press(event, chip, letter) {
    if (event.button !== 0) return;
    const start = { x: event.clientX, y: event.clientY };
    let isDragging = false;
    const ending = new AbortController();
    const { signal } = ending;

    chip.setPointerCapture(event.pointerId);
    chip.addEventListener("pointermove", (move) => {
      const x = move.clientX - start.x;
      const y = move.clientY - start.y;
      if (!isDragging && Math.hypot(x, y) < threshold) return;
      isDragging = true;
      chip.classList.add("dragged");
      chip.style.transform = `translate(${x}px, ${y}px)`;
      this.#mark(this.#target(move.clientY, letter));
    }, { signal });
    chip.addEventListener("pointerup", (up) => {
      ending.abort();
      if (isDragging) this.#drop(this.#target(up.clientY, letter), letter);
    }, { signal });
    chip.addEventListener("pointercancel", () => {
      ending.abort();
      this.show();
    }, { signal });
  }

  /** Where a letter would go: onto a tier, or before one (after the last where there is none at that place). */
  #target(y, letter) {
    const elements = findAll(".tier", this.view);
    for (const [index, tier] of elements.entries()) {
      const { top, bottom, height } = tier.getBoundingClientRect();
      const isOwn = tier.children.length === 1 && tier.firstElementChild.dataset.chip === letter;
      if (y < top + height * 0.25) return { before: index };
      if (y < bottom - height * 0.25 && !isOwn) return { onto: index };
      if (y < bottom) return { before: index + 1 };
    }
    return { before: elements.length };
  }

  #mark(target) {
    findAll(".tier", this.view).forEach((tier, index, all) => {
      tier.classList.toggle("onto", target.onto === index);
      tier.classList.toggle("before", target.before === index);
      tier.classList.toggle("after", target.before === all.length && index === all.length - 1);
    });
  }

  #drop(target, letter) {
    const list = tiers(this.#ranking).map((letters) => letters.filter((other) => other !== letter));
    if (target.onto === undefined) list.splice(target.before, 0, [letter]);
    else list[target.onto].push(letter);
    this.#set(list, letter);
  }
}
