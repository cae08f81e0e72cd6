// The curves of a training that runs: play, pause, one epoch, stop; one metric at a time.

function renderMonitor({ model, el }) {
  const words = model.get("words"), isLive = model.get("is_still") !== true;
  const root = h("section", { class: "vitral v-monitor", "aria-label": model.get("label") || words.training });
  let metric = "", isLog = false;
  function command(what) {
    const before = model.get("command").serial || 0; // of whichever view: each press is a change
    model.set("command", { do: what, serial: before + 1 });
    model.save_changes();
  }
  const play = iconButton(() => command(model.get("training").state === "paused" ? "play" : "pause"));
  const step = iconButton(() => command("step"), words.one_epoch, "once");
  const stop = iconButton(() => command("stop"), words.stop, "stop");
  const bar = h("progress", { max: 1, value: 0, "aria-label": words.epoch });
  const count = h("output", {}), left = h("span", { class: "v-left" });
  const id = newId("metric"), logId = newId("log");
  const menu = h("select", { id, onchange: () => { metric = menu.value; drawCurves(); } });
  const log = h("input", { id: logId, type: "checkbox", onchange: () => { isLog = log.checked; drawCurves(); } });
  const choice = h("span", { class: "v-control" }, h("label", { for: id }, words.metric), menu);
  const scale = h("span", { class: "v-control v-switch" }, log, h("label", { for: logId }, words.log_scale));
  const message = h("p", { class: "v-note", "data-tone": "warning", role: "status", "aria-live": "polite" });
  const spoken = h("div", { class: "v-unseen", "aria-live": "polite" });
  const host = h("div", { class: "v-drawing v-curves" });
  const view = VIEWS.curves(host, { words, isLive: false, get: () => null, set: () => {} });
  root.append(
    h("div", { class: "v-player", role: "group", "aria-label": words.training }, play, step, stop, bar, count, left),
    h("div", { class: "v-controls" }, choice, scale), message, h("figure", { class: "v-box v-wide" }, host), spoken);
  el.replaceChildren(root);

  const named = (name) => (name === "loss" ? words.loss : name === "accuracy" ? words.accuracy : name.replace(/_/g, " "));
  const isShownApart = (name, curves) => !(name.startsWith("val_") && name.slice(4) in curves);

  function show() {
    const now = model.get("training"), isOn = now.state === "running" || now.state === "paused";
    labelButton(play, now.state === "paused" ? words.play : words.pause, now.state === "paused" ? "play" : "pause");
    play.disabled = stop.disabled = !isLive || !isOn;
    step.disabled = !isLive || now.state !== "paused";
    bar.value = now.epochs ? now.epoch / now.epochs : 0;
    count.textContent = now.epochs ? `${words.epoch} ${now.epoch} ${words.of} ${now.epochs}` : "";
    const told = { paused: words.paused, stopped: words.stopped, done: words.done, idle: "", failed: "", diverged: "" };
    left.textContent = now.state === "running" ? (now.epoch ? timeLeft(now.seconds_left, words) : words.running) : told[now.state];
    if (root.dataset.state !== now.state && now.state !== "running") spoken.textContent = `${told[now.state]} ${count.textContent}`.trim();
    message.textContent = now.message;
    message.hidden = !now.message;
    root.dataset.state = now.state;
    root.dataset.epoch = now.epoch;
    const metrics = Object.keys(now.curves).filter((name) => isShownApart(name, now.curves) && name !== "learning_rate").sort((a, b) => (a === "loss" ? -1 : b === "loss" ? 1 : a < b ? -1 : 1));
    if (!metrics.includes(metric)) metric = metrics[0] || "";
    if (menu.options.length !== metrics.length || metrics.some((name, i) => menu.options[i].value !== name)) {
      menu.replaceChildren(...metrics.map((name) => h("option", { value: name }, named(name))));
      menu.value = metric;
    }
    choice.hidden = metrics.length < 2;
    scale.hidden = !metrics.length;
    drawCurves();
  }

  function drawCurves() {
    const { curves, epoch, epochs } = model.get("training");
    const one = (name, role, text) => (curves[name] ? [{ x: curves[name][0], y: curves[name][1], name: text, role, dots: false, low: null, high: null }] : []);
    const series = [...one(metric, "train", words.train), ...one(`val_${metric}`, "validation", words.validation)];
    const payload = {
      kind: "curves", title: "", alt: "", wide: true, series, x_label: words.epoch.toLowerCase(), y_label: metric ? named(metric) : "", log_x: false, log_y: isLog,
      marker: null, limits: null, level: null, level_name: "", edits: "",
    };
    const [, , y0, y1] = extents(payload), first = Math.min(...series.flatMap((s) => s.x), 1);
    payload.limits = [first, Math.max(first + 1, Math.min(epochs || 10, roundUp(Math.max(10, 1.1 * epoch)))), y0, y1];
    view.draw(payload, 0);
  }

  model.on("change:training", show);
  show();
  return () => { view.destroy(); model.off("change:training", show); };
}

/** The next round number: 1, 1.5, 2, 3, 5 or 7 times a power of ten. */
function roundUp(x) {
  const power = 10 ** Math.floor(Math.log10(x));
  return [1, 1.5, 2, 3, 5, 7, 10].find((m) => m * power >= x * 0.9999) * power;
}

/** "About 12 s left", in the reader's words. */
function timeLeft(seconds, words) {
  if (seconds === null) return "";
  if (seconds < 1) return words.left.replace("{time}", "< 1 s");
  const whole = Math.round(seconds), minutes = Math.floor(whole / 60), hours = Math.floor(minutes / 60);
  const time = hours ? `${hours} h ${minutes % 60} min` : minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
  return words.left.replace("{time}", time);
}
