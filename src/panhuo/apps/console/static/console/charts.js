/* Charts: one theme built from the page's own colours, drawn by ECharts from the JSON beside the figure. ECharts is fetched only by pages
   that have a chart. No markup is handed to it: the tip is built of nodes, so nothing of a name can run, and no style attribute is needed. */
import { say } from "./words.js";

let library = null;
const drawn = new Map();

const load = () =>
  (library ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: document.body.dataset.echarts });
    script.onload = () => resolve(window.echarts);
    script.onerror = reject;
    document.head.append(script);
  }));

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

/** Decimals by the largest number of the chart: those under one another have as many. */
const places = (data) => {
  if (data.unit === "%") return 1;
  const all = data.series.flatMap((one) => one.values).filter((value) => value !== null);
  if (all.every(Number.isInteger)) return 0;
  const largest = Math.max(...all.map(Math.abs));
  return largest >= 10000 ? 0 : largest >= 1000 ? 1 : 2;
};

const number = (value, data, digits) => {
  if (value === null || value === undefined) return "—";
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }) + (data.unit === "%" ? "%" : "");
};

const tick = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 2 });

const tip = (data, at) => {
  const node = document.createElement("div");
  node.className = "tip";
  const title = node.appendChild(document.createElement("b"));
  title.append(data.categories[at]);
  if (data.unit && data.unit !== "%") title.append(Object.assign(document.createElement("small"), { textContent: data.unit }));
  const digits = places(data);
  const table = node.appendChild(document.createElement("table"));
  data.series.forEach((one, index) => {
    const row = table.insertRow();
    const name = row.insertCell();
    const mark = document.createElement("i");
    mark.style.backgroundColor = colour(`chart-${(index % 8) + 1}`);
    name.append(mark, one.name);
    row.insertCell().textContent = number(one.values[at], data, digits);
    if (one.low.length) row.insertCell().textContent = `${number(one.low[at], data, digits)} – ${number(one.high[at], data, digits)}`;
  });
  const stacked = data.series.filter((one) => one.stack);
  if (stacked.length > 1) {
    const row = table.insertRow();
    row.insertCell().textContent = say("合计", "Total");
    row.insertCell().textContent = number(stacked.reduce((sum, one) => sum + (one.values[at] ?? 0), 0), data, digits);
  }
  return node;
};

const series = (data) =>
  data.series.flatMap((one, index) => {
    const hue = colour(`chart-${(index % 8) + 1}`);
    const line = one.kind === "line";
    const main = {
      name: one.name,
      type: line ? "line" : "bar",
      data: one.values,
      stack: one.stack || undefined,
      color: hue,
      showSymbol: data.categories.length <= 2,
      symbolSize: 5,
      lineStyle: { width: 1.75, type: one.dashed ? "dashed" : "solid" },
      barMaxWidth: 28,
      barCategoryGap: "35%",
      itemStyle: line ? undefined : { borderRadius: one.stack ? 0 : data.horizontal ? [0, 2, 2, 0] : [2, 2, 0, 0] },
      emphasis: { focus: "none", disabled: line },
      cursor: data.hrefs.length ? "pointer" : "default",
      z: 3,
    };
    if (!one.low.length) return [main];
    const quiet = { type: "line", stack: `band-${index}`, stackStrategy: "all", symbol: "none", lineStyle: { opacity: 0 }, silent: true, legendHoverLink: false, z: 1 };
    return [
      { ...quiet, name: `band-${index}-low`, data: one.low },
      { ...quiet, name: `band-${index}`, data: one.high.map((high, at) => high - one.low[at]), areaStyle: { color: hue, opacity: 0.14 } },
      main,
    ];
  });

const option = (data) => {
  const words = { color: colour("ink-2"), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 };
  const names = {
    type: "category",
    data: data.categories,
    inverse: data.horizontal,
    boundaryGap: data.series.some((one) => one.kind === "bar"),
    axisLine: { lineStyle: { color: colour("edge-strong") } },
    axisTick: { show: false },
    axisLabel: { ...words, hideOverlap: true },
  };
  const values = {
    type: "value",
    axisLabel: { ...words, formatter: (value) => tick(value) + (data.unit === "%" ? "%" : "") },
    splitLine: { lineStyle: { color: colour("edge") } },
    splitNumber: 4,
  };
  const legend = data.series.length > 1;
  return {
    animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250,
    animationDurationUpdate: 0,
    textStyle: words,
    grid: { left: 4, right: 12, top: legend ? 34 : 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: legend
      ? { data: data.series.map((one) => one.name), top: 0, left: 0, type: "scroll", icon: "roundRect", itemWidth: 10, itemHeight: 10, itemGap: 14, textStyle: words, inactiveColor: colour("edge-control"), pageIconColor: colour("ink-2"), pageTextStyle: words }
      : { show: false },
    tooltip: {
      trigger: "axis",
      confine: true,
      className: "tip-holder",
      padding: 0,
      borderWidth: 0,
      backgroundColor: "transparent",
      extraCssText: "",
      transitionDuration: 0,
      axisPointer: { type: data.kind === "line" ? "line" : "shadow", lineStyle: { color: colour("edge-control"), type: "solid" }, shadowStyle: { color: colour("edge-control"), opacity: 0.12 } },
      formatter: (points) => tip(data, points[0].dataIndex),
    },
    xAxis: data.horizontal ? values : names,
    yAxis: data.horizontal ? names : values,
    series: series(data),
  };
};

const paint = async (figure) => {
  const data = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  const echarts = await load();
  const picture = figure.querySelector(".picture");
  const chart = drawn.get(figure) ?? echarts.init(picture, null, { renderer: "canvas" });
  drawn.set(figure, chart);
  chart.setOption(option(data), true);
  chart.off("click");
  if (data.hrefs.length) chart.on("click", (event) => data.hrefs[event.dataIndex] && location.assign(data.hrefs[event.dataIndex]));
  figure.dataset.drawn = "";
};

/** Draw the charts within a node. */
export const draw = (within) => {
  for (const [figure, chart] of drawn) {
    if (figure.isConnected) continue;
    chart.dispose();
    drawn.delete(figure);
  }
  const figures = [...(within.querySelectorAll?.("[data-chart]") ?? [])];
  if (within.matches?.("[data-chart]")) figures.push(within);
  for (const figure of figures) if (!drawn.has(figure)) paint(figure).catch(() => figure.querySelector("details")?.setAttribute("open", ""));
};

let pending = 0;
addEventListener("resize", () => {
  cancelAnimationFrame(pending);
  pending = requestAnimationFrame(() => drawn.forEach((chart) => chart.resize()));
});
document.addEventListener("panhuo:theme", () => drawn.forEach((chart, figure) => paint(figure)));
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll(".chart details:not([open])")) details.dataset.printed = details.open = true;
  drawn.forEach((chart) => chart.resize());
});
addEventListener("afterprint", () => {
  for (const details of document.querySelectorAll(".chart details[data-printed]")) {
    details.open = false;
    delete details.dataset.printed;
  }
});
