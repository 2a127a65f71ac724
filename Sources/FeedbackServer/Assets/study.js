// Keeps the live page of a study up to date: the server draws it again, and only what is new is put in place.

import { find, findAll } from "./dom.js";

const pause = 10_000;
const live = find("#live");

async function refresh() {
  if (!document.hidden) {
    try {
      replace(live, find("#live", await page()));
    } catch {
      // The server is away or busy; the figures stay as they are until it is back.
    }
  }
  setTimeout(refresh, pause);
}

/** The page as the server shows it now; nothing in it runs or is loaded. */
function page() {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.timeout = pause;
    request.onload = () => (request.status === 200 ? resolve(request.response) : reject(new Error(`${request.status}`)));
    request.onerror = reject;
    request.ontimeout = reject;
    request.send();
  });
}

/** Exchanges the parts that differ, so that nothing flickers, and what is unfolded or selected elsewhere stays. */
function replace(here, there) {
  if (!there) return;
  const isAlike = here.children.length === there.children.length;
  if (!isAlike) return here.replaceChildren(...there.childNodes);
  [...here.children].forEach((old, index) => {
    const fresh = there.children[index];
    if (fresh && !old.isEqualNode(withFolds(fresh.cloneNode(true), old))) old.replaceWith(withFolds(document.importNode(fresh, true), old));
  });
}

/** Unfolds in a new part what is unfolded in the old one. */
function withFolds(fresh, old) {
  const folds = findAll("details", old);
  findAll("details", fresh).forEach((details, index) => {
    details.open = folds[index]?.open ?? details.open;
  });
  return fresh;
}

setTimeout(refresh, pause);
