// What is judged: the prompt, and the answers under their letters.

import { element } from "./dom.js";
import { markdown } from "./markdown.js";

const roles = { system: "Instructions to the model", user: "Prompt", assistant: "Earlier answer" };
const rolesInChat = { ...roles, user: "You", assistant: "Answer" };
const flagNames = { unsafe: "Unsafe", broken: "Broken" };
const flagMeanings = {
  unsafe: "Nobody should be shown this",
  broken: "Cut off, garbled, in the wrong language, not an answer",
};

/** The conversation so far; the last message is what the answers are to. In a chat the reader wrote it. */
export function promptView(prompt, task) {
  const names = task === "chat" ? rolesInChat : roles;
  const messages = typeof prompt === "string" ? [{ role: "user", content: prompt }] : prompt;
  return messages.map((message) => element("article", { class: `message ${message.role}`, "data-role": message.role },
    element("h3", { class: "who" }, names[message.role] ?? message.role),
    readable(message.content)));
}

/** A text as Markdown, cut to a height that leaves room for what is below; a button shows the rest. */
export function readable(text) {
  const content = element("div", { class: "content", dir: "auto" }, markdown(text));
  const button = element("button", { type: "button", class: "more", "aria-expanded": "false", hidden: true, onclick: toggle },
    "Show all");
  const frame = element("div", { class: "readable" }, content, button);

  function toggle() {
    const isWhole = frame.classList.toggle("whole");
    button.textContent = isWhole ? "Show less" : "Show all";
    button.setAttribute("aria-expanded", String(isWhole));
  }
  // Whether it is cut is known once it has been laid out, and changes with the width of the window.
  new ResizeObserver(() => {
    if (!frame.classList.contains("whole")) button.hidden = content.scrollHeight <= content.clientHeight + 4;
  }).observe(content);
  return frame;
}

/**
 * The answers as cards.
 *
 * @param {Array<{letter: string, text: string}>} answers
 * @param {{flags: Object, edits: Object}} opinion  changed in place
 * @param {{canEdit: boolean, isEditing: boolean, changed: () => void}} options  isEditing: the text is rewritten in its place
 */
export function answerCards(answers, opinion, options) {
  return answers.map((answer) => card(answer, opinion, options, answers.length));
}

function card(answer, opinion, options, count) {
  const { letter, text } = answer;
  const editor = options.canEdit || options.isEditing ? editorView(answer, opinion, options) : null;
  const title = element("h3", { id: `answer-${letter}` },
    count > 1 ? element("span", { class: "letter" }, letter) : null,
    count > 1 ? element("span", { class: "unseen" }, `Answer ${letter}`) : "Answer");
  return element("article", { class: "answer", "data-letter": letter, tabindex: "-1", "aria-labelledby": `answer-${letter}` },
    element("header", {}, title, element("div", { class: "flags" },
      ...Object.keys(flagNames).map((flag) => flagButton(letter, flag, opinion, options.changed)),
      editor && !options.isEditing ? editButton(letter, editor) : null)),
    options.isEditing ? null : readable(text), editor?.view ?? null);
}

function flagButton(letter, flag, opinion, changed) {
  const button = element("button", {
    type: "button", class: "flag", "data-flag": flag, "aria-pressed": "false", title: flagMeanings[flag],
    "aria-label": `${flagNames[flag]}: answer ${letter}`,
    onclick: () => {
      const flags = new Set(opinion.flags[letter] ?? []);
      if (!flags.delete(flag)) flags.add(flag);
      if (flags.size > 0) opinion.flags[letter] = [...flags].sort();
      else delete opinion.flags[letter];
      show();
      changed();
    },
  }, flagNames[flag]);
  const show = () => button.setAttribute("aria-pressed", String((opinion.flags[letter] ?? []).includes(flag)));
  show();
  return button;
}

function editButton(letter, editor) {
  return element("button", {
    type: "button", class: "flag", "data-edit": letter, "aria-label": `Rewrite answer ${letter}`,
    onclick: () => {
      editor.view.hidden = !editor.view.hidden;
      if (!editor.view.hidden) editor.area.focus();
    },
  }, "Rewrite");
}

function editorView({ letter, text }, opinion, { changed, isEditing }) {
  const area = element("textarea", {
    id: `edit-${letter}`, dir: "auto", rows: Math.min(24, Math.max(8, Math.ceil(text.length / 60))), "data-editor": letter,
    oninput: () => {
      if (area.value === text) delete opinion.edits[letter];
      else opinion.edits[letter] = area.value;
      changed();
    },
  });
  area.value = opinion.edits[letter] ?? text;
  const view = element("div", { class: "editor" },
    element("label", { for: area.id }, isEditing ? "Make the answer what it should be" : "What the answer should have been"), area,
    element("button", {
      type: "button", class: "quiet",
      onclick: () => {
        area.value = text;
        area.dispatchEvent(new Event("input"));
      },
    }, "Back to the original"));
  view.hidden = !isEditing && opinion.edits[letter] === undefined;
  return { view, area };
}
