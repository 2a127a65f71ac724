// On the page of an item a lead says what the right answer is, with the same choices that annotators have.

import { request } from "./api.js";
import { Choices } from "./choices.js";
import { announce, find, isTyping } from "./dom.js";
import { emptyOpinion, finished, missing, rowsOf } from "./tasks.js";

const gold = find("#gold");
const item = gold.dataset.item;
const { project, answers, expected } = await request("GET", `/api/items/${item}`);
const rows = rowsOf(project, answers.map((answer) => answer.letter));
const opinion = { ...emptyOpinion(), ...expected };
const choices = new Choices(rows, opinion, project.task, () => {});
find("#choices").replaceChildren(choices.view);

document.addEventListener("keydown", (event) => {
  if (!gold.open || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (choices.take(event.key)) event.preventDefault();
});

find("#make-gold").addEventListener("click", async () => {
  const lack = missing({ ...project, reason: "never" }, rows, opinion);
  if (lack) return announce(lack.text);
  try {
    await request("POST", `/api/items/${item}/gold`, {
      expected: finished(project, rows, opinion, answers), explanation: find("#explanation").value,
    });
    location.reload();
  } catch (error) {
    announce(error.message);
  }
});
