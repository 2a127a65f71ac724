// What may be within a line of Markdown: emphasis, code, links, formulas.

import { element } from "./dom.js";

/** How far the end of a link's address or of a formula may be. */
const reach = 2_000;
const escapable = /[!-/:-@[-`{-~]/;
const address = /https?:\/\/[^\s<>"'`]{1,2000}/y;

/** @returns {Array<Node>} */
export function inline(text, isInLink = false) {
  return new Line(text, isInLink).nodes();
}

/** Only these schemes are followed; anything else, relative addresses too, stays text. */
function safeAddress(text) {
  try {
    const url = new URL(text);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function link(href, ...children) {
  return element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow ugc", title: href }, ...children);
}

class Line {
  #text;
  #isInLink;
  #brackets;
  /** Finished nodes and delimiters of emphasis, in order. */
  #parts = [];
  #pending = "";
  #missingTicks = new Set();

  constructor(text, isInLink) {
    this.#text = text;
    this.#isInLink = isInLink;
    this.#brackets = matchingBrackets(text);
  }

  nodes() {
    let at = 0;
    while (at < this.#text.length) at = this.#step(at);
    this.#flush();
    return emphasised(this.#parts);
  }

  /** Reads what begins at a place, and returns where the next thing begins. */
  #step(at) {
    switch (this.#text[at]) {
      case "\\": return this.#escape(at);
      case "`": return this.#code(at);
      case "*": case "_": case "~": return this.#delimiter(at);
      case "[": return this.#link(at, at) ?? this.#plain(at);
      case "!": return this.#image(at) ?? this.#plain(at);
      case "$": return this.#formula(at, this.#text.startsWith("$$", at) ? "$$" : "$") ?? this.#plain(at);
      case "h": return this.#address(at) ?? this.#plain(at);
      case "\n": return this.#push(element("br"), at + 1);
      default: return this.#plain(at);
    }
  }

  #plain(at) {
    this.#pending += this.#text[at];
    return at + 1;
  }

  #flush() {
    if (this.#pending) this.#parts.push(document.createTextNode(this.#pending));
    this.#pending = "";
  }

  #push(part, next) {
    this.#flush();
    this.#parts.push(part);
    return next;
  }

  #escape(at) {
    const next = this.#text[at + 1] ?? "";
    if (next === "(" || next === "[") {
      const formula = this.#formula(at, `\\${next}`, next === "(" ? "\\)" : "\\]");
      if (formula) return formula;
    }
    if (!escapable.test(next)) return this.#plain(at);
    this.#pending += next;
    return at + 2;
  }

  #code(at) {
    const length = runLength(this.#text, at);
    const end = this.#missingTicks.has(length) ? -1 : closingTicks(this.#text, at + length, length);
    if (end < 0) {
      this.#missingTicks.add(length);
      this.#pending += "`".repeat(length);
      return at + length;
    }
    const content = this.#text.slice(at + length, end).replaceAll("\n", " ");
    const isPadded = content.startsWith(" ") && content.endsWith(" ") && content.trim() !== "";
    const inner = isPadded ? content.slice(1, -1) : content;
    return this.#push(element("code", { dir: "ltr" }, inner), end + length);
  }

  #delimiter(at) {
    const sign = this.#text[at];
    const length = runLength(this.#text, at);
    const before = this.#text[at - 1] ?? " ";
    const after = this.#text[at + length] ?? " ";
    const opens = !/\s/.test(after) && (sign !== "_" || !/[\p{L}\p{N}]/u.test(before));
    const closes = !/\s/.test(before) && (sign !== "_" || !/[\p{L}\p{N}]/u.test(after));
    if ((!opens && !closes) || (sign === "~" && length !== 2)) {
      this.#pending += sign.repeat(length);
      return at + length;
    }
    return this.#push({ sign, length, opens, closes }, at + length);
  }

  /** `[text](address "title")`; `from` is where it begins in the text, with the sign of an image or without. */
  #link(from, bracket) {
    const close = this.#brackets.get(bracket);
    if (close === undefined || this.#text[close + 1] !== "(") return null;
    const end = this.#text.slice(close + 2, close + 2 + reach).search(/[)\n]/);
    if (end < 0 || this.#text[close + 2 + end] !== ")") return null;
    const target = this.#text.slice(close + 2, close + 2 + end).trim().split(/\s/)[0].replace(/^<|>$/g, "");
    const href = safeAddress(target);
    const label = this.#text.slice(bracket + 1, close);
    const next = close + 3 + end;
    if (from !== bracket) return this.#push(element("span", { class: "image" }, `image: ${label} (${target})`), next);
    if (!href || this.#isInLink) {
      this.#pending += this.#text.slice(from, next);
      return next;
    }
    return this.#push(link(href, ...inline(label, true)), next);
  }

  /** Pictures would tell their server who looks at them; their words are shown instead. */
  #image(at) {
    return this.#text[at + 1] === "[" ? this.#link(at, at + 1) : null;
  }

  #address(at) {
    if (this.#isInLink || /[\p{L}\p{N}]/u.test(this.#text[at - 1] ?? " ")) return null;
    address.lastIndex = at;
    const found = address.exec(this.#text)?.[0].replace(/[.,:;!?*_~)\]]+$/, "");
    const href = found ? safeAddress(found) : null;
    return href ? this.#push(link(href, found), at + found.length) : null;
  }

  /** What is between signs of a formula stays as it is: its underscores and stars are no emphasis. */
  #formula(at, opening, closing = opening) {
    const start = at + opening.length;
    const end = this.#text.slice(start, start + reach).indexOf(closing);
    if (end <= 0) return null;
    const content = this.#text.slice(start, start + end);
    const after = this.#text[start + end + closing.length] ?? "";
    // Two prices in a sentence are no formula.
    if (opening === "$" && (/^\s|\s$|\n/.test(content) || /\d/.test(after))) return null;
    const next = start + end + closing.length;
    return this.#push(element("span", { class: "math", dir: "ltr" }, this.#text.slice(at, next)), next);
  }
}

function runLength(text, at) {
  let end = at;
  while (text[end] === text[at]) end += 1;
  return end - at;
}

function closingTicks(text, from, length) {
  let at = text.indexOf("`", from);
  while (at >= 0) {
    const found = runLength(text, at);
    if (found === length) return at;
    at = text.indexOf("`", at + found);
  }
  return -1;
}

/** Where the bracket that opens at a place is closed. */
function matchingBrackets(text) {
  const matches = new Map();
  const opened = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "[") opened.push(at);
    else if (text[at] === "]" && opened.length > 0) matches.set(opened.pop(), at);
  }
  return matches;
}

/** Pairs the delimiters: one stack for each sign, so that every closing one finds its opening one at the top. */
function emphasised(parts) {
  const result = [];
  const stacks = new Map([["*", []], ["_", []], ["~", []]]);
  for (const part of parts) {
    if (part instanceof Node) {
      result.push(part);
      continue;
    }
    const rest = part.closes ? close(part, result, stacks) : part.length;
    if (rest > 0 && part.opens) {
      stacks.get(part.sign).push(result.length);
      result.push({ sign: part.sign, length: rest });
    } else if (rest > 0) {
      result.push(document.createTextNode(part.sign.repeat(rest)));
    }
  }
  return result.map((part) => (part instanceof Node ? part : document.createTextNode(part.sign.repeat(part.length))));
}

/** Wraps what follows opening delimiters; returns how many signs of the closing one are left. */
function close(part, result, stacks) {
  let rest = part.length;
  const stack = stacks.get(part.sign);
  while (rest > 0 && stack.length > 0) {
    const start = stack.at(-1);
    const opening = result[start];
    const used = part.sign === "~" ? 2 : Math.min(opening.length, rest, 2);
    if (opening.length < used || rest < used) break;
    const inner = result.splice(start + 1)
      .map((node) => (node instanceof Node ? node : document.createTextNode(node.sign.repeat(node.length))));
    for (const other of stacks.values()) while (other.length > 0 && other.at(-1) > start) other.pop();
    const name = part.sign === "~" ? "del" : used === 2 ? "strong" : "em";
    result.push(element(name, {}, ...inner));
    rest -= used;
    opening.length -= used;
    if (opening.length === 0) {
      stack.pop();
      result.splice(start, 1);
    }
  }
  return rest;
}
