// Sort and filter the table of blobs; the rows are in the page, only their order and visibility change.
const table = document.getElementById("blobs");
const body = table.tBodies[0];
const rows = [...body.rows];
const inOrder = new Intl.Collator(undefined, { numeric: true }).compare;

const key = (row, column) => {
  const cell = row.cells[column];
  return "value" in cell.dataset ? cell.dataset.value : cell.textContent.trim();
};

// Empty cells come last whichever way; equal ones keep the net's order.
const compare = (column, numeric, sign) => (a, b) => {
  const [left, right] = [key(a, column), key(b, column)];
  if (left === "" || right === "") return (left === "") - (right === "");
  return sign * (numeric ? left - right : inOrder(left, right));
};

for (const button of table.tHead.querySelectorAll("button")) {
  button.addEventListener("click", () => {
    const header = button.closest("th");
    const descending = header.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const order = compare(header.cellIndex, header.classList.contains("figure"), descending ? -1 : 1);
    body.append(...[...rows].sort(order));
  });
}

const words = document.getElementById("filter");
const drawn = document.getElementById("only-drawn");
const verdict = document.getElementById("only-verdict");
const count = document.getElementById("count");

const filter = () => {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden =
      !wanted.every((word) => text.includes(word)) ||
      (drawn.checked && !("drawn" in row.dataset)) ||
      Boolean(verdict?.value && row.dataset.verdict !== verdict.value);
    shown += !row.hidden;
  }
  count.textContent = `${shown} of ${rows.length} blobs`;
};

const controls = document.getElementById("controls");
for (const event of ["input", "change"]) controls.addEventListener(event, filter);
controls.addEventListener("submit", (event) => event.preventDefault());
controls.hidden = false;
filter();
