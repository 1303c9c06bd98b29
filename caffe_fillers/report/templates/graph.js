// The graph is put in when it comes into view, as wide as its frame; buttons zoom around what is in the middle.
const { data, onSight } = window.report;
const frame = document.getElementById("frame");
const controls = document.getElementById("zoom");
const [width, height] = data.size;
const STEP = 1.4;
const BORDERS = 3;
let scale = 1;

const zoom = (wanted) => {
  const drawing = frame.firstElementChild;
  const x = (frame.scrollLeft + frame.clientWidth / 2) / scale;
  const y = (frame.scrollTop + frame.clientHeight / 2) / scale;
  scale = Math.min(Math.max(wanted, 0.001), 4);
  drawing.setAttribute("width", width * scale);
  drawing.setAttribute("height", height * scale);
  frame.scrollTo(x * scale - frame.clientWidth / 2, y * scale - frame.clientHeight / 2);
  controls.querySelector("output").textContent = `${Math.round(100 * scale)} %`;
};

// What has padding around it, and a bar where it is higher than the frame, has less room.
const room = () => {
  const style = getComputedStyle(frame);
  return [
    frame.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight),
    parseFloat(style.maxHeight) - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom) - BORDERS,
  ];
};

const actions = {
  in: () => zoom(scale * STEP),
  out: () => zoom(scale / STEP),
  width: () => {
    zoom(Math.min(room()[0] / width, 1));
    zoom(Math.min(room()[0] / width, 1));
    frame.scrollTo(0, 0);
  },
  whole: () => zoom(Math.min(room()[0] / width, room()[1] / height, 1)),
};

onSight(frame, () => {
  frame.innerHTML = data.graph;
  actions.width();
  controls.hidden = false;
});
controls.addEventListener("click", (event) => actions[event.target.closest("button")?.value]?.());
frame.addEventListener(
  "wheel",
  (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(scale * (event.deltaY < 0 ? STEP : 1 / STEP));
  },
  { passive: false },
);
