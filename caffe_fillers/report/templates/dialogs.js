// A layer's details are made and open where the address says #layer-7, so that links, the back button and
// bookmarks work.
const { data, drawIn } = window.report;
const opened = () => document.querySelector("dialog[open]");
let opener = null;

const closed = ({ target }) => {
  if (target.returnValue === "moved") {
    target.returnValue = "";
    return;
  }
  history.replaceState(null, "", location.pathname + location.search);
  opener?.focus();
};

const made = (id) => {
  if (!document.getElementById(id) && Object.hasOwn(data.layers, id)) {
    document.body.insertAdjacentHTML("beforeend", data.layers[id]);
    const dialog = document.getElementById(id);
    dialog.addEventListener("close", closed);
    drawIn(dialog);
  }
  return document.getElementById(id);
};

const show = () => {
  const wanted = made(location.hash.slice(1));
  const before = opened();
  if (before && before !== wanted) before.close("moved");
  for (const link of wanted?.querySelectorAll("nav a[rel]") ?? []) made(link.hash.slice(1)); // links lead somewhere
  if (wanted instanceof HTMLDialogElement && !wanted.open) wanted.showModal();
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#layer-']");
  if (link && !opened()) opener = link;
  if (event.target instanceof HTMLDialogElement) event.target.close(); // the backdrop
});

window.addEventListener("hashchange", show);
show();
