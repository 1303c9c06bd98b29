// A layer's details open where the address says #layer-7, so that links, the back button and bookmarks work.
const opened = () => document.querySelector("dialog[open]");

const show = () => {
  const wanted = document.getElementById(location.hash.slice(1));
  const before = opened();
  if (before && before !== wanted) before.close("moved");
  if (wanted instanceof HTMLDialogElement && !wanted.open) wanted.showModal();
};

let opener = null;
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#layer-']");
  if (link && !opened()) opener = link;
  if (event.target instanceof HTMLDialogElement) event.target.close(); // the backdrop
});

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "moved") {
      dialog.returnValue = "";
      return;
    }
    history.replaceState(null, "", location.pathname + location.search);
    opener?.focus();
  });
}

window.addEventListener("hashchange", show);
show();
