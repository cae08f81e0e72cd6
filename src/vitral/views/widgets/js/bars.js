// A bar for each name, from zero to its value.

VIEWS.bars = (host) => {
  let shown = null, rows = [];
  const list = h("div", { class: "v-bar-rows", role: "img" });
  host.append(list);

  function draw(payload, frame) {
    const values = atFrame(payload.values, 1, frame);
    if (!shown || shown.names.join("\n") !== payload.names.join("\n") || rows.length !== values.length) build(payload, values);
    shown = payload;
    const [low, high] = payload.limits || limitsOf(payload.values), share = (v) => 100 * Math.max(0, Math.min(1, (v - low) / (high - low || 1)));
    const zero = share(0);
    values.forEach((value, i) => {
      const { row, bar, axis, number } = rows[i], role = payload.roles[i] || (value < 0 ? "negative" : "positive");
      const to = value === null ? zero : share(value);
      row.dataset.role = role;
      bar.style.left = `${Math.min(zero, to)}%`;
      bar.style.width = `${Math.abs(to - zero)}%`;
      bar.classList.toggle("v-below", value < 0);
      axis.style.left = `${zero}%`;
      number.textContent = fmt(value, payload.digits);
    });
    const told = values.map((value, i) => `${payload.names[i] ?? i}: ${fmt(value, payload.digits)}`).join("; ");
    list.setAttribute("aria-label", `${payload.alt || payload.title}${payload.alt || payload.title ? ". " : ""}${told}`);
  }

  function build(payload, values) {
    rows = values.map((_, i) => {
      const bar = h("span", { class: "v-bar" }), axis = h("span", { class: "v-bar-zero" }), number = h("span", { class: "v-bar-number" });
      return { bar, axis, number, row: h("div", { class: "v-bar-row" }, h("span", { class: "v-bar-name" }, payload.names[i] ?? ""), h("span", { class: "v-bar-track" }, bar, axis), number) };
    });
    list.replaceChildren(...rows.map(({ row }) => row));
  }

  /** From 0 to the largest value of all frames, and below 0 where there are such. */
  function limitsOf(values) {
    let low = 0, high = 0;
    for (const v of values.flat(2)) { low = Math.min(low, v); high = Math.max(high, v); }
    return low === high ? [0, 1] : [low, high];
  }

  return { draw };
};
