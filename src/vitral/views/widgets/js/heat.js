// A matrix as coloured cells: a table with numbers while they can be read, a picture beyond.

VIEWS.heat = (host) => {
  const mostNumbers = 12;
  let known = null; // the payload that the host was built for
  let cells = [], canvas = null, tip = null, scroller = null, size = 1, write = fmt;
  const settle = () => { if (scroller) nameScroller(scroller, known.alt || known.title); };

  function draw(payload, frame) {
    const values = atFrame(payload.values, 2, frame);
    if (known !== payload) build(payload, values);
    known = payload;
    if (canvas) paint(values);
    else values.forEach((row, r) => row.forEach((value, c) => fill(cells[r][c], value)));
    settle();
  }

  function build(payload, values) {
    const rows = values.length, columns = rows ? values[0].length : 0;
    const all = payload.values.flat(2).filter((v) => v !== null);
    size = all.reduce((most, v) => Math.max(most, Math.abs(v)), 0) || 1; // one scale for all frames
    write = writer(all, payload.digits);
    const isTable = rows <= mostNumbers && columns <= mostNumbers;
    cells = [];
    canvas = scroller = null;
    if (!isTable) { picture(payload, rows, columns); return; }
    host.removeAttribute("role");
    const hasRows = payload.rows.length > 0, body = values.map((row, r) => {
      cells.push(row.map(() => h("td", {})));
      return h("tr", {}, hasRows ? h("th", { scope: "row" }, payload.rows[r] ?? "") : null, ...cells[r]);
    });
    scroller = h("div", { class: "v-scroll" }, h("table", { class: columns > 7 ? "v-small" : null },
      h("caption", { class: "v-unseen" }, payload.alt || payload.title),
      payload.columns.length ? h("thead", {}, h("tr", {}, hasRows ? h("td", { class: "v-corner" }) : null, ...payload.columns.map((name) => h("th", { scope: "col" }, name)))) : null,
      h("tbody", {}, ...body)));
    host.replaceChildren(scroller);
  }

  /** One number of decimals for the whole matrix, so that its columns line up: `digits` after the largest one's first. */
  function writer(all, digits) {
    const decimals = Math.max(0, digits - Math.floor(Math.log10(size)));
    if (decimals > 6 || size >= 1e6 || all.every(Number.isInteger)) return (value) => fmt(value, digits + 1);
    return (value) => (value === null ? fmt(null) : value.toFixed(decimals).replace(/^-(0\.?0*)$/, "$1").replace("-", "−"));
  }

  function fill(cell, value) {
    if (cell.value === value) return;
    cell.value = value;
    cell.textContent = write(value);
    const share = value === null ? 0 : Math.round(58 * Math.abs(value) / size);
    cell.style.background = share ? `color-mix(in srgb, var(--v-${value > 0 ? "positive" : "negative"}) ${share}%, transparent)` : "";
  }

  function picture(payload, rows, columns) {
    canvas = h("canvas", { role: "img", "aria-label": payload.alt || payload.title, width: columns, height: rows });
    canvas.style.aspectRatio = `${columns} / ${rows}`;
    tip = h("div", { class: "v-tip", hidden: true, "aria-hidden": "true" });
    const stage = h("div", { class: "v-pixels" }, canvas, tip);
    stage.addEventListener("pointermove", (event) => {
      const box = canvas.getBoundingClientRect(), c = Math.floor((event.clientX - box.left) / box.width * columns), r = Math.floor((event.clientY - box.top) / box.height * rows);
      tip.hidden = r < 0 || c < 0 || r >= rows || c >= columns;
      if (tip.hidden) return;
      tip.textContent = `${payload.rows[r] ?? r}, ${payload.columns[c] ?? c}:  ${write(canvas.values[r][c])}`;
      tip.style.left = `${Math.min(event.clientX - box.left + 12, box.width - 70)}px`;
      tip.style.top = `${event.clientY - box.top - 30}px`;
    });
    stage.addEventListener("pointerleave", () => { tip.hidden = true; });
    host.replaceChildren(stage);
  }

  function paint(values) {
    if (canvas.values === values) return;
    canvas.values = values;
    const probe = (name) => { tip.style.setProperty("--v-probe", `var(--v-${name})`); return rgbOf(getComputedStyle(tip).outlineColor); };
    const above = probe("positive"), below = probe("negative"), rows = values.length, columns = values[0].length;
    const image = new ImageData(columns, rows);
    values.forEach((row, r) => row.forEach((value, c) => image.data.set([...(value > 0 ? above : below), value === null ? 0 : Math.round(255 * Math.abs(value) / size)], 4 * (r * columns + c))));
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  return { draw, destroy: watchWidth(host, settle) };
};
