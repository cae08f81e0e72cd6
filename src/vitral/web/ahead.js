// While a reader looks at the gallery, fetch what every lesson needs: the first one then opens from the cache.
const idle = window.requestIdleCallback ?? ((f) => setTimeout(f, 300));
idle(async () => {
  const links = await (await fetch("/web/ahead.json")).json();
  const fetchNext = async () => {
    for (let link = links.shift(); link; link = links.shift()) await fetch(link, { priority: "low" });
  };
  await Promise.all([fetchNext(), fetchNext(), fetchNext()]);
});
