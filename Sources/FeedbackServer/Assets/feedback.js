// After a practice item: what was expected, and why.

import { element } from "./dom.js";
import { markdown } from "./markdown.js";

/**
 * @param {HTMLElement} place
 * @param {{agrees: boolean, expected: Object, explanation: string}} feedback
 */
export function showFeedback(place, feedback) {
  place.replaceChildren(
    element("h2", { id: "feedback-title", tabindex: "-1" }, feedback.agrees ? "That is the expected answer" : "Another answer was expected"),
    element("p", { class: "expected" }, ...words(feedback.expected).map((text) => element("span", {}, text))),
    element("div", { class: "content", dir: "auto" }, markdown(feedback.explanation)));
  place.dataset.agrees = String(feedback.agrees);
}

function words(opinion) {
  const verdicts = Object.entries(opinion.verdicts).map(([aspect, verdict]) =>
    [aspect, verdictWords(verdict)].filter(Boolean).join(": "));
  const flags = Object.entries(opinion.flags).map(([letter, names]) => `${letter} is ${names.join(" and ")}`);
  return [...verdicts, ...flags];
}

function verdictWords(verdict) {
  if (verdict.better) return `${verdict.better} is better`;
  if (verdict.tie) return "both are equally good";
  if (verdict.bothBad) return "both are bad";
  if (verdict.thumbs) return listed(verdict.thumbs, (isGood) => (isGood ? "good" : "not good"));
  if (verdict.marks) return listed(verdict.marks, (mark) => `${mark}`);
  return listed(verdict.ranking, (rank) => `rank ${rank}`);
}

function listed(values, word) {
  const letters = Object.keys(values).sort();
  return letters.map((letter) => (letters.length > 1 ? `${letter} ${word(values[letter])}` : word(values[letter]))).join(", ");
}
