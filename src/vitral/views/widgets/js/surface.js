// A loss over two parameters, as level lines and shade, with the trajectories of what goes down it.

VIEWS.surface = (host, context) => {
  const { words } = context;
  let shown = null; // [payload, frame]
  let field = null, loss = null; // the loss, and what is shaded of it: itself or its logarithm
  let drawn = "", source = null, place = null; // where the reader has clicked, until Python has answered

  const plane = makePlane(host, { words, redraw: () => shown && draw(...shown), hands: { hover, press: go, grab: () => true, drag: go } });
  const levels = s("g", {}), paths = s("g", {}), ends = s("g", {}), mark = s("path", { class: "v-place" });
  plane.inside.append(levels, paths);
  plane.above.append(ends, mark);
  const legend = h("div", { class: "v-legend" }), hint = h("p", { class: "v-hint" }, words.pick);
  host.append(legend, hint);

  function draw(payload, frame) {
    const isNew = !shown || shown[0] !== payload, isLive = Boolean(payload.edits) && context.isLive;
    shown = [payload, frame];
    if (isNew) place = null;
    const isLaidOut = plane.layOut(payload, isLive);
    if (isNew || isLaidOut) {
      shade(payload, isLaidOut);
      write(payload, isLive);
    }
    drawPaths(payload, frame);
    drawPlace();
  }

  function shade(payload, isForced) {
    const ink = plane.colour("--v-positive"), how = `${ink} ${payload.log}`;
    const isSame = source && (source === payload.grid || JSON.stringify(source) === JSON.stringify(payload.grid));
    source = payload.grid;
    if (!isForced && isSame && drawn === how) return;
    drawn = how;
    const nodes = fieldOf(payload.grid);
    loss = refined(nodes, Math.min(4, Math.ceil(120 / Math.max(1, nodes.columns))));
    const known = loss.values.filter((v) => v === v), least = known.reduce((a, b) => Math.min(a, b), Infinity), most = known.reduce((a, b) => Math.max(a, b), -Infinity);
    // Logarithms start at the least that has one, and span eight powers of ten at most: below is rounding.
    const floor = Math.max(nodes.values.reduce((a, b) => (b > 0 && b < a ? b : a), Infinity), most * 1e-8);
    const isLog = payload.log && floor < Infinity;
    const toShade = isLog ? (v) => Math.log10(Math.max(v, floor)) : (v) => v;
    field = { ...loss, values: loss.values.map(toShade) };
    levels.replaceChildren();
    if (!known.length || most <= least) { plane.canvas.width = plane.canvas.height = 0; return; }
    const low = toShade(least), span = toShade(most) - low;
    const table = colourTable((t) => [ink, 0.02 + 0.5 * t ** 0.85]);
    paintField(plane.canvas, { ...field, values: field.values.map((v) => (v - low) / span) }, table, plane.w, plane.h);
    // Levels lie a hair higher: a plateau of just that value is below its level, not half of it by rounding.
    // A level that only a few nodes lie below would show the grid, not the loss.
    const isResolved = (level) => nodes.values.reduce((count, v) => count + (v < level), 0) >= 8;
    drawLevels((isLog ? logLevels(floor, most) : ticksOf(least, most, 13)).filter(isResolved), (v) => toShade(v) + 1e-7 * span, low);
  }

  function drawLevels(values, toShade, low) {
    const { rows, columns, values: shades } = field;
    let deepest = 0;
    shades.forEach((v, i) => { if (v < shades[deepest] || shades[deepest] !== shades[deepest]) deepest = i; });
    const bottom = [(deepest % columns) / (columns - 1) * plane.w, (1 - Math.floor(deepest / columns) / (rows - 1)) * plane.h];
    // Numbers stand where the levels cross the ray from the deepest place to the farthest corner, a little aside of it.
    const corner = [bottom[0] < plane.w / 2 ? plane.w : 0, bottom[1] < plane.h / 2 ? plane.h * 0.86 : plane.h * 0.14];
    const away = [corner[0] - bottom[0], corner[1] - bottom[1]], size = Math.hypot(...away), way = away.map((v) => v / size);
    const names = [], lines = [];
    for (const value of values) {
      if (toShade(value) <= low) continue;
      const segments = levelSegments(field, toShade(value), plane.w, plane.h);
      if (!segments.length) continue;
      lines.push(s("path", { class: "v-level", d: outlineOf(segments) }));
      let best = null, off = 9;
      for (let i = 0; i < segments.length; i += 4) {
        const x = (segments[i] + segments[i + 2]) / 2, y = (segments[i + 1] + segments[i + 3]) / 2, along = (x - bottom[0]) * way[0] + (y - bottom[1]) * way[1];
        const aside = Math.abs((x - bottom[0]) * way[1] - (y - bottom[1]) * way[0]);
        if (along > 14 && aside < off && x > 18 && x < plane.w - 18 && y > 12 && y < plane.h - 12) { best = [x, y, i]; off = aside; }
      }
      if (!best || names.some((name) => Math.hypot(name.at[0] - best[0], name.at[1] - best[1]) < 40)) continue;
      const [x, y, i] = best, turn = Math.atan2(segments[i + 3] - segments[i + 1], segments[i + 2] - segments[i]) * 180 / Math.PI;
      const upright = turn > 90 ? turn - 180 : turn < -90 ? turn + 180 : turn;
      const name = s("text", { class: "v-level-name", "text-anchor": "middle", dy: 3.5, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${upright.toFixed(1)})` }, fmt(value, 3));
      name.at = best;
      names.push(name);
    }
    levels.replaceChildren(...lines, ...names);
  }

  function drawPaths(payload, frame) {
    while (paths.childNodes.length > payload.paths.length) { paths.lastChild.remove(); ends.lastChild.remove(); }
    while (paths.childNodes.length < payload.paths.length) {
      paths.append(s("g", { class: "v-path" }, s("path", { class: "v-halo" }), s("path", { class: "v-trail" }), s("path", { class: "v-marks" })));
      ends.append(s("g", { class: "v-path" }, s("path", { class: "v-start" }), s("path", { class: "v-halo" }), s("path", { class: "v-lost" }), s("path", { class: "v-end" })));
    }
    const reached = []; // where the paths end so far: those that end together are drawn as rings, the first the widest
    payload.paths.forEach((path, i) => {
      const [trail, ending] = [paths.childNodes[i], ends.childNodes[i]];
      for (const group of [trail, ending]) group.setAttribute("data-role", path.role);
      const lostAt = path.points.findIndex((p) => !p || p[0] === null || p[1] === null);
      const finite = lostAt < 0 ? path.points.length : lostAt, count = payload.frames ? Math.min(finite, frame + 1) : finite;
      const isLost = lostAt >= 0 && (!payload.frames || frame >= lostAt);
      const places = path.points.slice(0, count).map(([x, y]) => [plane.x(x), plane.y(y)]);
      let d = "";
      for (let k = 1; k < places.length; k += 1) {
        const part = clipSegment(...places[k - 1], ...places[k], plane.w, plane.h, 60);
        if (part) d += `${d.endsWith(end(part, 0)) ? "" : `M${end(part, 0)}`}L${end(part, 2)}`;
      }
      const every = Math.ceil(finite / 60);
      const marks = places.filter(([x, y], k) => k > 0 && k % every === 0 && k < places.length - 1 && plane.has(x, y));
      const [halo, line, dots] = trail.childNodes, [start, lostHalo, lost, last] = ending.childNodes;
      halo.setAttribute("d", d);
      line.setAttribute("d", d);
      if (DASHES[i % 4]) line.setAttribute("stroke-dasharray", DASHES[i % 4]);
      dots.setAttribute("d", marks.map((p) => moved(markOf(i, 2.6), p)).join(""));
      const at = places[places.length - 1], isSeen = at && plane.has(...at);
      start.setAttribute("d", places.length && plane.has(...places[0]) ? moved(markOf(i, 5), places[0]) : "");
      const x = isLost && isSeen ? `M${at[0] - 6} ${at[1] - 6}l12 12m0 -12l-12 12` : "";
      lost.setAttribute("d", x);
      lostHalo.setAttribute("d", x);
      const isEnd = isSeen && !isLost && places.length > 1;
      last.setAttribute("d", "");
      if (isEnd) reached.push({ i, at, last });
    });
    reached.forEach(({ i, at, last }, k) => {
      const above = reached.slice(k + 1).filter((other) => Math.hypot(other.at[0] - at[0], other.at[1] - at[1]) < 7).length;
      last.setAttribute("d", moved(markOf(i, 6 + 3.4 * above), at));
    });
  }

  function drawPlace() {
    mark.setAttribute("d", place ? moved(markOf(0, 8), [plane.x(place.x), plane.y(place.y)]) : "");
  }

  function write(payload, isLive) {
    legend.replaceChildren(...payload.paths.map((path, i) => path.name && legendEntry(path.name,
      s("g", { class: "v-path", "data-role": path.role }, s("path", { class: "v-trail", d: "M-13 0H13", "stroke-dasharray": DASHES[i % 4] }), s("path", { class: "v-end", d: markOf(i, 4.6) })))).filter(Boolean));
    legend.hidden = !legend.childNodes.length;
    hint.hidden = !isLive;
  }

  function go(point) {
    place = point;
    drawPlace();
    plane.say(hover(point));
    context.set(shown[0].edits, [point.x, point.y]);
  }

  function hover(point) {
    const payload = shown[0], u = point.px / plane.w, v = 1 - point.py / plane.h, value = fieldAt(loss, u, v);
    return `${payload.x_label} ${fmt(point.x)}   ${payload.y_label} ${fmt(point.y)}   ${words.loss} ${fmt(value === value ? value : null, 4)}`;
  }

  const end = (part, k) => `${part[k].toFixed(1)} ${part[k + 1].toFixed(1)}`;
  return { draw, destroy: plane.destroy };
};

/** An outline around (0, 0), moved to a place. Its first command is the only one with absolute numbers, or all are. */
function moved(outline, [x, y]) {
  return outline.replace(/([MLH])(-?[\d.e-]+)(?: (-?[\d.e-]+))?/g, (_, letter, a, b) =>
    (b === undefined ? `${letter}${(Number(a) + x).toFixed(1)}` : `${letter}${(Number(a) + x).toFixed(1)} ${(Number(b) + y).toFixed(1)}`));
}

/** Levels 1, 2, 5 of each power of ten, or powers alone where there are many; closer ones within a single power. */
function logLevels(low, high) {
  const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high)), decades = Math.log10(high / low);
  if (decades < 1) return ticksOf(low, high, 12);
  const found = [], every = Math.max(1, Math.ceil(decades / 14)), parts = decades <= 4.5 ? [1, 2, 5] : decades <= 7 ? [1, 3] : [1];
  for (let e = first; e <= last; e += every) for (const m of parts) found.push(Number((m * 10 ** e).toPrecision(3)));
  return found.filter((v) => v > low && v < high);
}
