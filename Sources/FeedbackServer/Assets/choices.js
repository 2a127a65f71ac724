// Rows of choices, worked by pointer and by keyboard: one row is active, digits and arrows choose in it, and the next row
// that is still open becomes active.

import { element, findAll } from "./dom.js";
import { pick, picked } from "./tasks.js";

/** Whether a choice is no point of the scale. */
const isApart = (choice) => choice.side === "apart";

export class Choices {
  #rows;
  #opinion;
  #task;
  #changed;
  #active = 0;
  /** A fieldset for each row. */
  #views;
  view;

  /**
   * @param {import("./tasks.js").Row[]} rows
   * @param {Object} opinion  changed in place
   * @param {() => void} changed
   */
  constructor(rows, opinion, task, changed) {
    this.#rows = rows;
    this.#opinion = opinion;
    this.#task = task;
    this.#changed = changed;
    this.#views = rows.map((row, index) => this.#rowView(row, index));
    this.view = element("div", { class: `rows ${task}` },
      rows.length > 0 && rows[0].ends ? element("p", { class: "hint" }, rows[0].ends) : null, ...this.#views);
    this.#active = Math.max(0, rows.findIndex((row) => picked(row, opinion) === null));
    this.show();
  }

  /** Takes the rows that are about one answer out of the view, to be shown beside it. */
  part(letter) {
    return element("div", { class: `rows ${this.#task}` }, ...this.#views.filter((_, index) => this.#rows[index].letter === letter));
  }

  /** The letter that the active row is about; null where it is about all of them. */
  get activeLetter() {
    return this.#rows[this.#active]?.letter ?? null;
  }

  #rowView(row, index) {
    const name = `row-${index}`;
    return element("fieldset", {
      class: this.#rows.length > 1 ? "row" : "row single", "data-row": row.id, "data-aspect": row.aspect, "data-answer": row.letter,
      onfocusin: () => this.#activate(index), onpointerdown: () => this.#activate(index),
    },
    element("legend", {}, row.title || row.question || "Your choice"),
    row.question && row.title ? element("p", { class: "question" }, row.question) : null,
    element("div", { class: "scale" },
      row.lowest ? element("span", { class: "end", "aria-hidden": "true" }, row.lowest) : null,
      ...row.choices.map((choice, place) => (isApart(choice) ? null : this.#choiceView(choice, index, place, name))),
      row.highest ? element("span", { class: "end last", "aria-hidden": "true" }, row.highest) : null,
      ...row.choices.map((choice, place) => (isApart(choice) ? this.#choiceView(choice, index, place, name) : null))),
    element("output", { class: "chosen", "aria-hidden": "true" }, ""));
  }

  #choiceView(choice, index, place, name) {
    const input = element("input", {
      type: "radio", name, "data-choice": place, value: place, "aria-label": choice.label,
      onchange: () => this.choose(place, index),
    });
    const sizes = choice.size === undefined ? "" : ` size-${choice.size}`;
    return element("label", { class: `choice ${choice.side ?? ""}${sizes}`, title: choice.label }, input,
      element("span", { class: "mark" }, choice.short),
      choice.key ? element("kbd", { "aria-hidden": "true" }, choice.key) : null);
  }

  /** Chooses, and makes the next row active that nothing was said about. */
  choose(place, index = this.#active) {
    const row = this.#rows[index];
    if (!row || place < 0 || place >= row.choices.length) return;
    const wasOpen = picked(row, this.#opinion) === null;
    pick(row, place, this.#opinion, this.#task);
    this.#active = index;
    if (wasOpen) {
      const open = this.#rows.findIndex((other, at) => at > index && picked(other, this.#opinion) === null);
      if (open >= 0) this.#active = open;
    }
    this.#changed();
    this.show();
  }

  /** @returns {boolean} whether the key meant something here */
  take(key) {
    const row = this.#rows[this.#active];
    if (!row) return false;
    const place = row.choices.findIndex((choice) => choice.key === key);
    if (place >= 0) {
      this.choose(place);
      this.#views[this.#active].scrollIntoView({ block: "nearest" });
      return true;
    }
    switch (key) {
      case "ArrowLeft": return this.#shift(-1);
      case "ArrowRight": return this.#shift(1);
      case "ArrowUp": return this.#move(-1);
      case "ArrowDown": return this.#move(1);
      default: return false;
    }
  }

  /** Along the scale; from the middle where nothing is chosen yet. */
  #shift(by) {
    const row = this.#rows[this.#active];
    const scale = row.choices.filter((choice) => !isApart(choice));
    const at = picked(row, this.#opinion);
    const middle = by > 0 ? Math.floor(scale.length / 2) - 1 : Math.ceil(scale.length / 2);
    const from = at === null || at >= scale.length ? middle : at;
    pick(row, Math.min(scale.length - 1, Math.max(0, from + by)), this.#opinion, this.#task);
    this.#changed();
    this.show();
    return true;
  }

  #move(by) {
    if (this.#rows.length < 2) return false;
    this.#active = Math.min(this.#rows.length - 1, Math.max(0, this.#active + by));
    this.show();
    this.#views[this.#active].scrollIntoView({ block: "nearest" });
    return true;
  }

  /** Makes a row the active one. */
  activate(row) {
    const index = this.#rows.indexOf(row);
    if (index < 0) return;
    this.#activate(index);
    this.#views[index].scrollIntoView({ block: "nearest" });
  }

  #activate(index) {
    if (this.#active === index) return;
    this.#active = index;
    this.show();
  }

  /** Shows what the opinion says. */
  show() {
    this.#views.forEach((fieldset, index) => {
      const row = this.#rows[index];
      const at = picked(row, this.#opinion);
      fieldset.classList.toggle("active", index === this.#active && this.#rows.length > 1);
      fieldset.dataset.picked = at ?? "";
      findAll("input[type=radio]", fieldset).forEach((input, place) => {
        input.checked = place === at;
      });
      fieldset.querySelector(".chosen").textContent = at === null ? "" : row.choices[at].label;
    });
  }
}
