// The whole widget: controls, status, drawings, player. Python sends drawings; this draws them.

function renderPanel({ model, el }) {
  const root = h("section", { class: "vitral", "aria-label": model.get("label") || null });
  const words = model.get("words");
  const isLive = model.get("is_still") !== true;
  const controls = h("div", { class: "v-controls", role: "group", "aria-label": model.get("label") || null });
  const status = h("div", { class: "v-status" });
  const bar = h("progress", { max: 1, hidden: true, "aria-label": words.running });
  const stop = h("button", { type: "button", class: "v-stop", hidden: true, onclick: () => model.send({ type: "stop" }) }, words.stop);
  const busy = h("span", { class: "v-hint", hidden: true }, words.running); // where nothing is drawn yet
  const message = h("span", { class: "v-message", role: "status", "aria-live": "polite" });
  status.append(busy, bar, stop, message);
  const drawings = h("div", { class: "v-drawings" });
  const player = makePlayer(words, model.get("player") || {}, () => drawAll());
  root.append(controls, status, drawings, player.element);
  el.replaceChildren(root);

  const context = {
    words, isLive,
    get: (name) => model.get("values")[name],
    set: (name, value) => send({ [name]: value }),
    hasRoom: (name, value) => sizeOf(value) <= (model.get("controls").find((spec) => spec.name === name)?.most ?? Infinity),
  };
  let timer = null, pending = {};
  function send(some) {
    Object.assign(pending, some);
    if (timer) return;
    timer = setTimeout(() => {
      timer = null;
      model.set("values", { ...model.get("values"), ...pending });
      pending = {};
      model.save_changes();
    }, 30);
  }

  const made = [];
  for (const spec of model.get("controls")) {
    if (spec.kind === "hidden") continue;
    const control = makeControl(spec, model.get("values")[spec.name], (value) => {
      if (spec.kind === "button" && spec.resets.length) {
        const first = Object.fromEntries(model.get("controls").filter((c) => spec.resets.includes(c.name)).map((c) => [c.name, c.value]));
        send({ ...first, [spec.name]: value });
      } else send({ [spec.name]: value });
    }, isLive);
    made.push([spec, control]);
    controls.append(control.element);
  }
  controls.hidden = made.length === 0;
  if (!isLive && made.length) controls.append(h("p", { class: "v-hint" }, words.needs_python));

  const boxes = [];
  let stopTimer = null;
  function showStatus() {
    const now = model.get("status");
    const isRunning = now.state === "running";
    root.dataset.state = now.state;
    root.dataset.serial = now.serial ?? 0;
    root.dataset.milliseconds = now.milliseconds ?? "";
    root.setAttribute("aria-busy", isRunning);
    message.textContent = now.state === "failed" ? now.message : now.state === "stopped" ? words.stopped : "";
    if (now.progress) bar.value = now.progress; else bar.removeAttribute("value");
    if (isRunning && !stopTimer) {
      stopTimer = [setTimeout(() => { bar.hidden = false; showBusy(); }, 300), setTimeout(() => { stop.hidden = false; }, 1000)];
    } else if (!isRunning) {
      (stopTimer || []).forEach(clearTimeout);
      stopTimer = null;
      bar.hidden = true;
      stop.hidden = true;
    }
    showBusy();
  }
  function showBusy() { busy.hidden = bar.hidden || model.get("drawings").length > 0; }

  function layOut() {
    const found = model.get("drawings");
    found.forEach((payload, i) => {
      if (boxes[i]?.kind === payload.kind) return;
      const box = makeBox(payload, context);
      if (boxes[i]) { boxes[i].element.replaceWith(box.element); boxes[i].remove(); } else drawings.append(box.element);
      boxes[i] = box;
    });
    while (boxes.length > found.length) boxes.pop().remove();
    showBusy();
    player.setFrames(Math.max(0, ...found.map((p) => p.frames || 0)));
    drawAll();
  }

  function drawAll() {
    model.get("drawings").forEach((payload, i) => boxes[i]?.show(payload, player.frame));
    root.dataset.frame = player.frame;
  }

  const onValues = () => { for (const [spec, control] of made) control.show(model.get("values")[spec.name]); };
  model.on("change:drawings", layOut);
  model.on("change:status", showStatus);
  model.on("change:values", onValues);
  layOut();
  showStatus();
  // What is long and far down a page is computed once the reader comes near.
  const near = new IntersectionObserver((seen) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    near.disconnect();
    if (model.get("status").state === "waiting") model.send({ type: "seen" });
  }, { rootMargin: "300px 0px" });
  if (isLive && model.get("status").state === "waiting") near.observe(root);
  return () => {
    near.disconnect();
    player.pause();
    boxes.forEach((box) => box.remove());
    model.off("change:drawings", layOut);
    model.off("change:status", showStatus);
    model.off("change:values", onValues);
  };
}

/** How many numbers and lists a value is made of, counted as Python does that refuses too many. */
const sizeOf = (value) => (Array.isArray(value) ? value.reduce((sum, v) => sum + sizeOf(v), 1) : 1);

/** Play, pause, one step, a slider over the frames. */
function makePlayer(words, options, onFrame) {
  let frames = 0, frame = 0, timer = null, hasStarted = false;
  const fps = options.fps || 4;
  const restart = iconButton(() => { pause(); go(0); }, words.restart, "first");
  const back = iconButton(() => { pause(); go(frame - 1); }, words.back, "back");
  const play = iconButton(() => (timer ? pause() : start()));
  const forward = iconButton(() => { pause(); go(frame + 1); }, words.forward, "forward");
  const slider = h("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": words.frame, oninput: (e) => { const to = Number(e.target.value); pause(); go(to); } });
  const text = h("output", {});
  const element = h("div", { class: "v-player", role: "group", "aria-label": words.frame, hidden: true }, restart, back, play, forward, slider, text);

  function show() {
    slider.max = Math.max(0, frames - 1);
    slider.value = frame;
    const of = `${words.frame} ${frame} ${words.of} ${Math.max(0, frames - 1)}`;
    text.textContent = of;
    slider.setAttribute("aria-valuetext", of);
    labelButton(play, timer ? words.pause : words.play, timer ? "pause" : "play");
  }
  function go(to) {
    frame = Math.max(0, Math.min(frames - 1, to));
    show();
    onFrame();
  }
  function pause() { clearInterval(timer); timer = null; show(); }
  function start() {
    if (frame >= frames - 1) frame = 0;
    timer = setInterval(() => { if (!element.isConnected || frame >= frames - 1) pause(); else go(frame + 1); }, 1000 / fps);
    go(frame);
  }
  return {
    element, pause,
    get frame() { return frame; },
    /** New drawings: as many frames as before are the same story told anew, so the reader stays where they are. */
    setFrames(n) {
      element.hidden = n < 2;
      if (n !== frames) {
        frames = n;
        const first = options.start === "last" ? n - 1 : Number(options.start) || 0;
        frame = Math.max(0, Math.min(n - 1, first));
        pause();
      }
      if (options.autoplay && !hasStarted && n > 1 && !isCalm()) { hasStarted = true; start(); }
    },
  };
}

/** One control with its label and value; `onChange` gets what the reader chose. */
function makeControl(spec, value, onChange, isLive) {
  const id = newId("control");
  if (spec.kind === "slider") {
    const toSlider = (v) => (spec.log ? Math.log10(v) : v), fromSlider = (p) => (spec.log ? Number((10 ** p).toPrecision(3)) : p);
    const output = h("output", { for: id });
    const input = h("input", {
      id, type: "range", min: toSlider(spec.low), max: toSlider(spec.high), step: spec.step, disabled: !isLive, "data-name": spec.name,
      oninput: () => { const v = fromSlider(Number(input.value)); write(v); onChange(v); },
    });
    const write = (v) => { output.textContent = fmt(v, 3); input.setAttribute("aria-valuetext", fmt(v, 3)); };
    const show = (v) => { if (document.activeElement !== input && !input.matches(":active")) input.value = toSlider(v); write(v); };
    input.value = toSlider(value);
    write(value);
    return { element: h("div", { class: "v-control", title: spec.hint }, h("label", { for: id }, spec.label), input, output), show };
  }
  if (spec.kind === "menu") {
    const select = h("select", { id, disabled: !isLive, "data-name": spec.name, onchange: () => onChange(select.value) },
      ...spec.options.map(([key, label]) => h("option", { value: key }, label)));
    select.value = value;
    return { element: h("div", { class: "v-control", title: spec.hint }, h("label", { for: id }, spec.label), select), show: (v) => { select.value = v; } };
  }
  if (spec.kind === "switch") {
    const input = h("input", { id, type: "checkbox", disabled: !isLive, "data-name": spec.name, onchange: () => onChange(input.checked) });
    input.checked = value;
    return { element: h("div", { class: "v-control v-switch", title: spec.hint }, input, h("label", { for: id }, spec.label)), show: (v) => { input.checked = v; } };
  }
  let pressed = value || 0;
  const press = h("button", { type: "button", disabled: !isLive, "data-name": spec.name, title: spec.hint, onclick: () => onChange((pressed += 1)) }, spec.label);
  return { element: h("div", { class: "v-control" }, press), show: (v) => { pressed = v; } };
}

const FACES = { panel: renderPanel, prediction: renderPrediction, exercise: renderExercise, monitor: renderMonitor };

function render(given) {
  return FACES[given.model.get("face")](given);
}

export default { render };
