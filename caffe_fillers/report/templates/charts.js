// Charts by Vega-Lite, each drawn when its place is first to be seen. Colors are CSS variables, so that a change
// of scheme draws nothing anew. `ast` lets Vega interpret its expressions: the page's policy forbids to compile them.
const { data, onSight } = window.report;

const MOST_POINTS = 600; // of a line: each is an element, and more would lie on each other

const options = {
  ast: true,
  actions: false,
  renderer: "svg",
  defaultStyle: false,
  tooltip: { disableDefaultStyle: true },
  config: {
    background: "transparent",
    font: "system-ui, sans-serif",
    view: { stroke: null },
    axis: {
      labelColor: "var(--quiet)",
      titleColor: "var(--quiet)",
      titleFontWeight: "normal",
      gridColor: "var(--line)",
      domainColor: "var(--line)",
      tickColor: "var(--line)",
      labelFontSize: 11,
      titleFontSize: 11,
    },
    legend: { labelColor: "var(--ink)", labelFontSize: 12 },
  },
};

const bins = ({ low, high, counts, expected, other }) => {
  const width = (high - low) / counts.length;
  return counts.map((found, place) => ({
    from: low + place * width,
    to: low + (place + 1) * width,
    found,
    expected: expected?.[place],
    other: other?.[place],
  }));
};

// Expected or other counts as an outline: it begins and ends at the axis where the bins do.
const outline = (histogram, name) => {
  if (!histogram[name]) return [];
  const steps = bins(histogram);
  return [
    { from: histogram.low, [name]: 0 },
    ...steps,
    { from: histogram.high, [name]: steps.at(-1)[name] },
    { from: histogram.high, [name]: 0 },
  ];
};

// As many layers' names under the axis as have room, each by the number of its layer.
const named = (rows, width) => {
  const names = new Map(rows.map((row) => [row.place, row.layer]));
  const places = [...names.keys()];
  const step = Math.ceil(places.length / Math.max(Math.floor(width / 34), 2));
  const values = places.filter((_, index) => index % step === 0);
  const labels = Object.fromEntries(values.map((place) => [place, names.get(place)]));
  return { values, labelExpr: `${JSON.stringify(labels)}[datum.value]` };
};

const profile = (place) => {
  const { title, kinds, rows } = data.profiles[place.dataset.chart];
  const specification = structuredClone(data.specifications.profile);
  const { mark, encoding } = specification.layer[1];
  if (place.dataset.marks === "points") Object.assign(mark, { type: "point", filled: true, size: 32, opacity: 1 });
  else if (rows.length > MOST_POINTS) mark.point = false;
  Object.assign(encoding.x.axis, named(rows, place.clientWidth));
  encoding.y.title = title;
  for (const channel of [encoding.color, encoding.shape]) channel.scale.domain = kinds;
  if (mark.point === false) delete encoding.shape;
  return { ...specification, datasets: { rows } };
};

const histogram = (place) => {
  const found = data.histograms[place.id];
  const datasets = {
    bins: bins(found),
    outline: outline(found, "expected"),
    other: outline(found, "other"),
    marks: found.marks,
  };
  const layer = data.specifications.histogram.layer.filter((each) => datasets[each.data.name].length);
  return { ...data.specifications.histogram, layer, datasets };
};

const draw = async (place) => {
  if (place.dataset.drawn) return;
  place.dataset.drawn = "begun";
  const specification = place.id in data.histograms ? histogram(place) : profile(place);
  const { view } = await window.vegaEmbed(
    place,
    { ...specification, description: place.dataset.description },
    options,
  );
  place.dataset.drawn = "done";
  view.addEventListener("click", (_, item) => {
    if (item?.datum && "place" in item.datum) location.hash = `layer-${item.datum.place}`;
  });
};

window.report.drawIn = (part) => {
  for (const place of part.querySelectorAll("[data-chart]")) onSight(place, () => draw(place));
};
window.report.drawIn(document);
