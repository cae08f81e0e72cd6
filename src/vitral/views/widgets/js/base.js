// What every drawing uses: elements, scales, numbers. One scope with the other files; see assets.py.

const VIEWS = {}; // kind -> (host, context) => ({ draw(payload, frame) })

/** An HTML element: h("p", { class: "x", onclick: f }, "text", child). */
function h(tag, attributes = {}, ...children) {
  return dress(document.createElement(tag), attributes, children);
}

/** An SVG element, likewise. */
function s(tag, attributes = {}, ...children) {
  return dress(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Nesting depth of lists: 0 for a number or null. */
function depthOf(value) {
  let depth = 0;
  while (Array.isArray(value)) { depth += 1; value = value.find((v) => v !== null) ?? null; }
  return depth;
}

/** The value at a frame: `value` itself when it is `depth` deep, its element `frame` (or its last) when deeper. */
function atFrame(value, depth, frame) {
  if (!Array.isArray(value) || depthOf(value) <= depth) return value;
  return value[Math.max(0, Math.min(frame, value.length - 1))];
}

/** A number for a reader: `digits` significant, no exponent where none is needed; a real minus sign. */
function fmt(x, digits = 4) {
  if (x === null || x === undefined) return "–";
  if (typeof x === "boolean") return x ? "✓" : "✗";
  if (typeof x !== "number") return String(x);
  if (x === 0) return "0";
  const size = Math.abs(x);
  let text;
  if (size >= 1e6 || size < 1e-4) text = x.toExponential(Math.max(0, digits - 1)).replace(/\.?0+e/, "e").replace("e+", "e");
  else if (Number.isInteger(x)) text = String(x);
  else {
    text = x.toPrecision(digits);
    if (text.includes("e")) text = String(Number(text));
    if (text.includes(".")) text = text.replace(/\.?0+$/, "");
  }
  return text.replace(/-/g, "−");
}

/** Data to pixels. */
function scaleOf(low, high, from, to, log = false) {
  const t = log ? (v) => Math.log10(Math.max(v, 1e-300)) : (v) => v;
  const a = t(low), b = t(high), span = b - a || 1;
  const scale = (v) => from + ((t(v) - a) / span) * (to - from);
  scale.back = (p) => { const v = a + ((p - from) / (to - from)) * span; return log ? 10 ** v : v; };
  return scale;
}

/** Round numbers within [low, high]. */
function ticksOf(low, high, about = 5, log = false) {
  if (log) {
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
    const every = Math.max(1, Math.ceil((last - first) / about)), found = [];
    for (let e = first; e <= last; e += every) found.push(10 ** e);
    return found;
  }
  const raw = (high - low) / about || 1, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= raw * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i <= Math.floor(high / step + 1e-9); i += 1) found.push(Number((i * step).toPrecision(12)));
  return found;
}

let idsGiven = 0;
/** A name that no other element of the page has. */
function newId(prefix = "v") { idsGiven += 1; return `${prefix}-${idsGiven}-${Math.random().toString(36).slice(2, 7)}`; }

/** Whether the reader asked for less motion. */
const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The outlines of what stands on buttons, 16 by 16. */
const ICONS = {
  play: "M4 2.5v11l9-5.5z", pause: "M4 2.5h3v11H4zM9.5 2.5h3v11h-3z", stop: "M3.5 3.5h9v9h-9z", first: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M11 3v10L4 8z", forward: "M5 3v10l7-5z", once: "M3 3v10l7-5zM11.5 3h2v10h-2z",
};
function iconButton(onclick, label = null, icon = null) {
  const button = h("button", { type: "button", onclick });
  if (label) labelButton(button, label, icon);
  return button;
}

/** What a button of one icon shows and says. */
function labelButton(button, label, icon) {
  if (button.getAttribute("aria-label") === label) return;
  button.title = label;
  button.setAttribute("aria-label", label);
  button.replaceChildren(s("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, s("path", { d: ICONS[icon] })));
}

/** Call `act` when the element has got another width; returns what ends that. */
function watchWidth(element, act) {
  let width = 0;
  const observer = new ResizeObserver(() => {
    if (element.clientWidth && element.clientWidth !== width) { width = element.clientWidth; act(); }
  });
  observer.observe(element);
  return () => observer.disconnect();
}

/** What scrolls can be reached and scrolled by the keyboard, and has a name; what fits is none of its stops. */
function nameScroller(element, name) {
  const scrolls = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
  const attributes = { tabindex: "0", role: "group", "aria-label": name || null };
  for (const [attribute, value] of Object.entries(attributes)) {
    if (scrolls && value) element.setAttribute(attribute, value); else element.removeAttribute(attribute);
  }
}

/** Whether a drawing has nothing to show yet. */
function isEmpty({ kind, text, items, rows, values, lines }) {
  const isNothing = (list) => list.flat(Infinity).every((v) => v === null || v === "");
  if (kind === "note") return !text;
  if (kind === "readout") return isNothing(items.map(([, value]) => value));
  if (kind === "table") return !rows.length;
  if (kind === "bars" || kind === "heat") return isNothing(values);
  return kind === "steps" && !lines.length;
}

/** A drawing with its title; `show` draws a payload of its kind at a frame, and takes no place while there is nothing. */
function makeBox({ kind }, context) {
  const host = h("div", { class: `v-drawing v-${kind}` }), caption = h("figcaption", {});
  const element = h("figure", { class: "v-box" }, caption, host), view = VIEWS[kind](host, context);
  return {
    kind, element,
    show(payload, frame) {
      caption.textContent = payload.title;
      caption.hidden = !payload.title;
      element.classList.toggle("v-wide", payload.wide);
      element.hidden = isEmpty(payload);
      if (!element.hidden) view.draw(payload, frame);
    },
    remove() { view.destroy?.(); element.remove(); },
  };
}
