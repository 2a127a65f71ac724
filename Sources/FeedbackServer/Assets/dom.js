// Building pages from data. Text is only ever put in as text, so nothing that a model wrote becomes markup.

/**
 * An element.
 *
 * @param {string} name
 * @param {Object<string, unknown>} attributes  true: present, false or null: left out, a function: a listener (`onclick`)
 * @param {...(Node|string|null)} children  strings become text nodes
 */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export const find = (selector, inside = document) => inside.querySelector(selector);
export const findAll = (selector, inside = document) => [...inside.querySelectorAll(selector)];

/** The first `count` characters of a text as readers count them, so that no emoji is cut in two. */
export function beginning(text, count) {
  const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text.slice(0, 16 * count));
  return [...characters].slice(0, count).map((part) => part.segment).join("");
}

/** Says something to those who listen, and shows it in the line at the foot of the page. */
export function announce(text) {
  const line = find("#status");
  // The same words twice are read out twice only where the line was empty in between.
  line.textContent = "";
  requestAnimationFrame(() => {
    line.textContent = text;
  });
}

/** Whether what is typed goes into a text rather than being a command. */
export function isTyping(target) {
  return target instanceof HTMLElement
    && (target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])") || target.isContentEditable);
}

/** Opens a dialog above the page; its `[data-close]` and Escape close it, and the focus goes back to where it was. */
export function open(dialog) {
  if (!dialog.open) dialog.showModal();
}

for (const button of findAll("dialog [data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}

/** A random identifier; `crypto.randomUUID` is there on secure pages only. */
export function randomIdentifier() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join("-");
}
