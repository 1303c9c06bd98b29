// The colors: the system's unless somebody chooses. Nothing is kept, so that a file stays a file.
const choice = document.getElementById("theme");
choice.addEventListener("change", () => {
  if (choice.value) document.documentElement.dataset.theme = choice.value;
  else delete document.documentElement.dataset.theme;
});
choice.closest("label").hidden = false;
