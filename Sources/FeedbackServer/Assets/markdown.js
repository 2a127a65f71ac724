// Markdown as nodes. What models write is untrusted: every node is made by name and every text is a text node; HTML in it
// is shown as it was typed, images are not loaded, links lead to http and https only. All of it takes time linear in the
// text, however odd that is.

import { element } from "./dom.js";
import { inline } from "./inline.js";

/** Quotes and lists within each other beyond this are shown as plain lines. */
const maximumDepth = 10;

const fence = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const heading = /^ {0,3}(#{1,6})(?=[ \t]|$)/;
const rule = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const quote = /^ {0,3}> ?/;
const marker = /^( {0,3})([-*+]|\d{1,9}[.)])([ \t]+|$)/;
const tableRule = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/** @returns {DocumentFragment} */
export function markdown(text) {
  const fragment = document.createDocumentFragment();
  fragment.append(...blocks(text.replace(/\r\n?/g, "\n").split("\n"), 0));
  return fragment;
}

function blocks(lines, depth) {
  const nodes = [];
  let at = 0;
  while (at < lines.length) {
    if (isBlank(lines[at])) {
      at += 1;
      continue;
    }
    const block = [code, title, line, depth < maximumDepth ? quotation : null, depth < maximumDepth ? list : null, table,
      mathematics].reduce((found, kind) => found ?? kind?.(lines, at, depth) ?? null, null) ?? paragraph(lines, at);
    nodes.push(block.node);
    at = block.next;
  }
  return nodes;
}

const isBlank = (text) => text.trim() === "";

/** Whether a line ends a paragraph without a blank line before it. */
function interrupts(lines, at) {
  const text = lines[at];
  return fence.test(text) || heading.test(text) || rule.test(text) || quote.test(text)
    || /^ {0,3}([-*+]|1[.)])[ \t]+\S/.test(text) || text.trim() === "$$" || text.trim() === "\\[";
}

function code(lines, at) {
  const opening = fence.exec(lines[at]);
  if (!opening) return null;
  const closing = new RegExp(`^ {0,3}${opening[1][0] === "`" ? "`" : "~"}{${opening[1].length},}[ \\t]*$`);
  let next = at + 1;
  while (next < lines.length && !closing.test(lines[next])) next += 1;
  const text = lines.slice(at + 1, next).join("\n");
  const language = lines[at].slice(opening[0].length).trim().split(/\s/)[0];
  const node = element("pre", { dir: "ltr", tabindex: "0", role: "group", "aria-label": `${language} code`.trim() },
    element("code", {}, text));
  return { node, next: next + 1 };
}

function title(lines, at) {
  const found = heading.exec(lines[at]);
  if (!found) return null;
  // The page has headings of its own above; those of an answer come below them.
  const level = Math.min(found[1].length + 3, 6);
  const words = withoutClosingSigns(lines[at].slice(found[0].length).trim());
  return { node: element(`h${level}`, { dir: "auto" }, ...inline(words)), next: at + 1 };
}

/** A heading may end with as many number signs as it likes, after a space. */
function withoutClosingSigns(text) {
  let end = text.length;
  while (text[end - 1] === "#") end -= 1;
  return end === 0 || /\s/.test(text[end - 1]) ? text.slice(0, end).trimEnd() : text;
}

function line(lines, at) {
  return rule.test(lines[at]) ? { node: element("hr"), next: at + 1 } : null;
}

function quotation(lines, at, depth) {
  if (!quote.test(lines[at])) return null;
  let next = at;
  const inner = [];
  while (next < lines.length && !isBlank(lines[next]) && (quote.test(lines[next]) || !interrupts(lines, next))) {
    inner.push(lines[next].replace(quote, ""));
    next += 1;
  }
  return { node: element("blockquote", { dir: "auto" }, ...blocks(inner, depth + 1)), next };
}

function list(lines, at, depth) {
  const first = marker.exec(lines[at]);
  if (!first || rule.test(lines[at])) return null;
  const isOrdered = /\d/.test(first[2]);
  const sort = first[2].at(-1);
  const items = [];
  let next = at;
  while (next < lines.length) {
    const found = marker.exec(lines[next]);
    if (!found || found[2].at(-1) !== sort || rule.test(lines[next])) break;
    const item = listItem(lines, next, found);
    items.push(element("li", {}, ...unwrapped(blocks(item.inner, depth + 1))));
    next = item.next;
  }
  const start = isOrdered ? parseInt(first[2], 10) : 1;
  // A browser that is left to find the direction looks past paragraphs that find their own, and numbers would be cut off.
  const dir = direction(lines.slice(at, next).join("\n"));
  return { node: element(isOrdered ? "ol" : "ul", { dir, start: start === 1 ? null : start }, ...items), next };
}

const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/** The way a text runs, by its first letter. */
function direction(text) {
  return rightToLeft.test(/\p{L}/u.exec(text)?.[0] ?? "") ? "rtl" : "ltr";
}

/** The lines of one item: those that are indented as far as its text, and those that go on without a break. */
function listItem(lines, at, found) {
  const width = found[0].length > found[1].length + found[2].length + 4 ? found[1].length + found[2].length + 1
    : Math.max(found[0].length, found[1].length + found[2].length + 1);
  const inner = [lines[at].slice(width)];
  let next = at + 1;
  while (next < lines.length) {
    if (isBlank(lines[next])) {
      let after = next;
      while (after < lines.length && isBlank(lines[after])) after += 1;
      if (after === lines.length || indentation(lines[after]) < Math.min(width, 2)) {
        const goesOn = after < lines.length && marker.test(lines[after]);
        return { inner, next: goesOn ? after : next };
      }
      for (; next < after; next += 1) inner.push("");
    } else if (indentation(lines[next]) >= Math.min(width, 2)) {
      inner.push(lines[next].slice(Math.min(width, indentation(lines[next]))));
      next += 1;
    } else if (marker.test(lines[next]) || interrupts(lines, next)) {
      break;
    } else {
      inner.push(lines[next]);
      next += 1;
    }
  }
  return { inner, next };
}

const indentation = (text) => text.length - text.trimStart().length;

/** The only paragraph of a list's item needs no space around it. */
function unwrapped(nodes) {
  const [first, ...rest] = nodes;
  const isTight = first?.tagName === "P" && rest.every((node) => ["UL", "OL"].includes(node.tagName));
  return isTight ? [...first.childNodes, ...rest] : nodes;
}

function table(lines, at) {
  if (at + 1 >= lines.length || !lines[at].includes("|") || !tableRule.test(lines[at + 1])) return null;
  const names = cells(lines[at]);
  const sides = cells(lines[at + 1]).map(side);
  if (sides.length !== names.length) return null;
  let next = at + 2;
  const rows = [];
  while (next < lines.length && lines[next].includes("|") && !isBlank(lines[next])) {
    rows.push(cells(lines[next]));
    next += 1;
  }
  const row = (kind, texts) => element("tr", {}, ...names.map((_, column) =>
    element(kind, { dir: "auto", class: sides[column] }, ...inline(texts[column] ?? ""))));
  const node = element("div", { class: "table", tabindex: "0", role: "group", "aria-label": "table" },
    element("table", {}, element("thead", {}, row("th", names)), element("tbody", {}, ...rows.map((texts) => row("td", texts)))));
  return { node, next };
}

function cells(text) {
  const trimmed = text.trim().replace(/^\|/, "").replace(/\|$/, "");
  return trimmed.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function side(text) {
  if (text.startsWith(":") && text.endsWith(":")) return "centre";
  return text.endsWith(":") ? "end" : null;
}

/** Formulas are left as they were written, in lines of their own. */
function mathematics(lines, at) {
  const closing = { "$$": "$$", "\\[": "\\]" }[lines[at].trim()];
  if (!closing) return null;
  const end = lines.indexOf(closing, at + 1);
  const next = end < 0 ? lines.findIndex((text, index) => index > at && isBlank(text)) : end + 1;
  const past = next < 0 ? lines.length : next;
  return { node: element("pre", { class: "math", dir: "ltr" }, lines.slice(at, past).join("\n")), next: past };
}

function paragraph(lines, at) {
  let next = at + 1;
  while (next < lines.length && !isBlank(lines[next]) && !interrupts(lines, next)) next += 1;
  return { node: element("p", { dir: "auto" }, ...inline(lines.slice(at, next).map((text) => text.trim()).join("\n"))), next };
}
