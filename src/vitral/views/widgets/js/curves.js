// Lines, clouds and bands over one x axis. A crosshair reads all of them at one x; with `edits`, it sets that x.

// A dash for each meaning beside its colour; what shares a meaning takes the next one.
const STROKES = [null, "7 5", "2 4.5", "11 4 2 4"];
const STROKE_OF = { validation: 1, negative: 1, wrong: 1, class1: 1, class2: 2, neutral: 2, b: 1, c: 2, d: 3 };

VIEWS.curves = (host, context) => {
  const { words } = context;
  const settled = 400; // ms after an edit: what Python draws then is newer than what was drawn ahead of it
  let shown = null, known = ""; // [payload, frame]; what the axes were drawn for
  let at = null; // the plot: { w, h, left, top, x, y, x0, x1, curves }
  let read = null; // the x that the crosshair reads
  let ahead = null; // { x, at }: the reader's x, drawn before Python has answered
  let isHeld = false;

  const axes = s("g", { class: "v-axes" }), lines = s("g", {}), inside = s("svg", {}, lines);
  const level = s("g", { class: "v-level-line" }), marker = s("g", { class: "v-marker" }), cross = s("g", { class: "v-reading" });
  const svg = s("svg", { class: "v-plane", role: "img" }, axes, inside, level, marker, cross);
  const tip = h("div", { class: "v-tip v-values", hidden: true, "aria-hidden": "true" });
  const spoken = h("div", { class: "v-unseen", "aria-live": "polite" });
  const stage = h("div", { class: "v-stage v-chart", tabindex: "0" }, svg, tip, spoken);
  const legend = h("div", { class: "v-legend" });
  host.append(stage, legend);

  /** A dash for each line: the one of its meaning, or the next that no line before it has. */
  const strokeOf = (i) => {
    const taken = new Set();
    for (const [n, one] of shown[0].series.entries()) {
      if (one.dots) continue;
      let k = STROKE_OF[one.role] || 0;
      for (let tries = 1; taken.has(k) && tries < STROKES.length; tries += 1) k = (k + 1) % STROKES.length;
      if (n === i) return STROKES[k];
      taken.add(k);
      if (taken.size === STROKES.length) taken.clear();
    }
    return null;
  };
  const shapeOf = (i) => shown[0].series.slice(0, i).filter((other) => other.dots).length;
  const isEditable = () => Boolean(shown[0].edits) && context.isLive;

  // ---- drawing

  function draw(payload, frame) {
    const isNew = !shown || shown[0] !== payload, before = shown && shown[1];
    shown = [payload, frame];
    if (isNew) settle();
    const isLaidOut = layOut(isNew);
    const moves = payload.series.some((one) => depthOf(one.y) > 1 || depthOf(one.x) > 1);
    if (isNew || isLaidOut || (moves && frame !== before)) drawLines();
    if (isNew || isLaidOut) { drawLevel(); write(); }
    mark();
    if (read !== null) showReading();
  }

  /** Where everything goes: margins by the words at the axes, scales by the limits. */
  function layOut(isNew) {
    const [payload] = shown, width = Math.max(200, Math.round(stage.clientWidth || 420));
    if (!isNew && at && known === String(width)) return false;
    const [x0, x1, y0, y1] = payload.limits || extents(payload);
    const height = Math.round(Math.max(190, Math.min(payload.wide ? 320 : 290, width * 0.64)));
    const top = payload.y_label ? 26 : 10, bottom = payload.x_label ? 42 : 24;
    const h0 = height - top - bottom;
    const yTicks = chartTicks(y0, y1, Math.max(3, h0 / 38), payload.log_y);
    const yTexts = tickTexts(yTicks, payload.log_y);
    const left = 12 + 6.8 * Math.max(1, ...yTexts.map((text) => text.length)), right = 14, w = width - left - right;
    const isWhole = !payload.log_x && payload.series.every((one) => flat(one.x).every((x) => x === null || Number.isInteger(x)));
    const xTicks = chartTicks(x0, x1, Math.max(2, w / 78), payload.log_x).filter((t) => !isWhole || Number.isInteger(t));
    const xTexts = tickTexts(xTicks, payload.log_x);
    at = { w, h: h0, left, top, x0, x1, x: scaleOf(x0, x1, 0, w, payload.log_x), y: scaleOf(y0, y1, h0, 0, payload.log_y) };
    const how = JSON.stringify([width, x0, x1, y0, y1, payload.x_label, payload.y_label, payload.log_x, payload.log_y, isWhole]);
    if (how !== svg.how) {
      svg.how = how;
      svg.setAttribute("width", width);
      svg.setAttribute("height", height);
      for (const [name, value] of [["x", left - 4], ["y", top - 4], ["width", w + 8], ["height", h0 + 8], ["viewBox", `-4 -4 ${w + 8} ${h0 + 8}`]]) inside.setAttribute(name, value);
      for (const group of [level, marker, cross]) group.setAttribute("transform", `translate(${left} ${top})`);
      axes.replaceChildren(
        ...xTicks.map((t) => s("path", { class: t === 0 && !payload.log_x ? "v-zero" : null, d: `M${left + at.x(t)} ${top}v${h0}` })),
        ...yTicks.map((t) => s("path", { class: t === 0 && !payload.log_y ? "v-zero" : null, d: `M${left} ${top + at.y(t)}h${w}` })),
        s("path", { class: "v-rule", d: `M${left} ${top}V${top + h0}H${left + w}` }),
        ...xTicks.map((t, i) => s("text", { x: left + at.x(t), y: top + h0 + 17, "text-anchor": "middle" }, xTexts[i])),
        ...yTicks.map((t, i) => s("text", { x: left - 7, y: top + at.y(t) + 4, "text-anchor": "end" }, yTexts[i])),
        payload.x_label ? s("text", { class: "v-axis", x: left + w / 2, y: top + h0 + 36, "text-anchor": "middle" }, payload.x_label) : "",
        payload.y_label ? s("text", { class: "v-axis", x: 2, y: 15 }, payload.y_label) : "",
      );
    }
    known = String(width);
    return true;
  }

  function drawLines() {
    const [payload, frame] = shown;
    const fits = (v, isLog) => v !== null && v !== undefined && (!isLog || v > 0);
    at.curves = payload.series.map((one, i) => {
      const x = atFrame(one.x, 1, frame), y = atFrame(one.y, 1, frame), found = [];
      for (let k = 0; k < Math.min(x.length, y.length); k += 1) {
        if (fits(x[k], payload.log_x) && fits(y[k], payload.log_y)) found.push({ k, x: x[k], y: y[k], px: at.x(x[k]), py: at.y(y[k]) });
      }
      return { one, i, found, isSorted: found.every((p, k) => k === 0 || p.x >= found[k - 1].x) };
    });
    lines.replaceChildren(
      ...at.curves.filter(({ one }) => one.low && one.high).map(({ one }) => s("path", { class: "v-band", "data-role": one.role, d: bandOf(one) })),
      ...at.curves.map(({ one, i, found }) => (one.dots
        ? s("g", { class: "v-cloud", "data-role": one.role }, ...marksAt(found, shapeOf(i), found.length > 200 ? 2.4 : 3.6))
        : s("g", { class: "v-line", "data-role": one.role },
          s("path", { d: lineOf(found), "stroke-dasharray": strokeOf(i) }),
          found.length <= 12 ? s("g", { class: "v-knots" }, ...marksAt(found, 0, 2.9)) : ""))),
    );
  }

  function bandOf({ x, low, high }) {
    const places = x.map((v, k) => [v, low[k], high[k]]).filter((p) => p.every((v) => v !== null && v !== undefined));
    const clamp = (p) => Math.max(-1e4, Math.min(1e4, p)).toFixed(1);
    const up = places.map(([v, , top]) => `${clamp(at.x(v))} ${clamp(at.y(top))}`);
    const down = places.map(([v, bottom]) => `${clamp(at.x(v))} ${clamp(at.y(bottom))}`).reverse();
    return places.length ? `M${[...up, ...down].join("L")}Z` : "";
  }

  function drawLevel() {
    const { level: y, level_name: name } = shown[0];
    const py = y === null ? NaN : at.y(y);
    if (!(py >= -1 && py <= at.h + 1)) { level.replaceChildren(); return; }
    level.replaceChildren(s("path", { d: `M0 ${py}H${at.w}` }),
      name ? s("text", { x: at.w - 4, y: py < 18 ? py + 15 : py - 6, "text-anchor": "end" }, name) : "");
  }

  /** The marker: an x that stands out, and what each line is there. */
  function mark() {
    const [payload, frame] = shown, mine = isEditable() ? context.get(payload.edits) : null;
    const told = payload.marker === null ? null : atFrame(payload.marker, 0, frame);
    const x = ahead ? ahead.x : told ?? (typeof mine === "number" ? mine : null);
    const px = x === null || (payload.log_x && x <= 0) ? NaN : at.x(x);
    describe(x);
    if (!(px >= -1 && px <= at.w + 1)) { marker.replaceChildren(); return; }
    const values = at.curves.filter(({ one }) => !one.dots).map((curve) => [curve, valueAt(curve, x)]).filter(([, v]) => v && v.py >= -1 && v.py <= at.h + 1);
    const isLeft = px > at.w * 0.72, few = values.length <= 4 ? values : [];
    const heights = spread(few.map(([, v]) => v.py - 7), 14, 8, at.h - 4);
    marker.replaceChildren(
      s("path", { class: "v-upright", d: `M${px} 0V${at.h}` }),
      isEditable() ? s("path", { class: "v-grip", d: `M${px - 6} ${at.h + 8}v-7l6 -7l6 7v7z` }) : "",
      ...values.map(([{ one }, v]) => s("circle", { class: "v-knob", "data-role": one.role, cx: px, cy: v.py, r: 4.4 })),
      ...few.map(([{ one }, v], k) => s("text", { "data-role": one.role, x: px + (isLeft ? -9 : 9), y: heights[k] + 4, "text-anchor": isLeft ? "end" : "start" }, fmt(v.y, 3))),
    );
  }

  function write() {
    const { series } = shown[0];
    const entries = series.flatMap((one, i) => (one.name ? [legendEntry(one.name, swatch(one, i))] : []));
    legend.replaceChildren(...entries);
    legend.hidden = !entries.length;
  }

  const swatch = (one, i) => (one.dots
    ? s("path", { class: "v-dot", "data-role": one.role, d: markOf(shapeOf(i), 5) })
    : s("path", { class: "v-swatch", "data-role": one.role, d: "M-12 0H12", "stroke-dasharray": strokeOf(i) }));

  /** What a screen reader says: the words given, or each curve from where to where. */
  function describe(x) {
    const payload = shown[0];
    const told = at.curves.filter(({ found }) => found.length).map(({ one, found }) =>
      `${one.name || payload.y_label || words.curve}: ${words.from} ${fmt(found[0].y, 3)} ${words.to} ${fmt(found.at(-1).y, 3)}`);
    const head = [payload.title, [payload.y_label, payload.x_label].filter(Boolean).join(" – ")].filter(Boolean).join(". ");
    const text = payload.alt || `${head || words.curve}. ${told.join("; ")}.`;
    if (svg.getAttribute("aria-label") !== text) svg.setAttribute("aria-label", text);
    const label = `${payload.title || payload.alt || payload.x_label || words.curve}. ${isEditable() ? words.keys_set : words.keys_read}`;
    const attributes = isEditable()
      ? { role: "slider", "aria-label": label, "aria-valuemin": at.x0, "aria-valuemax": at.x1, "aria-valuenow": x ?? at.x0, "aria-valuetext": x === null ? "–" : readingAt(x).text }
      : { role: "group", "aria-label": label, "aria-valuemin": null, "aria-valuemax": null, "aria-valuenow": null, "aria-valuetext": null };
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null) stage.removeAttribute(name);
      else if (stage.getAttribute(name) !== String(value)) stage.setAttribute(name, value);
    }
    stage.classList.toggle("v-hot", isEditable());
  }

  // ---- reading

  /** The curve at x, on the line as it is drawn; null where it has a gap. */
  function valueAt({ found, isSorted }, x) {
    if (!found.length) return null;
    const exact = found.find((p) => p.x === x);
    if (exact) return exact;
    if (!isSorted) return null;
    const after = found.findIndex((p) => p.x > x);
    if (after <= 0) return null;
    const a = found[after - 1], b = found[after];
    if (b.k !== a.k + 1) return null;
    const px = at.x(x), py = a.py + ((px - a.px) / (b.px - a.px)) * (b.py - a.py);
    return { x, y: at.y.back(py), px, py };
  }

  /** The x of a sample nearest to a place on the screen: what is read is measured, not guessed between. */
  function nearestX(px) {
    let best = null, distance = Infinity;
    for (const { found } of at.curves) for (const p of found) {
      const d = Math.abs(p.px - px);
      if (d < distance && p.px >= -1 && p.px <= at.w + 1) { best = p.x; distance = d; }
    }
    return best;
  }

  function readingAt(x) {
    const payload = shown[0], rows = [];
    for (const curve of at.curves) {
      const v = curve.one.dots ? curve.found.find((p) => Math.abs(p.px - at.x(x)) < 1) : valueAt(curve, x);
      if (v) rows.push([curve, v]);
    }
    const name = ({ one }) => one.name || payload.y_label || "";
    return { rows, text: [`${payload.x_label || "x"} ${fmt(x)}`, ...rows.map(([c, v]) => `${name(c)} ${fmt(v.y)}`.trim())].join(", ") };
  }

  function showReading() {
    const x = read, px = x === null ? NaN : at.x(x);
    if (!(px >= -1 && px <= at.w + 1)) { cross.replaceChildren(); tip.hidden = true; return; }
    const { rows } = readingAt(x), payload = shown[0];
    cross.replaceChildren(s("path", { class: "v-upright", d: `M${px} 0V${at.h}` }),
      ...rows.filter(([, v]) => v.py >= -1 && v.py <= at.h + 1).map(([{ one }, v]) => s("circle", { class: "v-knob", "data-role": one.role, cx: v.px, cy: v.py, r: 4.4 })));
    tip.replaceChildren(h("b", {}, `${payload.x_label || "x"} ${fmt(x)}`),
      ...rows.map(([{ one, i }, v]) => h("span", { class: "v-value" }, s("svg", { width: 22, height: 12, viewBox: "-13 -7 26 14" }, swatch(one, i)), h("span", {}, one.name || payload.y_label), h("b", {}, fmt(v.y)))));
    tip.hidden = false;
    const room = stage.clientWidth, isRight = px > at.w / 2;
    tip.style.maxWidth = `${Math.max(120, (isRight ? at.left + px : room - at.left - px) - 14)}px`;
    tip.style.left = isRight ? "auto" : `${at.left + px + 12}px`;
    tip.style.right = isRight ? `${room - at.left - px + 12}px` : "auto";
    tip.style.top = `${at.top + 4}px`;
  }

  function hide() { read = null; if (at) showReading(); }

  // ---- touching

  const pxOf = (event) => Math.max(0, Math.min(at.w, event.clientX - svg.getBoundingClientRect().left - at.left));
  const short = (x) => (shown[0].log_x ? Number(x.toPrecision(3)) : roundTo(x, at.x1 - at.x0));

  function set(x) {
    const bounded = Math.max(at.x0, Math.min(at.x1, short(x)));
    ahead = { x: bounded, since: performance.now() };
    mark();
    context.set(shown[0].edits, bounded);
    setTimeout(settle, settled + 20);
  }

  /** Whether what Python has drawn replaces what was drawn ahead of it. */
  function settle() {
    if (!ahead || isHeld || !shown) return;
    const told = shown[0].marker === null ? null : atFrame(shown[0].marker, 0, shown[1]);
    const isSame = told !== null && at && Math.abs(at.x(told) - at.x(ahead.x)) < 0.5;
    const isOld = performance.now() - ahead.since > settled && host.closest(".vitral")?.dataset.state !== "running";
    if (!isSame && !isOld) return;
    ahead = null;
    if (at && at.curves) mark();
  }

  svg.addEventListener("pointerdown", (event) => {
    if (!at || event.button !== 0) return;
    if (isEditable()) {
      isHeld = true;
      svg.setPointerCapture(event.pointerId);
      hide();
      set(at.x.back(pxOf(event)));
    } else { read = nearestX(pxOf(event)); showReading(); }
  });
  svg.addEventListener("pointermove", (event) => {
    if (!at) return;
    if (isHeld) set(at.x.back(pxOf(event)));
    else if (event.pointerType !== "touch" || !isEditable()) { read = nearestX(pxOf(event)); showReading(); }
  });
  for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, () => { isHeld = false; setTimeout(settle, settled + 20); });
  svg.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") hide(); });
  stage.addEventListener("blur", hide);
  stage.addEventListener("keydown", (event) => {
    const ways = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
    if (event.key === "Escape") { hide(); return; }
    if (!at || !(event.key in ways) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const way = ways[event.key];
    if (isEditable()) {
      const mine = context.get(shown[0].edits), told = shown[0].marker === null ? null : atFrame(shown[0].marker, 0, shown[1]);
      const now = ahead ? ahead.x : told ?? (typeof mine === "number" ? mine : at.x.back(at.w / 2));
      const step = way * (at.w / 50) * (event.shiftKey ? 0.1 : 1);
      set(Number.isFinite(way) ? at.x.back(Math.max(0, Math.min(at.w, at.x(now) + step))) : way < 0 ? at.x0 : at.x1);
    } else {
      const all = [...new Set(at.curves.flatMap(({ found }) => found.map((p) => p.x)))].sort((a, b) => a - b);
      if (!all.length) return;
      const here = read === null ? (way > 0 ? -1 : all.length) : all.indexOf(read);
      read = all[Math.max(0, Math.min(all.length - 1, here + way))];
      showReading();
      spoken.textContent = readingAt(read).text;
    }
  });

  return { draw, destroy: watchWidth(stage, () => shown && draw(...shown)) };
};

const flat = (values) => (Array.isArray(values) ? values.flat(2) : [values]);

/** From where to where the numbers of a payload go: [x from, x to, y from, y to], with air above and below. */
function extents(payload) {
  const fits = (isLog) => (v) => typeof v === "number" && (!isLog || v > 0);
  const xs = payload.series.flatMap((one) => flat(one.x)).filter(fits(payload.log_x));
  const all = payload.series.flatMap((one) => [one.y, one.low, one.high].flatMap(flat)).concat(payload.level === null ? [] : [payload.level]);
  const ys = all.filter(fits(payload.log_y));
  let [x0, x1] = rangeOf(xs, payload.log_x);
  let [y0, y1] = rangeOf(ys, payload.log_y);
  if (payload.log_y) {
    const air = Math.max(0.04, 0.05 * Math.log10(y1 / y0));
    return [x0, x1, y0 / 10 ** air, y1 * 10 ** air];
  }
  const isFromZero = y0 >= 0 && y0 < 0.4 * y1, isToZero = y1 <= 0 && y1 > 0.4 * y0;
  const air = 0.06 * (y1 - y0);
  y0 = isFromZero ? 0 : y0 - air;
  y1 = isToZero ? 0 : y1 + air;
  return [x0, x1, y0, y1];
}

function rangeOf(values, isLog) {
  let low = Infinity, high = -Infinity;
  for (const v of values) { if (v < low) low = v; if (v > high) high = v; }
  if (low > high) return isLog ? [0.1, 1] : [0, 1];
  if (low < high) return [low, high];
  if (isLog) return [low / 2, high * 2];
  const half = Math.abs(low) / 4 || 0.5;
  return [low - half, high + half];
}

/** Round numbers along an axis; a logarithmic one of less than two powers of ten takes 1, 2, 5 or what is round. */
function chartTicks(low, high, about, isLog) {
  if (!isLog) {
    let found = ticksOf(low, high, about);
    for (let more = about + 1; found.length < 3 && more < about + 4; more += 1) found = ticksOf(low, high, more);
    return found;
  }
  const powers = ticksOf(low, high, about, true);
  if (powers.length >= 3) return powers;
  const found = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e += 1) {
    for (const m of [1, 2, 5]) { const t = Number((m * 10 ** e).toPrecision(3)); if (t >= low * 0.999 && t <= high * 1.001) found.push(t); }
  }
  return found.length >= 3 ? found : ticksOf(low, high, 3).filter((t) => t > 0);
}

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
/** The numbers at an axis; where powers of ten go far, all of them as 10⁻⁵. */
function tickTexts(ticks, isLog) {
  const powers = ticks.map((t) => (isLog ? Math.log10(t) : 0.5)), isPower = (e) => Math.abs(e - Math.round(e)) < 1e-9;
  if (!powers.every(isPower) || !powers.some((e) => e > 3.5 || e < -3.5)) return ticks.map((t) => fmt(t));
  return ticks.map((t, i) => (t === 1 || t === 10 ? fmt(t) : `10${String(Math.round(powers[i])).replace(/./g, (c) => RAISED[c])}`));
}

/** A line through places, broken where a sample is missing; a lonely one is a dot. */
function lineOf(found) {
  let d = "";
  found.forEach((p, n) => {
    const y = Math.max(-1e4, Math.min(1e4, p.py)).toFixed(1), isFirst = n === 0 || found[n - 1].k !== p.k - 1;
    d += `${isFirst ? "M" : "L"}${p.px.toFixed(1)} ${y}`;
    if (isFirst && (n === found.length - 1 || found[n + 1].k !== p.k + 1)) d += "h0";
  });
  return d;
}

/** Marks at places. */
function marksAt(found, shape, radius) {
  const d = markOf(shape, radius);
  return found.filter((p) => Math.abs(p.py) < 1e4).map((p) => s("path", { d, transform: `translate(${p.px.toFixed(1)} ${p.py.toFixed(1)})` }));
}

/** Heights as near as can be to `wanted`, at least `gap` apart, within [low, high]. */
function spread(wanted, gap, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]), found = [...wanted];
  let floor = low;
  for (const i of order) { found[i] = Math.max(found[i], floor); floor = found[i] + gap; }
  let ceiling = high;
  for (const i of order.reverse()) { found[i] = Math.min(found[i], ceiling); ceiling = found[i] - gap; }
  return found;
}
