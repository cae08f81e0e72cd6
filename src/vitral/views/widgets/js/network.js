// Units and connections. Width of a line is the size of its weight, colour and dash its sign; a touch edits it.

const MOST_LABELS = 12; // weights whose numbers stand on their lines

VIEWS.network = (host, context) => {
  const { words } = context;
  const settled = 400; // ms after an edit: what Python draws then is newer than what was drawn ahead of it
  let shown = null, known = ""; // [payload, frame]; what the elements were made for
  let plan = null; // where everything is: { sizes, units: [[{ x, y }]], links: [item], items: [item], r }
  let values = null; // { weights, biases, activations } of the frame
  let pointed = null, current = null; // the item under the pointer; the one that Tab comes back to
  let editing = null; // { item, before, element }
  let waiting = null; // the timer of what was drawn ahead
  const ahead = new Map(); // key of an item → { value, since }: drawn before Python has answered

  const svg = s("svg", { class: "v-net", role: "group" });
  const tip = h("div", { class: "v-tip", hidden: true, "aria-hidden": "true" });
  const inner = h("div", { class: "v-net-inner" }, svg, tip);
  const stage = h("div", { class: "v-net-stage v-scroll" }, inner);
  const legend = h("div", { class: "v-legend" });
  const kept = h("span", { class: "v-hint v-net-kept", role: "status" }); // what was typed last was no number
  host.append(stage, legend);

  // ---- drawing

  function draw(payload, frame) {
    const isNew = !shown || shown[0] !== payload;
    shown = [payload, frame];
    if (isNew) settle();
    values = {
      weights: payload.weights.map((w) => atFrame(w, 2, frame)),
      biases: payload.biases.map((b) => atFrame(b, 1, frame)),
      activations: payload.activations.map((a) => atFrame(a, 1, frame)),
    };
    const { weights } = values;
    const visible = weights.length ? [weights[0].length, ...weights.map((w) => w[0].length)] : payload.sizes;
    const edits = context.isLive ? [payload.edits_weights, payload.edits_biases, payload.edits_inputs] : ["", "", ""];
    const width = Math.round(stage.clientWidth || 420);
    const key = JSON.stringify([width, visible, payload.sizes, payload.gradients, payload.names, payload.units, values.biases.map(Boolean), values.activations.length, edits]);
    if (key !== known) {
      known = key;
      build(payload, visible, width, edits);
    }
    update(isNew);
  }

  /** Place units and connections, and make an element for each. */
  function build(payload, visible, width, edits) {
    closeEdit(false);
    const { sizes } = payload, slots = visible.map((n, l) => (n < sizes[l] ? n + 1 : n)), most = Math.max(...slots);
    const nLinks = visible.slice(1).reduce((sum, n, l) => sum + n * visible[l], 0);
    const isLabelled = nLinks <= MOST_LABELS, last = sizes.length - 1;
    const hasBiases = values.biases.length > 0 && most <= 8, hasValues = values.activations.length > 0;
    const r = Math.min(most <= 4 ? 22 : most <= 6 ? 19 : most <= 9 ? 16 : 12.5, width < 420 ? 18 : 99);
    const unitName = (l, i) => (payload.units[l] || [])[i] || "";
    const isInside = !hasValues && payload.units.flat().every((name) => name.length <= 3);
    const sideways = (l) => (isInside ? 0 : 7 * Math.max(0, ...visible.slice(l, l + 1).flatMap((n) => Array.from({ length: n }, (_, i) => unitName(l, i).length))));
    const namesAbove = !isInside && sizes.slice(1, -1).some((_, l) => sideways(l + 1) > 0);
    const left = Math.max(r + 6, sideways(0) ? sideways(0) + r + 10 : 0, 24), right = Math.max(r + 6, sideways(last) ? sideways(last) + r + 12 : 0, hasBiases ? 36 : 24);
    const least = 2 * r + (isLabelled ? 62 : hasBiases ? 30 : 26);
    const step = last ? Math.min(Math.max((width - left - right) / last, least), 230) : 0;
    const total = Math.max(width, Math.round(left + last * step + right));
    const shift = Math.max(0, (width - (left + last * step + right)) / 2);
    const roomy = isLabelled && most <= 3 ? 96 : isLabelled ? 76 : 0;
    const gap = Math.max(2 * r + (most > 9 ? 7 : 12) + (hasBiases ? 15 : 0) + (namesAbove ? 13 : 0), roomy);
    const lines = payload.names.map((name) => wrap(name, Math.max(6, (step || 200) / 7.8)));
    const head = lines.length ? 8 + 15 * Math.max(...lines.map((l) => l.length)) : 4;
    const top = head + (namesAbove ? 14 : 4) + r, height = top + (most - 1) * gap + r + (hasBiases ? 24 : 6);
    const middle = top + ((most - 1) * gap) / 2;
    const places = slots.map((n, l) => Array.from({ length: n }, (_, i) => ({ x: shift + left + l * step, y: middle + (i - (n - 1) / 2) * gap })));

    plan = { sizes, visible, places, r, items: [], links: [], units: [], hasBiases, hasValues, isInside, isLabelled, height, width: total };
    const under = s("g", {}), over = s("g", {}), texts = s("g", { class: "v-net-numbers", "aria-hidden": "true" });
    for (let l = 0; l < last; l += 1) for (let i = 0; i < visible[l]; i += 1) for (let j = 0; j < visible[l + 1]; j += 1) {
      const a = places[l][i], b = places[l + 1][j], long = Math.hypot(b.x - a.x, b.y - a.y) || 1;
      const ends = [a.x + ((b.x - a.x) * r) / long, a.y + ((b.y - a.y) * r) / long, b.x - ((b.x - a.x) * r) / long, b.y - ((b.y - a.y) * r) / long];
      const d = `M${ends.map((v) => v.toFixed(1)).join(" ")}`.replace(/^(M\S+ \S+) /, "$1L");
      const glow = s("path", { class: "v-glow", d }), line = s("path", { class: "v-link", d });
      const element = s("g", { class: "v-net-link", tabindex: "-1" }, glow, line);
      const item = { kind: "weight", l, i, j, key: `w ${l} ${i} ${j}`, element, line, ends, x: (ends[0] + ends[2]) / 2, y: (ends[1] + ends[3]) / 2, edits: edits[0] };
      plan.links.push(item);
    }
    const below = hasBiases ? places.flatMap((own, l) => (l > 0 && values.biases[l - 1] ? own.map(({ x, y }) => ({ x, y: y + r + 12 })) : [])) : [];
    if (isLabelled) placeLabels(plan.links, places.flat(), below, r);
    for (const item of plan.links) if (isLabelled) {
      item.text = chip(item.x, item.y, Boolean(edits[0]));
      texts.append(item.text);
    }
    sizes.forEach((n, l) => {
      const own = [];
      for (let i = 0; i < visible[l]; i += 1) {
        const { x, y } = places[l][i], name = unitName(l, i);
        const body = l === 0 ? s("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r, rx: r * 0.32, class: "v-body" }) : s("circle", { cx: x, cy: y, r, class: "v-body" });
        const text = s("text", { x, y: y + 4, "text-anchor": "middle", class: "v-inside" }, isInside ? name : "");
        const item = { kind: "unit", l, i, key: `u ${l} ${i}`, body, text, x, y, edits: l === 0 ? edits[2] : edits[1] };
        const parts = [body, text];
        if (name && !isInside) {
          const where = l === 0 ? { x: x - r - 7, y: y + 4.5, "text-anchor": "end" } : l === last ? { x: x + r + 7, y: y + 4.5 } : { x, y: y - r - 5, "text-anchor": "middle" };
          parts.push(s("text", { ...where, class: "v-unit-name" }, name));
        }
        if (hasBiases && l > 0 && values.biases[l - 1]) {
          item.bias = chip(x, y + r + 12, Boolean(edits[1]));
          item.bias.classList.add("v-bias");
          parts.push(item.bias);
        }
        item.element = s("g", { class: l === 0 && edits[2] ? "v-unit v-touchable" : "v-unit", tabindex: "-1" }, ...parts);
        own.push(item);
        over.append(item.element);
      }
      plan.units.push(own);
      if (n > visible[l]) {
        const { x, y } = places[l].at(-1);
        over.append(s("text", { x, y: y + 2, "text-anchor": "middle", class: "v-more" }, "⋮"), s("text", { x, y: y + 18, "text-anchor": "middle", class: "v-more-number" }, `… ${n}`));
      }
    });
    const headAt = (l, part) => Math.max(3.9 * part.length, Math.min(total - 3.9 * part.length, places[l][0].x)); // whole, at the edges too
    const heads = lines.map((parts, l) => (places[l] ? s("text", { class: "v-layer-name", "text-anchor": "middle" },
      ...parts.map((part, k) => s("tspan", { x: headAt(l, part), y: head - 8 - 15 * (parts.length - 1 - k) }, part))) : ""));
    plan.items = [...plan.units.flat(), ...plan.links];
    under.append(...plan.links.map((item) => item.element));
    svg.replaceChildren(s("g", {}, ...heads), under, texts, over);
    for (const item of plan.items) wire(item);
    current = plan.items.find((item) => item.key === current?.key) || plan.units[0][0];
    current.element.setAttribute("tabindex", "0");
    pointed = null;
    svg.setAttribute("width", total);
    svg.setAttribute("height", Math.ceil(height + (sizes.some((n, l) => n > visible[l] && slots[l] === most) ? 16 : 0)));
    const kind = payload.gradients ? "gradient" : "weight";
    const sign = (role, dash) => s("path", { class: "v-swatch", "data-role": role, d: "M-12 0H12", "stroke-dasharray": dash });
    legend.replaceChildren(
      ...(last ? [legendEntry(words[`${kind}_positive`], sign("positive", null)), legendEntry(words[`${kind}_negative`], sign("negative", "6 4"))] : []),
      edits.some(Boolean) ? h("span", { class: "v-hint" }, edits[0] || edits[1] ? words.edit_hint : words.edit_hint_inputs) : "",
      kept,
    );
  }

  /** Show the frame's numbers on the elements that are there. */
  function update(isNew) {
    const [payload, frame] = shown;
    const largest = isNew || !plan.largest ? (plan.largest = largestOf(payload)) : plan.largest;
    const lit = payload.lit === null ? [] : payload.lit[Math.max(0, Math.min(frame, payload.lit.length - 1))] || [];
    const isLit = new Set(lit.map(([kind, ...where]) => `${kind === "weight" ? "w" : kind === "bias" ? "b" : "u"} ${where.join(" ")}`));
    const dense = plan.links.length > 120;
    for (const item of plan.links) {
      const w = valueOf(item), share = w === null ? 0 : Math.min(1, Math.abs(w) / largest), size = 0.7 + (dense ? 3.2 : 5) * share;
      item.element.dataset.role = w < 0 ? "negative" : "positive";
      item.line.style.strokeWidth = `${size.toFixed(2)}px`;
      item.line.style.strokeOpacity = (dense ? 0.18 + 0.7 * share : 0.35 + 0.55 * share).toFixed(3);
      item.line.style.strokeDasharray = w < 0 ? `${(5 + size).toFixed(1)} ${(3 + 0.6 * size).toFixed(1)}` : "none";
      if (item.text) write(item.text, w === null && payload.gradients ? "" : brief(w, 4.4), w); // not known yet
    }
    for (const item of plan.units.flat()) {
      const v = valueOf(item), reach = plan.largestOfLayer?.[item.l] ?? 1;
      const share = v === null ? 0 : Math.min(1, Math.abs(v) / reach);
      item.body.style.fill = v === null ? "" : `color-mix(in srgb, var(${v < 0 ? "--v-negative" : "--v-positive"}) ${Math.round(6 + 46 * share)}%, var(--v-paper))`;
      if (plan.hasValues) {
        const size = plan.r > 20 ? 13 : plan.r > 17 ? 10.6 : plan.r > 14 ? 9.6 : 8.6;
        item.text.style.fontSize = `${size}px`;
        item.text.textContent = v === null ? "" : brief(v, (2 * plan.r - 4) / size);
      }
      if (item.bias) {
        const b = biasOf(item);
        write(item.bias, b === null ? "" : `${payload.gradients ? "∂b" : "b"} ${brief(b, plan.isLabelled ? 4.4 : 3)}`, b);
        item.bias.classList.toggle("v-lit", isLit.has(`b ${item.l - 1} ${item.i}`) || isLit.has(`b ${item.l} ${item.i}`));
      }
    }
    for (const item of plan.items) {
      const on = isLit.has(item.key);
      item.element.classList.toggle("v-lit", on);
      if (item.text && item.kind === "weight") item.text.classList.toggle("v-lit", on);
      item.element.setAttribute("aria-label", sayOf(item));
    }
    svg.classList.toggle("v-has-lit", isLit.size > 0);
    const text = payload.alt || [payload.title, `${words.network} ${plan.sizes.join("–")}`].filter(Boolean).join(". ");
    if (svg.getAttribute("aria-label") !== text) svg.setAttribute("aria-label", text);
    emphasise();
    showTip();
  }

  /** The largest weight of all frames, so that widths tell the same in each; likewise of each layer's activations. */
  function largestOf(payload) {
    const most = (list) => list.flat(Infinity).reduce((m, v) => (v === null ? m : Math.max(m, Math.abs(v))), 0);
    plan.largestOfLayer = payload.activations.map((a) => Math.max(1, most(flatten(a))));
    return Math.max(1e-9, most(payload.weights.map(flatten)));
  }
  const flatten = (list) => (Array.isArray(list) ? list.flat(4) : []);

  /** A number on its own ground, so that no line runs through it; with a border where it can be edited. */
  function chip(x, y, isEditable) {
    return s("g", { class: isEditable ? "v-chip v-editable" : "v-chip", transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` },
      s("rect", { y: -8.5, height: 17, rx: 5 }), s("text", { y: 4, "text-anchor": "middle" }));
  }

  function write(group, text, value) {
    const wide = 12 * widthOf(text) + 8;
    group.style.display = text ? "" : "none";
    group.lastChild.textContent = text;
    group.firstChild.setAttribute("x", -wide / 2);
    group.firstChild.setAttribute("width", wide);
    group.dataset.role = value < 0 ? "negative" : "positive";
  }

  // ---- what the items say

  const told = (item) => {
    if (item.kind === "weight") return values.weights[item.l][item.i]?.[item.j] ?? null;
    return (values.activations[item.l] || [])[item.i] ?? null;
  };
  const valueOf = (item) => (item.kind === "unit" && item.l > 0 ? told(item) : ahead.get(item.key)?.value ?? told(item));
  const biasOf = (item) => (item.l > 0 ? ahead.get(item.key)?.value ?? (values.biases[item.l - 1] || [])[item.i] ?? null : null);
  const nameOf = (l, i) => {
    const given = (shown[0].units[l] || [])[i];
    return given || `${l === 0 ? words.input : words.unit} ${i + 1}`;
  };

  function factsOf(item) {
    const isGradient = shown[0].gradients;
    if (item.kind === "weight") return [[`${isGradient ? "∂L/∂w" : words.weight} ${nameOf(item.l, item.i)} → ${nameOf(item.l + 1, item.j)}`, valueOf(item)]];
    const facts = [], v = valueOf(item), b = biasOf(item);
    if (v !== null) facts.push([item.l === 0 ? words.value : isGradient ? "δ" : words.activation, v]);
    if (b !== null) facts.push([isGradient ? "∂L/∂b" : words.bias, b]);
    return facts;
  }

  function sayOf(item) {
    const facts = factsOf(item).map(([name, v]) => `${name}: ${fmt(v, 6)}`).join(", ");
    return item.kind === "weight" ? facts : [nameOf(item.l, item.i), facts].filter(Boolean).join(", ");
  }

  function showTip() {
    const item = pointed || (current && current.element.matches(":focus") ? current : null);
    tip.hidden = !item || editing !== null;
    if (tip.hidden) return;
    tip.replaceChildren(...(item.kind === "unit" ? [h("b", {}, nameOf(item.l, item.i))] : []),
      ...factsOf(item).map(([name, v]) => h("span", { class: "v-value" }, h("span", {}, name), h("b", {}, fmt(v, 6)))));
    tip.classList.add("v-values");
    put(tip, item.x, item.y, item.kind === "unit" ? plan.r + 10 : 16);
  }

  /** Put a box above a place, or below where there is no room, within the drawing. */
  function put(box, x, y, away) {
    const w = box.offsetWidth, tall = box.offsetHeight;
    const from = stage.scrollLeft, to = from + stage.clientWidth;
    box.style.left = `${Math.max(from, Math.min(to - w, x - w / 2))}px`;
    box.style.top = `${y - away - tall >= 0 ? y - away - tall : y + away}px`;
  }

  function emphasise() {
    const item = pointed || (current && current.element.matches(":focus-visible") ? current : null);
    svg.classList.toggle("v-has-hover", Boolean(item));
    for (const other of plan.items) {
      const isNear = item && (other === item
        || (item.kind === "unit" && other.kind === "weight" && ((other.l === item.l && other.i === item.i) || (other.l === item.l - 1 && other.j === item.i)))
        || (item.kind === "weight" && other.kind === "unit" && ((other.l === item.l && other.i === item.i) || (other.l === item.l + 1 && other.i === item.j))));
      other.element.classList.toggle("v-near", Boolean(isNear));
      if (other.kind === "weight" && other.text) other.text.classList.toggle("v-near", Boolean(isNear));
    }
  }

  // ---- touching

  /** What is at a place: a bias, a unit, a number, or the nearest line within reach. */
  function itemAt(x, y, reach) {
    for (const item of plan.units.flat()) {
      if (item.bias && Math.abs(x - item.x) < 26 && y > item.y + plan.r && y < item.y + plan.r + 19) return item;
      if (Math.hypot(x - item.x, y - item.y) <= plan.r + 2) return item;
    }
    let best = null, distance = reach;
    for (const item of plan.links) {
      if (item.text && Math.abs(x - item.x) < 22 && Math.abs(y - item.y) < 9) return item;
      const d = awayFrom(item.ends, x, y);
      if (d < distance) { best = item; distance = d; }
    }
    return best;
  }

  function placeOf(event) {
    const box = svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  svg.addEventListener("pointermove", (event) => {
    const item = itemAt(...placeOf(event), 8);
    svg.style.cursor = item && item.edits ? "pointer" : "";
    if (item === pointed) return;
    pointed = item;
    emphasise();
    showTip();
  });
  svg.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "touch") return;
    pointed = null;
    emphasise();
    showTip();
  });
  svg.addEventListener("mousedown", (event) => event.preventDefault()); // the click decides where the focus goes
  svg.addEventListener("click", (event) => {
    const item = itemAt(...placeOf(event), 10);
    pointed = event.pointerType === "touch" ? item : pointed;
    if (!item) { closeEdit(true); emphasise(); showTip(); return; }
    if (item.edits) openEdit(item); else { emphasise(); showTip(); }
  });

  function wire(item) {
    if (item.edits) item.element.setAttribute("role", "button"); else item.element.setAttribute("role", "img");
    item.element.addEventListener("focus", () => { move(item, false); pointed = null; emphasise(); showTip(); });
    item.element.addEventListener("blur", () => { emphasise(); showTip(); });
    item.element.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if ((event.key === "Enter" || event.key === " ") && item.edits) openEdit(item);
      else if (event.key.startsWith("Arrow")) move(neighbourOf(item, event.key), true);
      else return;
      event.preventDefault();
    });
  }

  function move(item, hasFocus) {
    if (!item) return;
    current?.element.setAttribute("tabindex", "-1");
    current = item;
    item.element.setAttribute("tabindex", "0");
    if (hasFocus) item.element.focus();
  }

  /** Where an arrow key leads: through a layer or a bundle of lines, or along a line to its ends. */
  function neighbourOf(item, key) {
    const way = key === "ArrowUp" ? -1 : key === "ArrowDown" ? 1 : 0;
    if (item.kind === "unit") {
      const { l, i } = item;
      if (way) return plan.units[l][i + way] || null;
      return plan.links.find((link) => (key === "ArrowRight" ? link.l === l && link.i === i : link.l === l - 1 && link.j === i)) || null;
    }
    if (!way) return key === "ArrowRight" ? plan.units[item.l + 1][item.j] : plan.units[item.l][item.i];
    const bundle = plan.links.filter((link) => link.l === item.l);
    return bundle[bundle.indexOf(item) + way] || null;
  }

  // ---- editing

  const isBias = (item) => item.kind === "unit" && item.l > 0;
  const numberOf = (item) => (isBias(item) ? biasOf(item) : valueOf(item));
  const noNumber = (stays) => words.not_a_number.replace("{value}", fmt(stays, 6));

  function openEdit(item) {
    closeEdit(true);
    move(item, false);
    const before = numberOf(item) ?? 0;
    const label = item.kind === "weight" ? factsOf(item)[0][0] : isBias(item) ? `${words.bias} ${nameOf(item.l, item.i)}` : nameOf(item.l, item.i);
    const input = h("input", { type: "text", class: "v-number", value: String(before), "aria-label": `${label}. ${words.edit}`, autocomplete: "off", spellcheck: "false", maxlength: "24" });
    const by = (amount) => {
      const now = numberIn(input.value) ?? before, next = Number((now + amount).toPrecision(12));
      input.value = String(next);
      judge();
      apply(item, next);
    };
    const button = (text, amount) => h("button", { type: "button", tabindex: "-1", "aria-hidden": "true", onmousedown: (e) => e.preventDefault(), onclick: () => by(amount) }, text);
    const why = h("span", { class: "v-net-why", role: "alert" });
    const element = h("div", { class: "v-net-edit" }, h("span", {}, label), h("div", {}, button("−", -0.1), input, button("+", 0.1)), why);
    kept.textContent = "";
    const judge = () => {
      const isNumber = numberIn(input.value) !== null;
      if (isNumber) input.removeAttribute("aria-invalid"); else input.setAttribute("aria-invalid", "true");
      why.textContent = isNumber ? "" : noNumber(before);
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && numberIn(input.value) === null) judge(); // the box stays, and says why
      else if (event.key === "Enter") closeEdit(true, true);
      else if (event.key === "Escape") closeEdit(false, true);
      else if (event.key === "ArrowUp") by(0.1);
      else if (event.key === "ArrowDown") by(-0.1);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    input.addEventListener("input", judge);
    input.addEventListener("blur", () => closeEdit(true));
    editing = { item, before, input, element };
    inner.append(element);
    put(element, item.x, isBias(item) && item.bias ? item.y + plan.r : item.y, item.kind === "unit" ? plan.r + 6 : 14);
    showTip();
    input.focus({ preventScroll: true });
    input.select();
  }

  /** Close the box: with `isKept` what was typed counts, otherwise all is as it was before. */
  function closeEdit(isKept, hasFocus = false) {
    if (!editing) return;
    const { item, before, input, element } = editing, typed = numberIn(input.value);
    editing = null;
    element.remove();
    const now = numberOf(item) ?? 0;
    if (isKept && typed === null) kept.textContent = noNumber(now);
    if (isKept ? typed !== null && typed !== now : before !== now) apply(item, isKept ? typed : before);
    if (hasFocus) item.element.focus();
  }

  function apply(item, value) {
    ahead.set(item.key, { value, since: performance.now() });
    // From what is seen, with what was typed and is not drawn yet: what Python keeps may be older, or of another shape.
    const newest = (v, ...where) => ahead.get(where.join(" "))?.value ?? v;
    let list;
    if (item.kind === "weight") list = values.weights.map((w, l) => w.map((row, i) => row.map((v, j) => newest(v, "w", l, i, j))));
    else if (isBias(item)) list = values.biases.map((b, l) => b.map((v, j) => newest(v, "u", l + 1, j)));
    else list = values.activations[0].map((v, i) => newest(v, "u", 0, i));
    context.set(item.edits, list);
    update(false);
    settleLater();
  }

  /** Until Python's numbers stand everywhere: it may have brought one into its limits, or refused it. */
  function settleLater() {
    waiting ??= setTimeout(() => {
      waiting = null;
      if (!host.isConnected) return;
      settle();
      update(false);
      if (ahead.size) settleLater();
    }, settled + 20);
  }

  /** Whether what Python has drawn replaces what was drawn ahead of it. */
  function settle() {
    const isRunning = host.closest(".vitral")?.dataset.state === "running";
    for (const [key, { since }] of ahead) if (!isRunning && performance.now() - since > settled) ahead.delete(key);
  }

  return { draw, destroy: watchWidth(stage, () => shown && draw(...shown)) };
};

/** About how wide a number is, in its own size. */
const widthOf = (text) => [...text].reduce((sum, c) => sum + (c === "." || c === " " ? 0.32 : c === "−" ? 0.78 : 0.62), 0);

/** A number no wider than `room`, with fewer digits the less room there is; "0.00" is nearly zero. */
function brief(x, room) {
  if (x === null || x === undefined) return "–";
  const fixed = (digits) => x.toFixed(digits).replace("-", Number(x.toFixed(digits)) ? "−" : "");
  const tries = [fmt(x, 3), fixed(2), fixed(1), fixed(0), fmt(x, 1)];
  return tries.find((text) => widthOf(text) <= room) || tries.at(-1);
}

/**
 * The number that somebody typed, with a point or a comma, or as a fraction; null where it is none. 1,000 may be one or
 * a thousand, so it is neither. The course reads the fields of its exercises by the same rule.
 */
function numberIn(text) {
  const [above, ...below] = text.replace(/[−–]/g, "-").split("/").map((part) => part.trim());
  const isDecimal = (part) => /^[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?$/i.test(part) && !/^[+-]?[1-9]\d{0,2},\d\d0$/.test(part);
  const decimal = (part) => (isDecimal(part) ? Number(part.replace(",", ".")) : NaN);
  const x = decimal(above) / (below.length ? decimal(below.join("/")) : 1);
  return Number.isFinite(x) ? x : null;
}

/** Words in lines of at most `room` characters, where there are spaces to break at. */
function wrap(text, room) {
  const lines = [];
  for (const word of String(text).split(" ")) {
    if (lines.length && `${lines.at(-1)} ${word}`.length <= room) lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => (line.length > room + 2 ? `${line.slice(0, Math.floor(room))}…` : line));
}

/** How far (x, y) is from the segment [ax, ay, bx, by]. */
function awayFrom([ax, ay, bx, by], x, y) {
  const dx = bx - ax, dy = by - ay, t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

/** Put each number where on its line it is furthest from other lines, numbers, biases and units. */
function placeLabels(links, units, biases, r) {
  const at = ([ax, ay, bx, by], t) => [ax + (bx - ax) * t, ay + (by - ay) * t];
  const cost = (item, t) => {
    const [x, y] = at(item.ends, t);
    let sum = 0.5 * Math.abs(t - 0.5);
    const beside = (other) => {
      const dx = Math.max(0, 48 - Math.abs(x - other.x)) / 48, dy = Math.max(0, 20 - Math.abs(y - other.y)) / 20;
      return dx && dy ? 1.5 + 5 * dx * dy : 0;
    };
    for (const bias of biases) sum += beside(bias);
    for (const other of links) {
      if (other === item || other.l !== item.l) continue;
      if (other.t !== undefined) sum += beside(other);
      const near = Math.min(...[-15, 0, 15].map((aside) => awayFrom(other.ends, x + aside, y)));
      sum += 1.4 * (Math.max(0, 11 - near) / 11) ** 2;
    }
    for (const unit of units) sum += Math.max(0, r + 23 - Math.hypot(x - unit.x, y - unit.y)) / 7;
    return sum;
  };
  for (let round = 0; round < 6; round += 1) for (const item of links) {
    let best = 0.5, least = Infinity;
    for (let t = 0.16; t <= 0.841; t += 0.02) {
      const c = cost(item, t);
      if (c < least) { least = c; best = t; }
    }
    item.t = best;
    [item.x, item.y] = at(item.ends, best);
  }
}
