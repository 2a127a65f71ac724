// What can be said for each task: rows of choices, and how what is chosen reads as a verdict and back.

const degrees = {
  1: ["better"],
  2: ["slightly better", "much better"],
  3: ["slightly better", "better", "much better"],
  4: ["slightly better", "better", "much better", "significantly better"],
};

/**
 * @typedef {{value: unknown, label: string, short: string, key: string|null, size?: number, side?: string}} Choice
 * @typedef {{id: string, aspect: string, letter: string|null, title: string, question: string, choices: Choice[],
 *   lowest?: string, highest?: string, ends?: string}} Row
 */

/**
 * The rows of an item: one for each aspect, or for each aspect and answer.
 *
 * @returns {Row[]}
 */
export function rowsOf(project, letters) {
  const choices = choicesOf(project, letters);
  if (!choices) return [];
  const isPerAnswer = ["rate", "thumbs", "rank"].includes(project.task);
  return project.aspects.flatMap((aspect) => (isPerAnswer ? letters : [null]).map((letter) => ({
    id: `${aspect.name}|${letter ?? ""}`,
    aspect: aspect.name,
    letter,
    title: [aspect.name, letter && letters.length > 1 ? `Answer ${letter}` : ""].filter(Boolean).join(" · "),
    question: aspect.question,
    choices,
    ...ends(project, letters),
  })));
}

/** What the ends of a scale mean: beside it where it goes from one answer to the other, else in a line above the rows. */
function ends(project, letters) {
  switch (project.task) {
    case "compare": case "chat": return { lowest: `${letters[0]} is better`, highest: `${letters[1]} is better` };
    case "rate": return { ends: `${project.lowestMark} is the worst mark, ${project.highestMark} the best.` };
    case "rank": return { ends: "1 is the best, the same number is a tie; or drag the letters below the answers into order." };
    default: return {};
  }
}

function choicesOf(project, letters) {
  switch (project.task) {
    case "compare": case "chat": return comparison(project, letters);
    case "rate": return marks(project);
    case "rank": return keyed(letters.map((_, index) => ({ value: index + 1, label: `Rank ${index + 1}`, short: `${index + 1}` })));
    case "thumbs": return keyed([
      { value: true, label: "Good", short: "Good", side: "good" },
      { value: false, label: "Not good", short: "Not good", side: "bad" },
    ]);
    case "edit": return null;
    default: throw new Error(`No choices for the task "${project.task}".`);
  }
}

/** From the left answer being best by far to the right one, the tie in the middle; the keys 1 … 9 go the same way. */
function comparison(project, [left, right]) {
  const words = degrees[project.strengths];
  const choice = (letter, strength, side) => ({
    value: { better: letter, strength }, label: `${letter} is ${words[strength - 1]}`, short: letter, size: strength, side,
  });
  const strengths = words.map((_, index) => index + 1);
  const scale = [
    ...strengths.toReversed().map((strength) => choice(left, strength, "left")),
    ...(project.allowsTie ? [{ value: { tie: true }, label: "Both are equally good", short: "=", size: 0, side: "tie" }] : []),
    ...strengths.map((strength) => choice(right, strength, "right")),
  ];
  const bad = { value: { bothBad: true }, label: "Both are bad", short: "Both bad", key: "0", side: "apart" };
  return [...keyed(scale), ...(project.allowsBothBad ? [bad] : [])];
}

function marks({ lowestMark, highestMark }) {
  const count = highestMark - lowestMark + 1;
  return Array.from({ length: count }, (_, index) => {
    const mark = lowestMark + index;
    const key = mark >= 0 && mark <= 9 ? `${mark}` : mark === 10 && lowestMark > 0 ? "0" : null;
    return { value: mark, label: `${mark} of ${highestMark}`, short: `${mark}`, key };
  });
}

const keyed = (choices) => choices.map((choice, index) => ({ ...choice, key: index < 9 ? `${index + 1}` : null }));

/** The place in a row's choices of what an opinion says; null where it says nothing. */
export function picked(row, opinion) {
  const verdict = opinion.verdicts[row.aspect];
  if (!verdict) return null;
  const said = row.letter === null ? verdict : Object.values(verdict)[0]?.[row.letter];
  const found = row.choices.findIndex((choice) => same(choice.value, said));
  return found < 0 ? null : found;
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const verdictNames = { rate: "marks", thumbs: "thumbs", rank: "ranking" };

/** Puts a choice into an opinion. */
export function pick(row, index, opinion, task) {
  const { value } = row.choices[index];
  if (row.letter === null) {
    opinion.verdicts[row.aspect] = value;
  } else {
    const name = verdictNames[task];
    opinion.verdicts[row.aspect] = { [name]: { ...opinion.verdicts[row.aspect]?.[name], [row.letter]: value } };
  }
}

export const emptyOpinion = () => ({ verdicts: {}, flags: {}, edits: {}, reason: "" });

/**
 * What an opinion still lacks.
 *
 * @returns {{row: Row|null, text: string}|null} null where it can be submitted
 */
export function missing(project, rows, opinion) {
  const open = rows.filter((row) => picked(row, opinion) === null);
  // An answer that something is wrong with need not be judged besides.
  if (open.length > 0 && Object.keys(opinion.flags).length === 0) {
    return { row: open[0], text: rows.length > 1 ? `Not judged yet: ${open[0].title || "the answers"}.` : "Choose first, then submit." };
  }
  if (project.reason === "required" && opinion.reason.trim() === "") return { row: null, text: "Say why, in a few words." };
  return null;
}

/** The opinion as it is sent: without verdicts that are only begun, and ranks without gaps. */
export function finished(project, rows, opinion, answers) {
  const open = new Set(rows.filter((row) => picked(row, opinion) === null).map((row) => row.aspect));
  const verdicts = Object.entries(opinion.verdicts).filter(([aspect]) => !open.has(aspect))
    .map(([aspect, verdict]) => [aspect, verdict.ranking ? { ranking: ranks(tiers(verdict.ranking)) } : verdict]);
  // Where the task is to edit, an answer that was left as it is has been found right.
  const unchanged = project.task === "edit" ? Object.fromEntries(answers.map(({ letter, text }) => [letter, text])) : {};
  return { ...opinion, verdicts: Object.fromEntries(verdicts), edits: { ...unchanged, ...opinion.edits } };
}

/** Ranks as tiers: lists of letters, the best first. */
export function tiers(ranking) {
  const ranks = [...new Set(Object.values(ranking))].sort((one, other) => one - other);
  return ranks.map((rank) => Object.keys(ranking).filter((letter) => ranking[letter] === rank).sort());
}

/** Tiers as ranks: 1 for the best, equal ranks for ties. */
export function ranks(list) {
  return Object.fromEntries(list.flatMap((letters, index) => letters.map((letter) => [letter, index + 1])));
}
