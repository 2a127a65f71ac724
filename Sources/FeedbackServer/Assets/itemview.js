// One item on the page: what was asked, what was answered, and what can be said about it.

import { answerCards, promptView } from "./answers.js";
import { Choices } from "./choices.js";
import { element, find, findAll } from "./dom.js";
import { Ranking } from "./ranking.js";
import { finished, missing, rowsOf } from "./tasks.js";

export class ItemView {
  #project;
  #item;
  #rows;
  #rankings = [];
  #choices;
  opinion;

  /**
   * @param {Object} project  its definition
   * @param {Object} item
   * @param {Object} opinion  what was said so far; changed in place
   * @param {(opinion: Object) => void} changed
   */
  constructor(project, item, opinion, changed) {
    this.#project = project;
    this.#item = item;
    this.opinion = opinion;
    const letters = item.answers.map((answer) => answer.letter);
    this.#rows = rowsOf(project, letters);
    const notify = () => changed(this.opinion);
    this.#choices = new Choices(this.#rows, opinion, project.task, () => {
      this.#rankings.forEach((ranking) => ranking.show());
      notify();
    });
    this.#show(notify);
  }

  #show(notify) {
    const { task, allowsEdit, aspects, reason } = this.#project;
    const cards = answerCards(this.#item.answers, this.opinion,
      { canEdit: allowsEdit, isEditing: task === "edit", changed: notify });
    find("#prompt").replaceChildren(...promptView(this.#item.prompt, task));
    const answers = find("#answers");
    const isPerAnswer = this.#rows.some((row) => row.letter !== null);
    if (isPerAnswer) cards.forEach((card) => card.append(this.#choices.part(card.dataset.letter)));
    answers.replaceChildren(...(isPerAnswer ? [this.#choices.view] : []), ...cards);
    answers.dataset.count = String(cards.length);
    if (task === "rank") {
      this.#rankings = aspects.map(({ name }) => new Ranking(this.#item.answers, name, this.opinion, () => {
        this.#choices.show();
        notify();
      }));
    }
    const why = reason === "never" ? [] : [reasonView(this.opinion, reason, notify)];
    // What is said of each answer stands in its card: the bar below would cover half of what is to be read.
    find("#choices").replaceChildren(...(isPerAnswer ? [] : [this.#choices.view, ...why]));
    find("#below")?.replaceChildren(...this.#rankings.map((ranking) => ranking.view), ...(isPerAnswer ? why : []));
  }

  /** What is missing, shown and said where it is; null where nothing is. */
  incomplete() {
    const lack = missing(this.#project, this.#rows, this.opinion);
    if (lack?.row) this.#choices.activate(lack.row);
    else if (lack) find("#reason").focus();
    return lack?.text ?? null;
  }

  get isComplete() {
    return missing(this.#project, this.#rows, this.opinion) === null;
  }

  get finishedOpinion() {
    return finished(this.#project, this.#rows, this.opinion, this.#item.answers);
  }

  /** @returns {boolean} whether the key meant something here */
  take(key) {
    if (this.#choices.take(key)) return true;
    const card = find(`#answers [data-letter="${key.toUpperCase()}"]`);
    if (key.length === 1 && card && this.#item.answers.length > 1) {
      card.focus();
      card.scrollIntoView({ block: "start" });
      return true;
    }
    switch (key) {
      case "u": return this.#press("[data-flag=unsafe]");
      case "x": return this.#press("[data-flag=broken]");
      case "e": return this.#press("[data-edit]") || this.#focus("[data-editor]");
      case "r": return this.#focus("#reason", document);
      case "m": return this.#toggleLength();
      default: return false;
    }
  }

  /** The answer that a command without a letter is about: the one in focus, else that of the active row. */
  get #card() {
    const letter = this.#choices.activeLetter;
    return document.activeElement?.closest("#answers [data-letter]")
      ?? (letter && find(`#answers [data-letter="${letter}"]`)) ?? find("#answers [data-letter]");
  }

  #press(selector) {
    const button = find(selector, this.#card);
    button?.click();
    return button !== null;
  }

  #focus(selector, inside = this.#card) {
    const target = find(selector, inside);
    target?.focus();
    return target !== null;
  }

  #toggleLength() {
    findAll("#prompt .more:not([hidden]), #answers .more:not([hidden])").forEach((button) => button.click());
    return true;
  }
}

function reasonView(opinion, reason, notify) {
  const area = element("textarea", {
    id: "reason", rows: "2", dir: "auto", maxlength: "10000", required: reason === "required",
    oninput: () => {
      opinion.reason = area.value;
      notify();
    },
  });
  area.value = opinion.reason;
  return element("div", { class: "reason" },
    element("label", { for: "reason" }, reason === "required" ? "Why?" : "Why? ",
      reason === "required" ? null : element("span", { class: "hint" }, "if you like")), area);
}
