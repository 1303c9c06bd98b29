// The page's data, and what is made of it only when it comes into view: a net may have thousands of layers.
const data = JSON.parse(document.getElementById("data").textContent);
const BATCH = 60;

// Do something once when an element is first to be seen, within its scrolling part if it is in one.
const onSight = (element, action) => {
  const watcher = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      action();
    },
    { root: element.parentElement?.closest(".scroll") ?? null, rootMargin: "400px" },
  );
  watcher.observe(element);
};

// Show rows of HTML in the body of a table: some at first, more as the last one comes near.
const showRows = (body, rows) => {
  body.replaceChildren();
  body.closest("table").setAttribute("aria-rowcount", rows.length + 1);
  const more = () => {
    const shown = body.rows.length;
    body.insertAdjacentHTML("beforeend", rows.slice(shown, shown + BATCH).join(""));
    const last = body.rows[body.rows.length - 1];
    if (body.rows.length < rows.length) onSight(last, () => last.isConnected && more());
  };
  more();
};

window.report = { data, onSight, showRows };
for (const body of document.querySelectorAll("tbody[data-rows]")) {
  onSight(body.closest(".scroll"), () => showRows(body, data.rows[body.dataset.rows]));
}
