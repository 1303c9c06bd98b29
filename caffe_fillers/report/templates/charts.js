// Charts by Vega-Lite, each drawn when its place is first to be seen. Colors are CSS variables, so that a change
// of scheme draws nothing anew. `ast` lets Vega interpret its expressions: the page's policy forbids to compile them.
const data = JSON.parse(document.getElementById("data").textContent);

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

const bins = ({ low, high, counts, expected }) => {
  const width = (high - low) / counts.length;
  return counts.map((found, place) => ({
    from: low + place * width,
    to: low + (place + 1) * width,
    found,
    expected: expected?.[place],
  }));
};

// The declared density as an outline: it begins and ends at the axis where the bins do.
const outline = (histogram) => {
  if (!histogram.expected) return [];
  const steps = bins(histogram);
  return [
    { from: histogram.low, expected: 0 },
    ...steps,
    { from: histogram.high, expected: steps.at(-1).expected },
    { from: histogram.high, expected: 0 },
  ];
};

const datasets = (place) => {
  const histogram = data.histograms[place.id];
  if (!histogram) return { rows: data[place.dataset.chart] };
  return { bins: bins(histogram), outline: outline(histogram), marks: histogram.marks };
};

const draw = async (place) => {
  if (place.dataset.drawn) return;
  place.dataset.drawn = "begun";
  const specification = data.specifications[place.dataset.chart];
  const { view } = await window.vegaEmbed(
    place,
    { ...specification, description: place.dataset.description, datasets: datasets(place) },
    options,
  );
  place.dataset.drawn = "done";
  view.addEventListener("click", (_, item) => {
    if (item?.datum && "place" in item.datum) location.hash = `layer-${item.datum.place}`;
  });
};

const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
});
for (const place of document.querySelectorAll("[data-chart]")) watcher.observe(place);
