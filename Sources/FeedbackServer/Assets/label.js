// The page on which people judge: one item after the other, by keyboard or pointer.

import { request, ServerError } from "./api.js";
import { Clock } from "./clock.js";
import { announce, element, find, findAll, isTyping, open, randomIdentifier } from "./dom.js";
import { Drafts } from "./drafts.js";
import { showFeedback } from "./feedback.js";
import { ItemView } from "./itemview.js";
import { markdown } from "./markdown.js";
import { Outbox } from "./outbox.js";
import { Queue } from "./queue.js";
import { Storage } from "./storage.js";
import { emptyOpinion } from "./tasks.js";

const work = find("#work");
const projectID = work.dataset.project;
const storage = new Storage(work.dataset.person);
const outbox = new Outbox(storage);
const drafts = new Drafts(storage);
const queue = new Queue(projectID, outbox);
const clock = new Clock();

let project = null;
let view = null;
/** Practice: the judgment whose answer is awaited before anything continues. */
let awaited = null;

// MARK: What is shown

/** The page is in one state at a time: loading, ready, feedback, done, waiting. */
function enter(state) {
  work.dataset.state = state;
}

async function show() {
  const item = queue.current;
  if (!item) return showEnd();
  if (item.version !== project.version) await loadProject();
  const opinion = structuredClone(drafts.latest(item) ?? item.opinion ?? emptyOpinion());
  view = new ItemView(project, item, { ...emptyOpinion(), ...opinion }, (changed) => {
    drafts.save(item.assignment, changed);
    showReadiness();
  });
  work.dataset.assignment = item.assignment;
  find("#practice").hidden = !item.isPractice;
  find("#again").hidden = !item.opinion;
  find("#submit").textContent = item.opinion ? "Submit again" : "Submit";
  showReadiness();
  enter("ready");
  clock.restart();
  scrollTo({ top: 0 });
  find("#task-title").focus({ preventScroll: true });
}

function showEnd() {
  view = null;
  delete work.dataset.assignment;
  enter("done");
  find("#done-title").focus();
  announce("Nothing is left to judge at the moment.");
}

function showReadiness() {
  find("#submit").classList.toggle("ready", view?.isComplete ?? false);
}

function showProgress() {
  const { progress } = queue;
  if (!progress) return;
  const pending = outbox.entries.length;
  const today = progress.today + pending;
  const done = progress.judged + pending;
  const line = find("#progress");
  line.dataset.today = today;
  line.dataset.done = done;
  line.textContent = `${today} today · ${done} in all`;
  const bar = find("#progress-bar");
  bar.max = Math.max(1, progress.items);
  bar.value = progress.complete;
  bar.hidden = progress.items === 0;
  bar.setAttribute("aria-label", `${progress.complete} of ${progress.items} items of the project are complete`);
}

function showConnection(text = "") {
  const pending = outbox.entries.length;
  const line = find("#connection");
  line.hidden = text === "";
  line.textContent = text === "" ? "" : `${text} ${pending === 1 ? "One answer is" : `${pending} answers are`} kept here and sent later.`;
}

// MARK: What can be done

async function submit() {
  if (work.dataset.state === "feedback") return goOn();
  if (work.dataset.state !== "ready") return;
  const lack = view.incomplete();
  if (lack) return announce(lack);
  const item = queue.current;
  const body = {
    request: randomIdentifier(), opinion: view.finishedOpinion, seconds: clock.seconds, replacing: item.revision,
  };
  if (item.isPractice) awaited = body.request;
  drafts.forget(item.assignment);
  outbox.add(item.assignment, body);
  if (item.isPractice) {
    enter("waiting");
  } else {
    queue.advance();
    await showNext("Submitted.");
  }
}

async function showNext(said) {
  if (queue.current) await show();
  else enter("loading");
  announce(queue.current ? `${said} Next item.` : said);
  await refill();
}

async function refill() {
  try {
    await queue.fill();
    showProgress();
    // What is on its way may be what the server still deals: only what comes after it tells that nothing is left.
    if (outbox.entries.length > 0) {
      await outbox.flush();
      if (!queue.current && outbox.entries.length === 0) await queue.fill();
    }
    if (!view || work.dataset.state === "loading") await show();
    showConnection();
  } catch (error) {
    trouble(error);
    setTimeout(refill, 5_000);
  }
}

function goOn() {
  queue.advance();
  return showNext("");
}

async function skip() {
  if (work.dataset.state !== "ready") return;
  const { assignment } = queue.current;
  try {
    await request("POST", `/api/assignments/${assignment}/skip`, {});
    drafts.forget(assignment);
    queue.advance();
    await showNext("Skipped.");
  } catch (error) {
    trouble(error);
  }
}

/** Takes the last judgment back onto the page, or the one before that which is there already; what is submitted then replaces it. */
async function undo() {
  if (!["ready", "done"].includes(work.dataset.state)) return;
  const before = queue.current?.opinion ? `?before=${queue.current.assignment}` : "";
  try {
    await outbox.flush();
    queue.putFirst(await request("GET", `/api/projects/${projectID}/last${before}`));
    await show();
    announce("Back at an answer of yours. Change it and submit again, or leave it as it was.");
  } catch (error) {
    trouble(error);
  }
}

/** Leaves an item that was taken back as it was said before. */
function keep() {
  if (work.dataset.state !== "ready" || !queue.current?.opinion) return;
  drafts.forget(queue.current.assignment);
  queue.advance();
  showNext("Left as it was.");
}

function trouble(error) {
  if (!(error instanceof ServerError)) throw error;
  if (error.status === 401) {
    showConnection("You are signed out: open the home page in another tab and sign in again.");
  } else if (error.status === 0) {
    showConnection("The server does not answer.");
  } else {
    announce(error.message);
  }
}

// MARK: Events

outbox.addEventListener("acknowledged", ({ detail: { entry, result } }) => {
  showConnection();
  if (entry.body.request !== awaited) return;
  awaited = null;
  if (!result.feedback) return goOn();
  showFeedback(find("#feedback"), result.feedback);
  enter("feedback");
  find("#feedback-title").focus();
});
outbox.addEventListener("refused", ({ detail: { entry, error } }) => {
  queue.release(entry.assignment);
  announce(`An answer was not taken: ${error.message}`);
  if (entry.body.request === awaited) goOn();
});
outbox.addEventListener("waiting", ({ detail: { error } }) => trouble(error));
outbox.addEventListener("change", showProgress);

const commands = { Enter: submit, z: undo, s: skip, k: () => open(find("#keys")), "?": () => open(find("#instructions")) };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey || find("dialog[open]")) return;
  const isSubmission = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    if (isSubmission) submit();
    return;
  }
  if ((event.ctrlKey || event.metaKey) && !isSubmission) return;
  // Buttons and links in focus keep Enter for themselves.
  if (event.key === "Enter" && event.target.closest("button, a, summary") && event.target.id !== "submit") return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (commands[key]) commands[key]();
  else if (key === "Escape") keep();
  else if (work.dataset.state !== "ready" || !view.take(key)) return;
  event.preventDefault();
});

for (const [id, command] of Object.entries({ submit, undo, skip, keep, "go-on": goOn, "look-again": refill })) {
  find(`#${id}`).addEventListener("click", command);
}
for (const button of findAll("[data-opens]")) {
  button.addEventListener("click", () => open(find(`#${button.dataset.opens}`)));
}

// MARK: The beginning

async function loadProject() {
  project = await request("GET", `/api/projects/${projectID}`);
  find("#task-title").textContent = project.question;
  find("#guidelines").replaceChildren(project.guidelines ? markdown(project.guidelines) : element("p", {}, project.question));
  work.dataset.task = project.task;
}

async function begin() {
  try {
    await loadProject();
  } catch (error) {
    trouble(error);
    setTimeout(begin, 5_000);
    return;
  }
  await refill();
  outbox.flush();
  const seen = `guidelines.${projectID}`;
  if (project.guidelines && storage.get(seen) !== project.version) {
    storage.set(seen, project.version);
    open(find("#instructions"));
  }
}

begin();
