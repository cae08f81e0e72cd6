// Drawings made of words and numbers: note, readout, table, steps.

VIEWS.note = (host) => {
  host.setAttribute("role", "status");
  return {
    draw(payload) {
      host.dataset.tone = payload.tone;
      if (host.textContent !== payload.text) host.textContent = payload.text; // said again only where it is new
    },
  };
};

VIEWS.readout = (host) => ({
  draw(payload, frame) {
    host.replaceChildren(h("dl", {}, ...payload.items.map(([name, value, role]) =>
      h("div", { class: Array.isArray(value) && atFrame(value, 0, frame) === null ? "v-not-yet" : null },
        h("dt", {}, name), h("dd", { class: role ? `v-ink-${role}` : null }, fmt(atFrame(value, 0, frame), payload.digits))))));
  },
});

VIEWS.table = (host) => {
  let name = "";
  // Where even the narrowest columns do not fit, the table scrolls, and its cells need not break into many lines.
  const settle = () => {
    host.classList.remove("v-scrolls");
    host.classList.toggle("v-scrolls", host.scrollWidth > host.clientWidth + 1);
    nameScroller(host, name);
  };

  function draw(payload, frame) {
    const lit = payload.lit === null ? -1 : atFrame(payload.lit, 0, frame);
    const rows = payload.grows && lit >= 0 ? payload.rows.slice(0, lit + 1) : payload.rows;
    const cell = (each) => {
      const value = atFrame(each, 0, frame), isNumber = [each].flat().some((v) => typeof v === "number");
      const kind = isNumber ? "v-n" : typeof value === "boolean" ? `v-yes-${value}` : kindOfText(String(value));
      return h("td", { class: kind }, fmt(value, payload.digits));
    };
    name = payload.alt || payload.title;
    host.classList.toggle("v-grows", payload.grows && payload.frames > 1);
    host.replaceChildren(h("table", {},
      payload.alt ? h("caption", { class: "v-unseen" }, payload.alt) : null,
      payload.columns.length ? h("thead", {}, h("tr", {}, ...payload.columns.map((c) => h("th", { scope: "col" }, c)))) : null,
      h("tbody", {}, ...rows.map((row, i) => h("tr", { class: [i === lit ? "v-lit" : "", payload.roles[i] ? `v-ink-${payload.roles[i]}` : ""].join(" ").trim() || null }, ...row.map(cell))))));
    const now = host.querySelector(".v-lit");
    if (now && payload.grows) host.scrollTop = host.scrollHeight;
    settle();
  }

  return { draw, destroy: watchWidth(host, settle) };
};

/** A few numbers stay on one line, as "−4.59 … 4.59"; a sentence gets a column that it can be read in. */
const kindOfText = (text) => (text.length > 28 ? "v-long" : text.length < 15 && /\d/.test(text) ? "v-whole" : null);

VIEWS.steps = (host) => {
  const list = h("ol", {}), spoken = h("div", { class: "v-unseen", "aria-live": "polite" }); // the newest line alone
  let name = "", before = null; // the number of the line before
  const settle = () => {
    host.scrollTop = host.scrollHeight;
    nameScroller(host, name);
  };
  host.append(list);
  host.after(spoken);
  const observer = new ResizeObserver(settle); // lines break anew with another width or font: the last one stays in sight
  observer.observe(list);
  return {
    draw(payload, frame) {
      const last = Math.min(frame, payload.lines.length - 1);
      const shown = payload.grows ? payload.lines.slice(0, last + 1) : payload.lines.slice(last, last + 1);
      list.replaceChildren(...shown.map((line, i) => h("li", { class: i === shown.length - 1 ? "v-lit" : null },
        ...line.map(([text, role]) => (role ? h("b", { class: `v-ink-${role}` }, text) : text)))));
      name = payload.alt || payload.title;
      settle();
      if (before !== null && before !== last) spoken.textContent = payload.lines[last].map(([text]) => text).join("");
      before = last;
    },
    destroy() { observer.disconnect(); },
  };
};
