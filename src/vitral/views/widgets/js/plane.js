// A plane with two axes, shared by boundary and surface: a canvas for shade, an SVG above it for all the rest.

const DASHES = [null, "8 5", "2 4", "10 4 2 4"]; // tells lines apart where colours cannot
const WIDEST_PLANE = 480;

/** The outline of a mark of radius r at (0, 0): circle, square, triangle, diamond. */
function markOf(number, r) {
  if (number % 4 === 1) return `M${-0.88 * r} ${-0.88 * r}h${1.76 * r}v${1.76 * r}h${-1.76 * r}Z`;
  if (number % 4 === 2) return `M0 ${-1.2 * r}L${1.14 * r} ${0.8 * r}H${-1.14 * r}Z`;
  if (number % 4 === 3) return `M0 ${-1.25 * r}L${1.05 * r} 0L0 ${1.25 * r}L${-1.05 * r} 0Z`;
  return `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
}

/** An entry of a legend: a small picture beside a name. */
function legendEntry(name, ...marks) {
  return h("span", { class: "v-entry" }, s("svg", { width: 26, height: 16, viewBox: "-13 -8 26 16", "aria-hidden": "true" }, ...marks), name);
}

/** What two clicks in the same plane share: numbers as short as the plane's resolution. */
function roundTo(value, span) {
  const step = 10 ** Math.floor(Math.log10(span / 400));
  return Number((Math.round(value / step) * step).toPrecision(12));
}

/** A grid of numbers as one array of `rows` times `columns`, row by row; null becomes NaN. */
function fieldOf(grid, convert = (v) => v) {
  const rows = grid.length, columns = rows ? grid[0].length : 0, values = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r += 1) for (let c = 0; c < columns; c += 1) {
    const v = grid[r][c];
    values[r * columns + c] = v === null ? NaN : convert(Number(v));
  }
  return { rows, columns, values };
}

/** The field between its nodes, at shares u and v (0 to 1) of its width and height. */
function fieldAt({ rows, columns, values }, u, v) {
  const x = Math.max(0, Math.min(1, u)) * (columns - 1), y = Math.max(0, Math.min(1, v)) * (rows - 1);
  const c = Math.min(columns - 2, Math.floor(x)), r = Math.min(rows - 2, Math.floor(y)), p = x - c, q = y - r, i = r * columns + c;
  return (values[i] * (1 - p) + values[i + 1] * p) * (1 - q) + (values[i + columns] * (1 - p) + values[i + columns + 1] * p) * q;
}

/** Paint a field of shares from 0 to 1 with the 256 colours of `table`; what is not a number stays clear. */
function paintField(canvas, { rows, columns, values }, table, planeWidth, planeHeight) {
  const width = Math.min(240, Math.round(planeWidth)), height = Math.min(240, Math.round(planeHeight));
  const image = new ImageData(width, height), pixels = new Uint32Array(image.data.buffer);
  for (let j = 0, at = 0; j < height; j += 1) {
    const y = (1 - (j + 0.5) / height) * (rows - 1), r = Math.min(rows - 2, Math.floor(y)), q = y - r;
    for (let i = 0; i < width; i += 1, at += 1) {
      const x = ((i + 0.5) / width) * (columns - 1), c = Math.min(columns - 2, Math.floor(x)), p = x - c, k = r * columns + c;
      const low = values[k] + (values[k + 1] - values[k]) * p, high = values[k + columns] + (values[k + columns + 1] - values[k + columns]) * p;
      const t = low + (high - low) * q;
      if (t === t) pixels[at] = table[t <= 0 ? 0 : t >= 1 ? 255 : (t * 255 + 0.5) | 0];
    }
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/**
 * The field on `times` as fine a grid, by the cubic through four nodes each way: a quadratic bowl stays one, so that its
 * level lines are round. Where the field has steps or kinks a cubic would swing, so there it stays linear.
 */
function refined(field, times) {
  const { rows, columns, values } = field;
  if (times < 2 || rows < 5 || columns < 5) return field;
  const isRough = new Uint8Array(values.length);
  const check = (k, step) => {
    const [a, b, c, d, e] = [-2, -1, 0, 1, 2].map((n) => values[k + n * step]);
    if (!(Math.abs((4 * (b + d) - a - e) / 6 - c) <= 0.2 * (Math.max(a, b, c, d, e) - Math.min(a, b, c, d, e)))) isRough[k] = 1;
  };
  for (let r = 0; r < rows; r += 1) for (let c = 2; c < columns - 2; c += 1) check(r * columns + c, 1);
  for (let r = 2; r < rows - 2; r += 1) for (let c = 0; c < columns; c += 1) check(r * columns + c, columns);
  const wide = (columns - 1) * times + 1, high = (rows - 1) * times + 1, fine = new Float64Array(wide * high);
  const weightsOf = (t) => [-t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2, -(t + 1) * t * (t - 2) / 2, (t + 1) * t * (t - 1) / 6];
  const placeOf = (i, count) => { // the cell, the first of its four nodes, weights of the four
    const cell = Math.min(count - 2, Math.floor(i / times)), first = Math.max(0, Math.min(count - 4, cell - 1));
    return { cell, first, share: i / times - cell, weights: weightsOf(i / times - first - 1) };
  };
  const across = Array.from({ length: wide }, (_, i) => placeOf(i, columns));
  for (let j = 0; j < high; j += 1) {
    const down = placeOf(j, rows);
    for (let i = 0; i < wide; i += 1) {
      const { cell, first, share, weights } = across[i];
      let sum = 0, rough = 0;
      for (let n = 0; n < 4; n += 1) {
        const k = (down.first + n) * columns + first;
        sum += down.weights[n] * (weights[0] * values[k] + weights[1] * values[k + 1] + weights[2] * values[k + 2] + weights[3] * values[k + 3]);
        rough |= isRough[k] | isRough[k + 1] | isRough[k + 2] | isRough[k + 3];
      }
      if (rough) {
        const k = down.cell * columns + cell, q = down.share;
        sum = (values[k] * (1 - share) + values[k + 1] * share) * (1 - q) + (values[k + columns] * (1 - share) + values[k + columns + 1] * share) * q;
      }
      fine[j * wide + i] = sum;
    }
  }
  return { rows: high, columns: wide, values: fine };
}

/** The field, blurred by 1 2 1 each way: for a field of yes and no, whose steps would show otherwise. */
function smoothed({ rows, columns, values }, times = 2) {
  let now = values;
  for (let n = 0; n < times; n += 1) {
    const across = new Float64Array(now.length), down = new Float64Array(now.length);
    for (let r = 0; r < rows; r += 1) for (let c = 0; c < columns; c += 1) {
      const k = r * columns + c;
      across[k] = (now[c ? k - 1 : k] + 2 * now[k] + now[c < columns - 1 ? k + 1 : k]) / 4;
    }
    for (let r = 0; r < rows; r += 1) for (let c = 0; c < columns; c += 1) {
      const k = r * columns + c;
      down[k] = (across[r ? k - columns : k] + 2 * across[k] + across[r < rows - 1 ? k + columns : k]) / 4;
    }
    now = down;
  }
  return { rows, columns, values: now };
}

/** Where the field crosses `level`: segments x, y, x, y in pixels, one after another (marching squares). */
function levelSegments({ rows, columns, values }, level, width, height) {
  const found = [], sx = width / (columns - 1), sy = height / (rows - 1);
  for (let r = 0; r < rows - 1; r += 1) for (let c = 0; c < columns - 1; c += 1) {
    const k = r * columns + c, a = values[k], b = values[k + 1], d = values[k + columns + 1], e = values[k + columns];
    const code = (a >= level ? 1 : 0) | (b >= level ? 2 : 0) | (d >= level ? 4 : 0) | (e >= level ? 8 : 0);
    const sum = a + b + d + e;
    if (code === 0 || code === 15 || sum !== sum) continue;
    const y0 = height - r * sy, x0 = c * sx;
    const bottom = () => found.push(x0 + sx * ((level - a) / (b - a)), y0), top = () => found.push(x0 + sx * ((level - e) / (d - e)), y0 - sy);
    const left = () => found.push(x0, y0 - sy * ((level - a) / (e - a))), right = () => found.push(x0 + sx, y0 - sy * ((level - b) / (d - b)));
    if (code === 5 || code === 10) {
      if ((sum / 4 >= level) === (code === 5)) { left(); top(); bottom(); right(); } else { left(); bottom(); top(); right(); }
    } else if (code === 1 || code === 14) { left(); bottom(); }
    else if (code === 2 || code === 13) { bottom(); right(); }
    else if (code === 3 || code === 12) { left(); right(); }
    else if (code === 4 || code === 11) { top(); right(); }
    else if (code === 6 || code === 9) { bottom(); top(); }
    else { left(); top(); }
  }
  return found;
}

/** Segments as the outline of one path. */
function outlineOf(segments) {
  let d = "";
  for (let i = 0; i < segments.length; i += 4) d += `M${segments[i].toFixed(1)} ${segments[i + 1].toFixed(1)}L${segments[i + 2].toFixed(1)} ${segments[i + 3].toFixed(1)}`;
  return d;
}

/** The part of the segment from (ax, ay) to (bx, by) inside [0, w] × [0, h] and a margin; null where there is none. */
function clipSegment(ax, ay, bx, by, w, h, margin = 0) {
  let from = 0, to = 1;
  const dx = bx - ax, dy = by - ay;
  for (const [p, q] of [[-dx, ax + margin], [dx, w + margin - ax], [-dy, ay + margin], [dy, h + margin - ay]]) {
    if (p === 0) { if (q < 0) return null; continue; }
    const t = q / p;
    if (p < 0) from = Math.max(from, t); else to = Math.min(to, t);
    if (from > to) return null;
  }
  return [ax + from * dx, ay + from * dy, ax + to * dx, ay + to * dy];
}

/**
 * The plane. `redraw()` is called when its width has changed.
 * `hands` says what touching does: hover(point, reach) gives the words beside the pointer; with `isLive`, press(point,
 * reach), grab(point, reach) (whether a drag starts here), drag(point). A point is { x, y, px, py }; `reach` in pixels.
 */
function makePlane(host, { words, redraw, hands }) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const axes = s("g", { class: "v-axes" }), inside = s("svg", {}), above = s("g", {});
  const cross = s("path", { class: "v-cross" });
  const svg = s("svg", { class: "v-plane", role: "img" }, axes, inside, above, cross);
  const tip = h("div", { class: "v-tip", hidden: true, "aria-hidden": "true" });
  const spoken = h("div", { class: "v-unseen", "aria-live": "polite" });
  const stage = h("div", { class: "v-stage" }, canvas, svg, tip, spoken);
  const plane = { stage, svg, canvas, inside, above, w: 0, h: 0, x: null, y: null, left: 0, top: 0, limits: null, isLive: false };
  let known = "", at = null; // what the axes were drawn for; where the keyboard's cross is, in shares of the plane

  plane.layOut = (payload, isLive) => {
    const width = Math.round(Math.min(WIDEST_PLANE, stage.clientWidth || 380));
    const key = JSON.stringify([width, payload.limits, payload.x_label, payload.y_label, payload.alt, payload.title, isLive]);
    if (key === known) return false;
    known = key;
    const [x0, x1, y0, y1] = payload.limits, ratio = (y1 - y0) / (x1 - x0);
    const xTicks = ticksOf(x0, x1, 6), yTicks = ticksOf(y0, y1, 6);
    const left = 12 + 6.6 * Math.max(1, ...yTicks.map((t) => fmt(t).length)), right = 10, top = payload.y_label ? 24 : 8, bottom = payload.x_label ? 40 : 22;
    const w = width - left - right, height = w * (ratio > 0.5 && ratio < 1.5 ? ratio : 1);
    Object.assign(plane, { w, h: height, left, top, limits: payload.limits, isLive, x: scaleOf(x0, x1, 0, w), y: scaleOf(y0, y1, height, 0) });
    svg.setAttribute("width", width);
    svg.setAttribute("height", top + height + bottom);
    const name = payload.alt || payload.title || `${payload.x_label}, ${payload.y_label}`;
    svg.setAttribute("aria-label", name);
    for (const [side, value] of [["x", left], ["y", top], ["width", w], ["height", height]]) inside.setAttribute(side, value);
    above.setAttribute("transform", `translate(${left} ${top})`);
    Object.assign(canvas.style, { left: `${left}px`, top: `${top}px`, width: `${w}px`, height: `${height}px` });
    axes.replaceChildren(
      ...xTicks.map((t) => s("path", { class: t === 0 ? "v-zero" : null, d: `M${left + plane.x(t)} ${top}v${height}` })),
      ...yTicks.map((t) => s("path", { class: t === 0 ? "v-zero" : null, d: `M${left} ${top + plane.y(t)}h${w}` })),
      s("rect", { x: left, y: top, width: w, height }),
      ...xTicks.map((t) => s("text", { x: left + plane.x(t), y: top + height + 16, "text-anchor": "middle" }, fmt(t))),
      ...yTicks.map((t) => s("text", { x: left - 7, y: top + plane.y(t) + 4, "text-anchor": "end" }, fmt(t))),
      payload.x_label ? s("text", { class: "v-axis", x: left + w / 2, y: top + height + 34, "text-anchor": "middle" }, payload.x_label) : "",
      payload.y_label ? s("text", { class: "v-axis", x: left, y: 14 }, payload.y_label) : "",
    );
    stage.classList.toggle("v-hot", isLive);
    for (const [attribute, value] of [["tabindex", "0"], ["role", "application"], ["aria-label", `${name.replace(/[.\s]+$/, "")}. ${words.keys}`]]) {
      if (isLive) stage.setAttribute(attribute, value); else stage.removeAttribute(attribute);
    }
    showCross();
    return true;
  };
  plane.say = (text) => { spoken.textContent = text; };
  plane.has = (x, y) => x >= -1 && y >= -1 && x <= plane.w + 1 && y <= plane.h + 1;
  /** A CSS colour of the style sheet as [red, green, blue]. */
  plane.colour = (name) => {
    stage.style.setProperty("--v-probe", `var(${name})`);
    const [r, g, b] = rgbOf(getComputedStyle(tip).outlineColor);
    return [r, g, b];
  };

  function pointAt(px, py) {
    const [x0, x1, y0, y1] = plane.limits;
    return { px, py, x: roundTo(plane.x.back(px), x1 - x0), y: roundTo(plane.y.back(py), y1 - y0) };
  }
  function pointOf(event) {
    const box = svg.getBoundingClientRect();
    const px = event.clientX - box.left - plane.left, py = event.clientY - box.top - plane.top;
    return plane.has(px, py) ? pointAt(Math.max(0, Math.min(plane.w, px)), Math.max(0, Math.min(plane.h, py))) : null;
  }
  function showTip(point, text) {
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const room = stage.clientWidth - tip.offsetWidth, x = plane.left + point.px;
    tip.style.left = `${Math.max(0, Math.min(room, point.px > plane.w / 2 ? x - tip.offsetWidth - 12 : x + 12))}px`;
    tip.style.top = `${plane.top + Math.max(2, point.py - 32)}px`;
  }
  const reachOf = (event) => (event.pointerType === "touch" ? 16 : 10);
  let held = null; // { at, isGrabbed, hasMoved } from pointerdown to pointerup
  svg.addEventListener("pointerdown", (event) => {
    const point = pointOf(event);
    if (!plane.isLive || !point || event.button !== 0) return;
    at = null;
    showCross();
    held = { point, hasMoved: false, isGrabbed: event.pointerType !== "touch" && hands.grab(point, reachOf(event)) };
    if (held.isGrabbed) svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", (event) => {
    const point = pointOf(event);
    if (held && point && Math.hypot(point.px - held.point.px, point.py - held.point.py) > 4) held.hasMoved = true;
    if (held && held.isGrabbed && held.hasMoved && point) hands.drag(point);
    showTip(point, point && event.pointerType !== "touch" ? hands.hover(point, reachOf(event)) : null);
  });
  svg.addEventListener("pointerup", (event) => {
    const now = held, point = pointOf(event);
    held = null;
    if (now && point && !now.hasMoved) hands.press(point, reachOf(event));
  });
  svg.addEventListener("pointercancel", () => { held = null; });
  svg.addEventListener("pointerleave", () => showTip(null, null));

  function showCross() {
    const isShown = plane.isLive && at !== null;
    if (!isShown) { cross.setAttribute("d", ""); return; }
    const px = plane.left + at[0] * plane.w, py = plane.top + (1 - at[1]) * plane.h;
    cross.setAttribute("d", `M${px - 13} ${py}h9m8 0h9M${px} ${py - 13}v9m0 8v9`);
  }
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
  stage.addEventListener("keydown", (event) => {
    if (!plane.isLive || event.target !== stage || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = () => pointAt(at[0] * plane.w, (1 - at[1]) * plane.h);
    if (event.key in ARROWS) {
      const step = event.shiftKey ? 0.01 : 0.05, isFirst = at === null;
      at = isFirst ? [0.5, 0.5] : ARROWS[event.key].map((way, i) => Math.max(0, Math.min(1, Number((at[i] + way * step).toFixed(4)))));
      showCross();
      const point = here(), text = hands.hover(point, 10);
      showTip(point, text);
      plane.say(text);
    } else if (event.key === "Enter" || event.key === " ") {
      at ||= [0.5, 0.5];
      showCross();
      hands.press(here(), 10);
    } else return;
    event.preventDefault();
  });
  stage.addEventListener("blur", () => { at = null; showCross(); showTip(null, null); });

  const dark = matchMedia("(prefers-color-scheme: dark)"), endWatching = watchWidth(stage, redraw);
  const onTheme = () => (stage.isConnected ? redraw() : plane.destroy());
  dark.addEventListener("change", onTheme);
  plane.destroy = () => { endWatching(); dark.removeEventListener("change", onTheme); };
  host.append(stage);
  return plane;
}

const rgbKnown = {};
/** Red, green and blue of any colour that CSS can say. */
function rgbOf(colour) {
  if (!rgbKnown[colour]) {
    const canvas = h("canvas", { width: 1, height: 1 }), pen = canvas.getContext("2d");
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    rgbKnown[colour] = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  }
  return rgbKnown[colour];
}

/** 256 colours as pixels: `at(t)` gives [[red, green, blue], opacity] for t from 0 to 1. */
function colourTable(at) {
  const table = new Uint32Array(256);
  for (let i = 0; i < 256; i += 1) {
    const [[r, g, b], alpha] = at(i / 255);
    table[i] = ((Math.round(alpha * 255) << 24) | (b << 16) | (g << 8) | r) >>> 0;
  }
  return table;
}
