// The page of a live chat: a message, two answers that are written side by side, a vote, and the next turn from the better one.

import { promptView } from "./answers.js";
import { lines, request, ServerError, stream } from "./api.js";
import { Clock } from "./clock.js";
import { announce, element, find, findAll, isTyping, open, randomIdentifier } from "./dom.js";
import { ItemView } from "./itemview.js";
import { markdown } from "./markdown.js";
import { Outbox } from "./outbox.js";
import { Storage } from "./storage.js";
import { emptyOpinion } from "./tasks.js";

const work = find("#work");
const projectID = work.dataset.project;
const storage = new Storage(work.dataset.person);
const outbox = new Outbox(storage);
const clock = new Clock();
const message = find("#message");
const unsent = `message.${projectID}`;

let project = null;
let conversation = null;
let turn = null;
/** The turn that was voted on last. */
let judged = null;
let view = null;

// MARK: What is shown

/** composing: a message is to be written; writing: answers come in; ready: they are to be judged. */
function enter(state) {
  work.dataset.state = state;
  find("#composer").hidden = state !== "composing";
  find("#vote").hidden = state !== "ready";
  find("#choices").hidden = state !== "ready";
  find("#undo").hidden = state !== "composing" || !judged;
  find("#keep").hidden = state !== "ready" || !turn.opinion;
}

function showMessages(messages) {
  find("#prompt").replaceChildren(...promptView(messages, "chat"));
  find("#beginning").hidden = messages.length > 0;
}

function compose(text = "") {
  view = null;
  turn = null;
  // What was said of the answers would lie over the field.
  announce("");
  find("#answers").replaceChildren();
  message.value = storage.get(unsent) ?? text;
  enter("composing");
  message.focus();
  message.scrollIntoView({ block: "nearest" });
}

/** Two empty cards that answers are written into. */
function showWriting() {
  enter("writing");
  const cards = ["A", "B"].map((letter) => element("article",
    { class: "answer streaming", "data-letter": letter, "aria-busy": "true", "aria-label": `Answer ${letter}` },
    element("header", {}, element("h3", {}, element("span", { class: "letter" }, letter))),
    element("div", { class: "content", dir: "auto" })));
  const answers = find("#answers");
  answers.dataset.count = "2";
  answers.replaceChildren(...cards);
  cards[0].scrollIntoView({ block: "nearest" });
}

function showTurn(item) {
  turn = item;
  const opinion = { ...emptyOpinion(), ...structuredClone(item.opinion ?? {}) };
  view = new ItemView(project, item, opinion, () => find("#submit").classList.toggle("ready", view?.isComplete ?? false));
  find("#beginning").hidden = true;
  work.dataset.assignment = item.assignment;
  find("#submit").textContent = item.opinion ? "Submit again" : "Submit";
  enter("ready");
  clock.restart();
  announce("Both answers are there. Which one is better?");
}

function trouble(error) {
  if (!(error instanceof ServerError)) throw error;
  const line = find("#connection");
  line.hidden = !error.isPassing;
  line.textContent = error.isPassing ? `${error.message} What you have written is kept.` : "";
  if (!error.isPassing) announce(error.message);
}

// MARK: A turn

async function send(event) {
  event?.preventDefault();
  const text = message.value.trim();
  if (text === "" || work.dataset.state !== "composing") return;
  storage.set(unsent, text);
  try {
    conversation ??= (await request("POST", `/api/projects/${projectID}/conversation`, {})).conversation;
    const response = await stream("POST", `/api/conversations/${conversation}/turn`, { message: text });
    find("#prompt").append(...promptView([{ role: "user", content: text }], "chat"));
    find("#beginning").hidden = true;
    await follow(response, text);
  } catch (error) {
    if (work.dataset.state === "writing") await load();
    trouble(error);
  }
}

/** Shows a turn while it is written. */
async function follow(response, text = "") {
  showWriting();
  const written = { A: "", B: "" };
  let isDrawing = false;
  const draw = () => {
    isDrawing = false;
    for (const letter of ["A", "B"]) {
      find(`#answers [data-letter="${letter}"].streaming .content`)?.replaceChildren(markdown(written[letter]));
    }
  };
  for await (const event of lines(response)) {
    if (event.text !== undefined) {
      written[event.letter] += event.text;
      // Once for each picture on the screen, however fast the pieces come.
      if (!isDrawing) requestAnimationFrame(draw);
      isDrawing = true;
    } else if (event.turn) {
      storage.remove(unsent);
      return showTurn(event.turn);
    } else if (event.problem) {
      await load();
      message.value = text;
      return announce(event.problem);
    }
  }
  await load();
}

async function vote() {
  if (work.dataset.state !== "ready") return;
  const lack = view.incomplete();
  if (lack) return announce(lack);
  outbox.add(turn.assignment, {
    request: randomIdentifier(), opinion: view.finishedOpinion, seconds: clock.seconds, replacing: turn.revision,
  });
  enter("writing");
  await outbox.flush();
  await load();
}

/** Takes the last vote back onto the page; the conversation then continues from what is voted for now. */
function undo() {
  if (work.dataset.state !== "composing" || !judged) return;
  showMessages(judged.prompt);
  showTurn(judged);
  announce("Back at your last vote. Change it and submit again, or leave it as it was.");
}

/** Leaves a vote that was taken back as it was. */
function keep() {
  if (work.dataset.state === "ready" && turn.opinion) load();
}

async function startAnew() {
  try {
    conversation = (await request("POST", `/api/projects/${projectID}/conversation`, {})).conversation;
    await load();
    announce("A new conversation.");
  } catch (error) {
    trouble(error);
  }
}

// MARK: Where the conversation is

/** Asks the server where the conversation is, and shows it: after a reload in the middle of a turn too. */
async function load() {
  try {
    project ??= await loadProject();
    const state = await request("GET", `/api/projects/${projectID}/conversation`);
    conversation = state.conversation;
    judged = state.judged;
    showMessages(state.messages);
    find("#connection").hidden = true;
    if (state.isWriting) {
      const response = await stream("GET", `/api/conversations/${conversation}/turn`);
      return response.status === 204 ? load() : follow(response);
    }
    if (state.turn && !outbox.holds(state.turn.assignment)) return showTurn(state.turn);
    if (state.turn) throw new ServerError(0, "The server does not answer.");
    compose();
    if (state.isBackAtMessage) announce("Neither answer is kept. Write your message again, or another.");
  } catch (error) {
    trouble(error);
    setTimeout(load, 5_000);
  }
}

async function loadProject() {
  const definition = await request("GET", `/api/projects/${projectID}`);
  find("#task-title").textContent = definition.question;
  find("#guidelines").replaceChildren(markdown(definition.guidelines || definition.question));
  return definition;
}

// MARK: Events

const commands = { Enter: vote, z: undo, Escape: keep, k: () => open(find("#keys")), "?": () => open(find("#instructions")) };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey || find("dialog[open]")) return;
  const hasControl = event.ctrlKey || event.metaKey;
  if (event.target === message) {
    if (event.key === "Enter" && !event.shiftKey) send(event);
    return;
  }
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    if (event.key === "Enter" && hasControl) vote();
    return;
  }
  if (hasControl || (event.key === "Enter" && event.target.closest("button, a, summary"))) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (commands[key]) commands[key]();
  else if (work.dataset.state !== "ready" || !view.take(key)) return;
  event.preventDefault();
});

message.addEventListener("input", () => storage.set(unsent, message.value));
outbox.addEventListener("refused", ({ detail: { error } }) => announce(`Your vote was not taken: ${error.message}`));
outbox.addEventListener("waiting", ({ detail: { error } }) => trouble(error));
find("#composer").addEventListener("submit", send);
find("#submit").addEventListener("click", vote);
find("#undo").addEventListener("click", undo);
find("#keep").addEventListener("click", keep);
find("#new-conversation").addEventListener("click", startAnew);
for (const button of findAll("[data-opens]")) {
  button.addEventListener("click", () => open(find(`#${button.dataset.opens}`)));
}

load();
