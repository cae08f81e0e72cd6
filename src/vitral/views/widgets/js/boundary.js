// Data points in a plane, over what a model says of every place in it. Clicks add, move and remove points.

VIEWS.boundary = (host, context) => {
  const { words } = context;
  const settled = 300; // ms after an edit: what Python draws is then newer than what was drawn ahead of it
  let shown = null; // [payload, frame]
  let ahead = null; // { list, at }: the reader's list, drawn before Python has answered
  let items = []; // what stands in the plane: { x, y, label, key, index in the payload or -1 }
  let chosen = 0, grabbed = -1, field = null, shares = null, painted = null;

  const plane = makePlane(host, { words, redraw: () => shown && draw(...shown), hands: { hover, press, grab, drag } });
  const edgeHalo = s("path", { class: "v-edge v-halo" }), edge = s("path", { class: "v-edge" }), lines = s("g", {});
  plane.inside.append(edgeHalo, edge, lines);
  const dots = s("g", {}), arrows = s("g", {}), rings = s("path", { class: "v-ring" }), haloed = s("path", { class: "v-lit-halo" }), lit = s("path", { class: "v-lit-ring" });
  plane.above.append(dots, arrows, rings, haloed, lit);
  const legend = h("div", { class: "v-legend" }), edit = h("div", { class: "v-edit" });
  const full = h("p", { class: "v-note", "data-tone": "warning", hidden: true });
  host.append(legend, edit, full);

  const roleOf = (label) => (label < 3 ? `class${label}` : "abcd"[(label - 3) % 4]);
  const keyOf = (x, y, label) => `${Number(x).toPrecision(5)} ${Number(y).toPrecision(5)} ${label}`;
  const nameOf = (label) => shown[0].classes[label] ?? String(label);
  const radius = () => Math.max(3.2, Math.min(5.4, 0.1 * plane.w / Math.max(1, items.length) ** 0.4)); // smaller where it is crowded

  // ---- drawing

  function draw(payload, frame) {
    const isNew = !shown || shown[0] !== payload;
    shown = [payload, frame];
    const isLive = Boolean(payload.edits) && context.isLive;
    const isLaidOut = plane.layOut(payload, isLive);
    if (isNew) settle();
    full.hidden ||= hasRoom();
    if (isNew || isLaidOut) {
      place();
      write(isLive);
    }
    shade(payload, frame, isLaidOut);
    drawLines(payload, frame);
    ring(payload, frame);
  }

  function place() {
    const payload = shown[0];
    items = payload.points.map(([x, y], index) => {
      const label = Number(payload.labels[index] ?? 0);
      return { x, y, label, index, key: keyOf(x, y, label) };
    });
    if (ahead) {
      const known = new Map(items.map((item) => [item.key, item.index]));
      const fixed = items.filter((item) => !ahead.before.has(item.key));
      items = ahead.list.map(([x, y, label]) => ({ x, y, label, key: keyOf(x, y, label), index: known.get(keyOf(x, y, label)) ?? -1 })).concat(fixed);
    }
    const r = radius();
    while (dots.childNodes.length > items.length) dots.lastChild.remove();
    while (dots.childNodes.length < items.length) dots.append(s("path", { class: "v-dot" }));
    items.forEach((item, i) => {
      const dot = dots.childNodes[i], x = plane.x(item.x), y = plane.y(item.y), how = `${x} ${y} ${item.label} ${r}`;
      if (dot.how === how) return;
      dot.how = how;
      dot.setAttribute("d", markOf(item.label, r));
      dot.setAttribute("data-role", roleOf(item.label));
      dot.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      dot.style.display = plane.has(x, y) ? "" : "none";
    });
  }

  function shade(payload, frame, isForced) {
    const grid = payload.grid === null ? null : atFrame(payload.grid, 2, frame);
    const regions = payload.regions === null ? null : atFrame(payload.regions, 2, frame);
    const source = regions || grid;
    const colours = source && Array.from({ length: Math.max(2, payload.classes.length) }, (_, k) => plane.colour(`--v-${roleOf(k)}`));
    const how = `${colours}`;
    if (!isForced && painted && painted.source === source && painted.how === how) return;
    painted = { source, how };
    field = grid && fieldOf(grid);
    shares = regions && sharesOf(fieldOf(regions), colours.length);
    let d = "";
    if (!source) plane.canvas.width = plane.canvas.height = 0;
    else if (regions) {
      paintClasses(plane.canvas, shares, colours, plane.w, plane.h);
      for (let k = 0; k < shares.length; k += 1) d += outlineOf(levelSegments(leadOf(shares, k), 0, plane.w, plane.h));
    } else {
      const table = colourTable((t) => [colours[t < 0.5 ? 0 : 1], 0.06 * (t !== 0.5) + 0.4 * Math.abs(2 * t - 1) ** 0.9]);
      const isHard = field.values.every((v) => v === 0 || v === 1), drawn = isHard ? smoothed(field) : field;
      paintField(plane.canvas, isHard ? { ...drawn, values: drawn.values.map((v) => 0.5 + 8 * (v - 0.5)) } : drawn, table, plane.w, plane.h);
      if (!isHard || !payload.lines.length) d = outlineOf(levelSegments(drawn, 0.5, plane.w, plane.h));
    }
    edge.setAttribute("d", d);
    edgeHalo.setAttribute("d", d);
  }

  function drawLines(payload, frame) {
    for (const [group, name] of [[lines, null], [arrows, "v-arrow"]]) {
      while (group.childNodes.length > payload.lines.length) group.lastChild.remove();
      while (group.childNodes.length < payload.lines.length) group.append(s("g", { class: "v-wline" }, s("path", { class: "v-halo" }), s("path", { class: name })));
    }
    payload.lines.forEach((line, i) => {
      const outlines = outlineOfLine(atFrame(line.w, 1, frame), atFrame(line.b, 0, frame), plane);
      [lines, arrows].forEach((group, part) => {
        group.childNodes[i].setAttribute("data-role", line.role);
        for (const path of group.childNodes[i].childNodes) path.setAttribute("d", outlines[part]);
      });
      const dash = dashOf(payload.lines, i), stroke = lines.childNodes[i].lastChild;
      if (dash) stroke.setAttribute("stroke-dasharray", dash); else stroke.removeAttribute("stroke-dasharray");
    });
  }

  function ring(payload, frame) {
    const wrong = payload.wrong === null ? [] : atFrame(payload.wrong, 1, frame);
    const highlight = payload.highlight === null ? -1 : atFrame(payload.highlight, 0, frame);
    const r = radius();
    let ringed = "", litD = "";
    for (const item of items) {
      const x = plane.x(item.x), y = plane.y(item.y);
      if (item.index < 0 || !plane.has(x, y)) continue;
      const circle = (size) => `M${(x - size).toFixed(1)} ${y.toFixed(1)}a${size} ${size} 0 1 0 ${2 * size} 0a${size} ${size} 0 1 0 ${-2 * size} 0`;
      if (wrong[item.index]) ringed += circle(r + 3.4);
      if (item.index === highlight) litD = circle(r + 7) + [[1, 0], [-1, 0], [0, 1], [0, -1]].map(([a, b]) => `M${x + a * (r + 7)} ${y + b * (r + 7)}l${a * 5} ${b * 5}`).join("");
    }
    rings.setAttribute("d", ringed);
    lit.setAttribute("d", litD);
    haloed.setAttribute("d", litD);
  }

  function write(isLive) {
    const payload = shown[0];
    const labels = [...new Set([...payload.classes.keys(), ...items.map((item) => item.label)])].sort((a, b) => a - b);
    const mark = (label) => s("path", { class: "v-dot", "data-role": roleOf(label), d: markOf(label, 5.4) });
    const entries = isLive ? [] : labels.map((label) => legendEntry(nameOf(label), mark(label)));
    payload.lines.forEach((line, i) => {
      if (line.name) entries.push(legendEntry(line.name, s("path", { class: "v-swatch", "data-role": line.role, d: "M-12 0H12", "stroke-dasharray": dashOf(payload.lines, i) })));
    });
    if (payload.wrong !== null) entries.push(legendEntry(words.wrong_side, s("path", { class: "v-ring", d: markOf(0, 6) })));
    legend.replaceChildren(...entries);
    legend.hidden = !entries.length;
    edit.hidden = !isLive;
    const how = JSON.stringify(payload.classes);
    if (!isLive || edit.how === how) return;
    edit.how = how;
    chosen = Math.min(chosen, payload.classes.length - 1);
    const group = newId("class");
    edit.replaceChildren(
      h("fieldset", { class: "v-chooser" }, h("legend", {}, words.add), ...payload.classes.map((name, label) => {
        const id = newId("class"), input = h("input", { id, type: "radio", name: group, value: label, onchange: () => { chosen = label; } });
        input.checked = label === chosen;
        return h("span", {}, input, h("label", { for: id }, s("svg", { width: 16, height: 16, viewBox: "-8 -8 16 16", "aria-hidden": "true" }, mark(label)), name));
      })),
      h("button", { type: "button", onclick: () => change([], `${words.removed} 0`) }, words.clear),
      h("p", { class: "v-hint" }, matchMedia("(pointer: fine)").matches ? `${words.remove} ${words.move}` : words.remove),
    );
  }

  // ---- touching

  const hasRoom = () => context.hasRoom(shown[0].edits, [...listNow(), [0, 0, 0]]); // for one more point
  const listNow = () => (ahead ? ahead.list : context.get(shown[0].edits) || []);

  function change(list, text) {
    const before = ahead ? ahead.before : new Set(listNow().map(([x, y, label]) => keyOf(x, y, label)));
    for (const [x, y, label] of list) before.add(keyOf(x, y, label));
    ahead = { list, before, since: performance.now() };
    full.hidden ||= hasRoom();
    place();
    ring(...shown);
    plane.say(text);
    context.set(shown[0].edits, list);
  }

  /** Whether what Python has drawn replaces what was drawn ahead of it. */
  function settle() {
    if (!ahead) return;
    const wait = ahead.since + settled - performance.now(), payload = shown[0];
    const found = new Set(payload.points.map(([x, y], i) => keyOf(x, y, Number(payload.labels[i] ?? 0))));
    const wanted = new Set(ahead.list.map((point) => keyOf(...point)));
    const isSame = [...wanted].every((key) => found.has(key)) && ![...ahead.before].some((key) => found.has(key) && !wanted.has(key));
    if (isSame) ahead = null;
    else if (wait > 0) setTimeout(() => { if (shown) { settle(); place(); ring(...shown); } }, wait + 5);
    else if (host.closest(".vitral")?.dataset.state !== "running") ahead = null;
  }

  function nearest(point, reach, places) {
    let best = -1, distance = reach;
    places.forEach(([x, y], i) => {
      const d = Math.hypot(plane.x(x) - point.px, plane.y(y) - point.py);
      if (d <= distance) { best = i; distance = d; }
    });
    return best;
  }

  function press(point, reach) {
    const list = listNow(), at = nearest(point, reach, list);
    if (at >= 0) change(list.filter((_, i) => i !== at), `${words.removed} ${list.length - 1}`);
    else if (hasRoom()) change([...list, [point.x, point.y, chosen]], `${words.added} ${list.length + 1}`);
    else {
      full.textContent = words.full.replace("{n}", list.length);
      full.hidden = false;
      plane.say(full.textContent);
    }
  }

  function grab(point, reach) {
    grabbed = nearest(point, reach, listNow());
    return grabbed >= 0;
  }

  function drag(point) {
    const list = listNow();
    if (grabbed < list.length) change(list.map((p, i) => (i === grabbed ? [point.x, point.y, p[2]] : p)), "");
  }

  function hover(point, reach) {
    const payload = shown[0], parts = [`${payload.x_label} ${fmt(point.x)}   ${payload.y_label} ${fmt(point.y)}`];
    const at = nearest(point, reach, items.map((item) => [item.x, item.y]));
    if (at >= 0) return `${payload.x_label} ${fmt(items[at].x)}   ${payload.y_label} ${fmt(items[at].y)}   ● ${nameOf(items[at].label)}`;
    const u = point.px / plane.w, v = 1 - point.py / plane.h;
    if (shares) {
      const here = shares.map((share) => fieldAt(share, u, v));
      if (!here.some(Number.isNaN)) parts.push(nameOf(here.indexOf(Math.max(...here))));
    }
    if (field && !Number.isNaN(fieldAt(field, u, v))) parts.push(`${nameOf(1)}: ${fmt(Math.round(1000 * fieldAt(field, u, v)) / 10, 3)} %`);
    return parts.join("   ");
  }

  return { draw, destroy: plane.destroy };
};

/** The dashes of line i: neutral lines stand behind, dashed finely; the others take theirs in turn, the first none. */
function dashOf(lines, i) {
  return lines[i].role === "neutral" ? "4 4" : DASHES[lines.slice(0, i).filter((line) => line.role !== "neutral").length % 4];
}

/** For class numbers at the nodes: one field a class, of how much of the neighbourhood is of that class; NaN stays. */
function sharesOf(field, count) {
  return Array.from({ length: count }, (_, k) => {
    const share = smoothed({ ...field, values: field.values.map((v) => (v === k ? 1 : 0)) });
    return { ...share, values: share.values.map((v, i) => (Number.isNaN(field.values[i]) ? NaN : v)) };
  });
}

/** Paint each place in the colour of the class that has most of it; what is of none stays clear. */
function paintClasses(canvas, shares, colours, planeWidth, planeHeight) {
  const width = Math.min(240, Math.round(planeWidth)), height = Math.min(240, Math.round(planeHeight));
  const image = new ImageData(width, height), pixels = new Uint32Array(image.data.buffer);
  const inks = colours.map(([r, g, b]) => ((96 << 24) | (b << 16) | (g << 8) | r) >>> 0);
  const { rows, columns } = shares[0], fields = shares.map((share) => share.values);
  for (let j = 0, at = 0; j < height; j += 1) {
    const y = (1 - (j + 0.5) / height) * (rows - 1), r = Math.min(rows - 2, Math.floor(y)), q = y - r;
    for (let i = 0; i < width; i += 1, at += 1) {
      const x = ((i + 0.5) / width) * (columns - 1), c = Math.min(columns - 2, Math.floor(x)), p = x - c, k = r * columns + c;
      let best = -1, most = -1;
      for (let n = 0; n < fields.length; n += 1) {
        const f = fields[n];
        const share = (f[k] * (1 - p) + f[k + 1] * p) * (1 - q) + (f[k + columns] * (1 - p) + f[k + columns + 1] * p) * q;
        if (share > most) { best = n; most = share; }
      }
      if (best >= 0) pixels[at] = inks[best];
    }
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Where a class wins over the others: above 0 inside, below 0 outside. */
function leadOf(shares, k) {
  const values = Float64Array.from(shares[k].values);
  for (let i = 0; i < values.length; i += 1) {
    let most = 0;
    for (let j = 0; j < shares.length; j += 1) if (j !== k && shares[j].values[i] > most) most = shares[j].values[i];
    values[i] -= most;
  }
  return { ...shares[k], values };
}

/** The line w·x + b = 0 in the plane, and the arrow from its middle to its positive side; nothing for w = 0. */
function outlineOfLine(w, b, plane) {
  const [x0, x1, y0, y1] = plane.limits;
  if (!w || b === null || w.some((v) => v === null) || (w[0] === 0 && w[1] === 0)) return ["", ""];
  // In pixels: u·px + v·py + c = 0.
  const u = w[0] * (x1 - x0) / plane.w, v = -w[1] * (y1 - y0) / plane.h, c = w[0] * x0 + w[1] * y1 + b;
  const size = Math.hypot(u, v), n = [u / size, v / size], far = 2 * (plane.w + plane.h);
  const away = (u * plane.w / 2 + v * plane.h / 2 + c) / size; // of the middle of the plane
  const foot = [plane.w / 2 - away * n[0], plane.h / 2 - away * n[1]];
  if (!(Math.abs(away) < far)) return ["", ""];
  const part = clipSegment(foot[0] - far * n[1], foot[1] + far * n[0], foot[0] + far * n[1], foot[1] - far * n[0], plane.w, plane.h);
  if (!part) return ["", ""];
  const [ax, ay, bx, by] = part, mx = (ax + bx) / 2, my = (ay + by) / 2, long = 24, tip = [mx + long * n[0], my + long * n[1]];
  const wing = (side) => [tip[0] - 7 * n[0] + side * 4.5 * n[1], tip[1] - 7 * n[1] - side * 4.5 * n[0]];
  const f = (p) => `${p[0].toFixed(1)} ${p[1].toFixed(1)}`;
  return [`M${f([ax, ay])}L${f([bx, by])}`, `M${f([mx, my])}L${f(tip)}M${f(wing(1))}L${f(tip)}L${f(wing(-1))}`];
}
