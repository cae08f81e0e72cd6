// A guess before the measurement, and an exercise that checks itself.

function renderPrediction({ model, el }) {
  const words = model.get("words"), name = newId("guess");
  const isLive = model.get("is_still") !== true;
  const sentence = h("p", { class: "v-verdict", role: "status", "aria-live": "polite" });
  const drawings = h("div", { class: "v-drawings" });
  const radios = model.get("options").map(({ key, label }) => {
    const id = newId("option");
    const input = h("input", { type: "radio", name, id, value: key });
    return { key, input, row: h("div", { class: "v-option" }, input, h("label", { for: id }, label)) };
  });
  const commit = h("button", { type: "button", disabled: true, onclick: choose }, words.commit);
  const set = h("fieldset", {}, h("legend", {}, words.guess), ...radios.map((r) => r.row));
  set.addEventListener("change", () => { commit.disabled = false; });
  const more = h("details", { class: "v-more", hidden: true }, h("summary", {}, model.get("summary")));
  more.insertAdjacentHTML("beforeend", model.get("more"));
  let boxes = [];
  const player = makePlayer(words, model.get("player") || {}, drawAll);
  el.replaceChildren(h("section", { class: "vitral v-prediction", "aria-label": model.get("label") || words.guess }, set, commit, sentence, drawings, player.element, more));
  let hasChosen = false;

  function choose() {
    const chosen = radios.find((r) => r.input.checked);
    if (!chosen) return;
    commitTo(true);
    if (isLive) {
      sentence.textContent = words.waiting;
      model.set("failure", ""); // before what may fail again
      model.set("chosen", chosen.key);
      model.save_changes();
    }
    show();
  }
  /** A guess that is made stays; one that could not be measured may be made again. */
  function commitTo(isMade) {
    hasChosen = isMade;
    radios.forEach((r) => { r.input.disabled = isMade; });
    commit.hidden = isMade;
    commit.disabled = !radios.some((r) => r.input.checked);
  }
  function drawAll() { model.get("drawings").forEach((payload, i) => boxes[i]?.show(payload, player.frame)); }
  function show() {
    const failure = model.get("failure");
    if (failure) {
      sentence.textContent = failure;
      commitTo(false);
    }
    if (!hasChosen || !model.get("answer")) return;
    const chosen = radios.find((r) => r.input.checked), answer = model.get("answer");
    const isRight = chosen && chosen.key === answer;
    for (const r of radios) r.row.dataset.verdict = r.key === answer ? "right" : r === chosen ? "wrong" : "";
    sentence.dataset.right = isRight;
    sentence.textContent = `${isRight ? "✓ " + words.right : "✗ " + words.not_so} ${model.get("sentence")}`;
    const context = { words, isLive: false, get: () => null, set: () => {} };
    boxes.forEach((box) => box.remove());
    boxes = model.get("drawings").map((payload) => makeBox(payload, context));
    drawings.append(...boxes.map((box) => box.element));
    player.setFrames(Math.max(0, ...model.get("drawings").map((payload) => payload.frames || 0)));
    drawAll();
    more.hidden = !model.get("more");
  }
  // A page that is opened again within its session shows what was chosen.
  if (model.get("chosen")) {
    const before = radios.find((r) => r.key === model.get("chosen"));
    if (before) { before.input.checked = true; commitTo(true); }
  }
  for (const trait of ["answer", "sentence", "drawings", "failure"]) model.on(`change:${trait}`, show);
  show();
  return () => { player.pause(); boxes.forEach((box) => box.remove()); for (const trait of ["answer", "sentence", "drawings", "failure"]) model.off(`change:${trait}`, show); };
}

function renderExercise({ model, el }) {
  const words = model.get("words"), isLive = model.get("is_still") !== true;
  const verdict = h("p", { class: "v-verdict", role: "status", "aria-live": "polite" });
  const inputs = {};
  const rows = model.get("fields").map(({ name, label, choices }) => {
    const id = newId("field");
    const input = choices.length
      ? h("select", { id, name, disabled: !isLive }, h("option", { value: "" }, "…"), ...choices.map((c) => h("option", { value: c }, c)))
      : h("input", { id, name, type: "text", autocomplete: "off", disabled: !isLive });
    inputs[name] = input;
    return h("div", { class: "v-field" }, h("label", { for: id }, label), input);
  });
  let asked = model.get("answers")._ || 0; // goes on counting where a page is opened again: each press is a change
  const form = h("form", { class: "vitral v-exercise", "aria-label": model.get("label") || words.check, onsubmit: (e) => {
    e.preventDefault();
    asked += 1;
    verdict.textContent = words.running;
    model.set("answers", { ...Object.fromEntries(Object.entries(inputs).map(([n, i]) => [n, i.value])), _: asked });
    model.save_changes();
  } }, ...rows, h("button", { type: "submit", disabled: !isLive }, words.check), verdict, isLive ? null : h("p", { class: "v-hint" }, words.needs_python));
  el.replaceChildren(form);
  const show = () => {
    const now = model.get("verdict");
    if (!now.sentence) return;
    verdict.dataset.right = now.right;
    verdict.textContent = `${now.right ? "✓" : "✗"} ${now.sentence}`;
  };
  for (const [n, value] of Object.entries(model.get("answers"))) if (inputs[n]) inputs[n].value = value;
  model.on("change:verdict", show);
  show();
  return () => model.off("change:verdict", show);
}
