// Sends a file as it is, without reading it into memory, and says what became of its rows.

import { find } from "./dom.js";

const form = find("#upload");
const bar = find("#upload-progress");
const result = find("#result");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const [file] = find("#file").files;
  if (!file) return;
  const query = new URLSearchParams({ kind: find("#kind").value, model: find("#model").value });
  // Only this kind of request reports how much of a file is sent.
  const request = new XMLHttpRequest();
  request.open("POST", `/api/projects/${form.dataset.project}/items?${query}`);
  request.setRequestHeader("content-type", "application/jsonl");
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = total > 0 ? loaded / total : 0;
  });
  request.addEventListener("loadend", () => {
    bar.hidden = true;
    find("#submit").disabled = false;
    show(request.status, request.response);
  });
  bar.hidden = false;
  bar.value = 0;
  find("#submit").disabled = true;
  result.textContent = "Importing …";
  result.className = "";
  request.send(file);
});

function show(status, body) {
  const isWell = status === 200;
  result.className = isWell ? "notice" : "notice error";
  if (status === 0) result.textContent = "The server cannot be reached.";
  else if (status !== 200) result.textContent = body?.error?.message ?? `The server answered ${status}.`;
  else result.textContent = counts(body);
}

function counts({ added, duplicates, unused }) {
  return [
    added === 1 ? "1 item was added" : `${added} items were added`,
    duplicates > 0 ? `${duplicates} were there already` : "",
    unused > 0 ? `${unused} prompts have too few answers that differ, and gave none` : "",
  ].filter(Boolean).join("; ") + ".";
}
