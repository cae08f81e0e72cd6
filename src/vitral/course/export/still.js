// Widgets without Python: what was computed is in the page; what a reader chooses is remembered here.

function stillModel(state) {
  const heard = {};
  return {
    get: (name) => (name === "is_still" ? true : state[name]),
    set(name, value) { state[name] = value; (heard[`change:${name}`] || []).forEach((act) => act()); },
    save_changes() {},
    send() {},
    on(event, act) { (heard[event] ||= []).push(act); },
    off(event, act) { heard[event] = (heard[event] || []).filter((other) => other !== act); },
  };
}

for (const place of document.querySelectorAll("[data-widget]")) {
  // Each on its own: one that fails leaves the others alone.
  queueMicrotask(() => render({ model: stillModel(JSON.parse(place.querySelector("script").textContent)), el: place }));
}
