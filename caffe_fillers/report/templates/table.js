// Sort and filter the table of blobs: the order and choice of its rows, of which those in view are made.
const { data, showRows } = window.report;
const table = document.getElementById("blobs");
const body = table.tBodies[0];
const inOrder = new Intl.Collator(undefined, { numeric: true }).compare;
let ordered = data.blobs;

// Empty cells come last whichever way; equal ones keep the net's order.
const compare = (column, numeric, sign) => (a, b) => {
  const [left, right] = [a.keys[column], b.keys[column]];
  if (left === "" || right === "") return (left === "") - (right === "");
  return sign * (numeric ? left - right : inOrder(left, right));
};

const words = document.getElementById("filter");
const drawn = document.getElementById("only-drawn");
const verdict = document.getElementById("only-verdict");
const count = document.getElementById("count");

const show = () => {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = ordered.filter(
    (row) =>
      wanted.every((word) => row.text.includes(word)) &&
      (!drawn.checked || row.drawn) &&
      (!verdict?.value || row.verdict === verdict.value),
  );
  showRows(body, shown.map((row) => row.html));
  count.textContent = `${shown.length} of ${data.blobs.length} blobs`;
};

for (const button of table.tHead.querySelectorAll("button")) {
  button.addEventListener("click", () => {
    const header = button.closest("th");
    const descending = header.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const order = compare(header.cellIndex, header.classList.contains("figure"), descending ? -1 : 1);
    ordered = [...data.blobs].sort(order);
    show();
  });
}

const controls = document.getElementById("controls");
for (const event of ["input", "change"]) controls.addEventListener(event, show);
controls.addEventListener("submit", (event) => event.preventDefault());
controls.hidden = false;
show();
