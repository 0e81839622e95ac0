// The page: controls, figures of curves that the solver computes, the call that gives the same in Python.
"use strict";

const PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#888888"];
const DASHES = ["", "8 3", "8 3 2 3", "2 3", "12 4", "4 2", "1 2"];
const BOX = { left: 62, right: 625, top: 14, bottom: 372 };
const COUNT = { curve: 161, time: 41 };
const state = { view: "descent", along: "p", activation: "relu", d: WORDS.dimensions.at(-1) };
const byId = (id) => document.getElementById(id);
const made = (tag, attributes = {}, text = "") => {
  const space = ["svg", "path", "line", "text", "g"].includes(tag) ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml";
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
};

// A slider: its name, words, range (common logarithms where `log`), and the figures it belongs to.
const SLIDERS = [
  { name: "n", words: "samples per dimension n/d", low: -1, high: 2, start: 3, log: true, views: ["descent", "parts", "time"] },
  { name: "p", words: "features per dimension p/d", low: -1, high: 2, start: 2, log: true, views: ["descent", "parts", "time"] },
  { name: "width", words: "features: exponent of d", low: 0.5, high: 3.5, start: 3.5, views: ["staircase"] },
  { name: "ridge", words: "ridge λ", low: -8, high: 3, start: 1e-3, log: true, views: ["descent", "parts", "staircase"] },
  { name: "noise", words: "variance of label noise", low: 0, high: 2, start: 0.1, views: ["descent", "parts", "staircase", "time"] },
  ...WORDS.degrees.map((k) => ({
    name: `F${k}`, words: `power of the target in degree ${k}`, low: 0, high: 2, start: k <= 3 ? 1 / k : 0,
    views: k <= 2 ? ["descent", "parts", "staircase", "time"] : ["staircase"],
  })),
];

const VIEWS = {
  descent: { title: "Double descent", about: "The error peaks where features are as many as samples, and falls again beyond." },
  parts: { title: "Where the error comes from", about: "Squared bias, variance of features and samples, label noise, and their interactions; they add up to the test error." },
  staircase: { title: "The staircase", about: "With a power of the dimension in samples and in features, one degree of the target is learned after the other." },
  time: { title: "Training time", about: "Gradient flow from zero, without ridge: error and training error against time." },
};

const value = (name) => {
  const slider = SLIDERS.find((one) => one.name === name), raw = Number(byId(name).value);
  return Number((slider.log ? 10 ** raw : raw).toPrecision(6));
};
const target = () => [0, ...WORDS.degrees.map((k) => (shown(`F${k}`) ? value(`F${k}`) : 0))];
const shown = (name) => SLIDERS.find((one) => one.name === name).views.includes(state.view);
const short = (x) => (x === null || Number.isNaN(x) ? "–" : Number(x.toPrecision(4)).toString());
const logspace = (low, high, count) => Array.from({ length: count }, (_, i) => 10 ** (low + (high - low) * i / (count - 1)));

// The curves of a view: positions, and for each name the values there.
function curvesOf() {
  if (state.view === "staircase") return staircase();
  const regime = PROGRAMS.regimes.limit, numbers = numbersOf(regime, state.activation, target(), value("noise"));
  const sizes = { n: value("n"), p: value("p") };
  if (state.view === "time") {
    const x = logspace(-2, 5, COUNT.time), found = x.map((time) => trained(regime, numbers, sizes, time));
    return collected(x, found, ["test", "train", "bias", "variance"], WORDS.components, { label: "time", log: true });
  }
  const along = state.along, slider = SLIDERS.find((one) => one.name === along);
  const x = logspace(slider.low, slider.high, COUNT.curve), parted = state.view === "parts";
  const found = x.map((at) => {
    const here = along === "ridge" ? sizes : { ...sizes, [along]: at }, ridge = along === "ridge" ? at : value("ridge");
    return (parted ? parts : predict)(regime, numbers, here, ridge);
  });
  const names = parted ? Object.keys(WORDS.parts) : ["test", "train", "bias", "variance"];
  const mark = along === "p" ? sizes.n : along === "n" ? sizes.p : null;
  return collected(x, found, names, parted ? WORDS.parts : WORDS.components, { label: slider.words, log: true, mark, stacked: parted });
}

function staircase() {
  const d = Number(state.d), regime = PROGRAMS.regimes[d];
  const numbers = numbersOf(regime, state.activation, target(), value("noise"));
  const x = Array.from({ length: COUNT.curve }, (_, i) => 3.5 * i / (COUNT.curve - 1));
  const found = x.map((kappa) => predict(regime, numbers, { n: Math.round(d ** kappa), p: Math.round(d ** value("width")) }, value("ridge")));
  return collected(x, found, ["test", "train"], WORDS.components, { label: "samples: exponent of d", mark: value("width") });
}

function collected(x, found, names, words, options) {
  const columns = names.map((name) => ({ name, words: words[name], y: found.map((row) => (row === null ? NaN : row[name])) }));
  return { x, columns, ...options };
}

function ticks(low, high, log) {
  if (log) {
    const every = Math.max(1, Math.ceil((high - low) / 7));
    return Array.from({ length: Math.floor(high + 1e-9) - Math.ceil(low - 1e-9) + 1 }, (_, i) => Math.ceil(low - 1e-9) + i)
      .filter((e) => e % every === 0).map((e) => ({ at: e, text: e >= -3 && e <= 4 ? String(10 ** e) : `1e${e}` }));
  }
  const step = 10 ** Math.floor(Math.log10((high - low) / 4)), wide = [1, 2, 5, 10].find((m) => (high - low) / (m * step) <= 6) * step;
  const first = Math.ceil(low / wide - 1e-9);
  return Array.from({ length: Math.floor(high / wide + 1e-9) - first + 1 }, (_, i) => ({ at: (first + i) * wide, text: short((first + i) * wide) }));
}

function draw() {
  const data = curvesOf(), svg = byId("plot"), place = (x) => (data.log ? Math.log10(x) : x);
  svg.replaceChildren();
  const stacked = data.stacked ? data.x.map((_, i) => data.columns.reduce((sum, c) => sum + c.y[i], 0)) : null;
  const all = (stacked ?? data.columns.flatMap((c) => c.y)).filter(Number.isFinite).sort((a, b) => a - b);
  const high90 = all[Math.floor(0.9 * all.length)] ?? 1, top = Math.min(all.at(-1) ?? 1, 4 * high90) * 1.05 || 1;
  const [low, high] = [place(data.x[0]), place(data.x.at(-1))];
  const toX = (x) => BOX.left + (place(x) - low) / (high - low) * (BOX.right - BOX.left);
  const toY = (y) => BOX.bottom - Math.min(y / top, 1.03) * (BOX.bottom - BOX.top);
  const frame = made("g");
  for (const { at, text } of ticks(low, high, data.log)) {
    const x = BOX.left + (at - low) / (high - low) * (BOX.right - BOX.left);
    frame.append(made("line", { x1: x, x2: x, y1: BOX.top, y2: BOX.bottom, class: "grid" }), made("text", { x, y: BOX.bottom + 18, "text-anchor": "middle" }, text));
  }
  for (const { at, text } of ticks(0, top, false)) {
    frame.append(made("line", { x1: BOX.left, x2: BOX.right, y1: toY(at), y2: toY(at), class: "grid" }), made("text", { x: BOX.left - 6, y: toY(at) + 4, "text-anchor": "end" }, text));
  }
  frame.append(made("line", { x1: BOX.left, x2: BOX.right, y1: BOX.bottom, y2: BOX.bottom, class: "axis" }));
  frame.append(made("text", { x: (BOX.left + BOX.right) / 2, y: BOX.bottom + 40, "text-anchor": "middle" }, data.label));
  if (data.mark) frame.append(made("line", { x1: toX(data.mark), x2: toX(data.mark), y1: BOX.top, y2: BOX.bottom, class: "mark" }));
  svg.append(frame);
  let floor = data.x.map(() => 0);
  data.columns.forEach((column, i) => {
    const upper = data.stacked ? column.y.map((y, k) => floor[k] + y) : column.y;
    svg.append(data.stacked ? area(data.x, floor, upper, i, toX, toY) : line(data.x, upper, i, toX, toY));
    svg.append(made("text", { x: BOX.left + 12, y: BOX.top + 16 + 17 * i, style: `fill:${PALETTE[i]};font-weight:600` }, column.name));
    floor = upper;
  });
  current = { data, toX };
  read();
  byId("python").textContent = pythonCall();
}

const path = (x, y, toX, toY) => x.map((at, i) => (Number.isFinite(y[i]) ? `${i && Number.isFinite(y[i - 1]) ? "L" : "M"}${toX(at).toFixed(1)} ${toY(y[i]).toFixed(1)}` : "")).join("");
const line = (x, y, i, toX, toY) => made("path", { d: path(x, y, toX, toY), fill: "none", stroke: PALETTE[i], "stroke-width": 2.2, "stroke-dasharray": DASHES[i] });
const area = (x, low, high, i, toX, toY) => made("path", { d: path(x, high, toX, toY) + path([...x].reverse(), [...low].reverse(), toX, toY).replace("M", "L") + "Z", fill: PALETTE[i], "fill-opacity": 0.8 });

let current = null;
function read() {
  const { data, toX } = current, i = Math.round(Number(byId("cursor").value) * (data.x.length - 1)), at = data.x[i];
  byId("plot").querySelector("#needle")?.remove();
  byId("plot").append(made("line", { id: "needle", x1: toX(at), x2: toX(at), y1: BOX.top, y2: BOX.bottom, class: "axis" }));
  byId("reading").textContent = `${data.label} ${short(at)}: ` + data.columns.map((c) => `${c.name} ${short(c.y[i])}`).join(", ");
  const rows = data.x.map((x, k) => [x, ...data.columns.map((c) => c.y[k])]).filter((_, k) => k % 5 === 0);
  const table = made("table"), head = made("tr");
  for (const name of [data.label, ...data.columns.map((c) => c.name)]) head.append(made("th", { scope: "col" }, name));
  table.append(head);
  for (const row of rows) {
    const line = made("tr");
    for (const cell of row) line.append(made("td", {}, short(cell)));
    table.append(line);
  }
  byId("values").replaceChildren(table);
}

// The call in Python for what is drawn.
function pythonCall() {
  const powers = WORDS.degrees.filter((k) => target()[k]).map((k) => `${k}: ${target()[k]}`).join(", ");
  const lines = ["import numpy as np", "import asymptotics as asy", ""];
  lines.push(`model = asy.RandomFeaturesRidge("${state.activation}", target={${powers}}, noise=${value("noise")})`);
  if (state.view === "staircase") {
    const d = Number(state.d), samples = `np.round(${d}.0 ** np.linspace(0, 3.5, ${COUNT.curve}))`;
    lines.push(`regime = asy.FiniteSize(d=${d}, n=${samples}, p=${Math.round(d ** value("width"))})`);
    lines.push(`risk = asy.predict(model, regime, ridge=${value("ridge")})`);
    return lines.join("\n");
  }
  const grid = (name) => { const s = SLIDERS.find((one) => one.name === name); return `np.geomspace(${10 ** s.low}, ${10 ** s.high}, ${COUNT.curve})`; };
  const of = (name) => (state.view !== "time" && state.along === name ? grid(name) : String(value(name)));
  lines.push(`regime = asy.Proportional(psi1=${of("p")}, psi2=${of("n")})`);
  if (state.view === "time") lines.push(`risk = asy.predict(model, regime, time=np.geomspace(0.01, 100000, ${COUNT.time}))`);
  else lines.push(`risk = asy.predict(model, regime, ridge=${of("ridge")})`);
  if (state.view === "parts") lines.push("risk.parts");
  return lines.join("\n");
}

function choice(name, words, options) {
  const row = made("div", { class: "row", id: `row-${name}` }), select = made("select", { id: name });
  for (const [key, text] of options) select.append(made("option", { value: key }, text));
  select.value = state[name];
  select.addEventListener("change", () => { state[name] = select.value; arrange(); });
  row.append(made("label", { for: name }, words), select);
  return row;
}

function controls() {
  const form = byId("controls");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.append(choice("activation", "activation", Object.keys(PROGRAMS.regimes.limit.numbers).map((name) => [name, name])));
  form.append(choice("along", "along", [["p", "features"], ["n", "samples"], ["ridge", "ridge"]]));
  form.append(choice("d", "dimension d", WORDS.dimensions.map((d) => [d, d])));
  for (const { name, words, low, high, start, log } of SLIDERS) {
    const row = made("div", { class: "row", id: `row-${name}` }), label = made("label", { for: name }, words), output = made("output", { for: name });
    const input = made("input", { type: "range", id: name, min: low, max: high, step: "any", value: log ? Math.log10(start) : start });
    const told = () => { output.textContent = short(value(name)); input.setAttribute("aria-valuetext", `${words} ${short(value(name))}`); };
    input.addEventListener("input", () => { told(); draw(); });
    input.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (!way) return;
      event.preventDefault();
      input.value = Number(input.value) + way * (high - low) / 100;
      input.dispatchEvent(new Event("input"));
    });
    label.append(output);
    row.append(label, input);
    form.append(row);
    told();
  }
}

// Shows what belongs to the view, and draws.
function arrange() {
  for (const button of byId("tabs").children) {
    const chosen = button.dataset.view === state.view;
    button.setAttribute("aria-selected", chosen);
    button.tabIndex = chosen ? 0 : -1;
  }
  byId("title").textContent = VIEWS[state.view].title;
  byId("about").textContent = VIEWS[state.view].about;
  const curve = ["descent", "parts"].includes(state.view);
  for (const { name } of SLIDERS) byId(`row-${name}`).hidden = !shown(name) || (curve && name === state.along);
  byId("row-along").hidden = !curve;
  byId("row-d").hidden = state.view !== "staircase";
  for (const one of document.querySelectorAll("[data-regime]")) one.hidden = (one.dataset.regime === "limit") === (state.view === "staircase");
  draw();
}

function start() {
  const names = Object.keys(VIEWS), tabs = byId("tabs");
  for (const view of names) {
    const button = made("button", { type: "button", role: "tab", "data-view": view, "aria-controls": "figure" }, VIEWS[view].title);
    button.addEventListener("click", () => { state.view = view; arrange(); });
    button.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!way) return;
      state.view = names[(names.indexOf(state.view) + way + names.length) % names.length];
      arrange();
      tabs.querySelector("[aria-selected='true']").focus();
    });
    tabs.append(button);
  }
  byId("cursor").addEventListener("input", read);
  byId("copy").addEventListener("click", async () => {
    const text = byId("python").textContent;
    try { await navigator.clipboard.writeText(text); } catch {
      getSelection().selectAllChildren(byId("python"));
      document.execCommand("copy");
    }
    byId("copied").textContent = "copied";
  });
  controls();
  arrange();
}
start();
