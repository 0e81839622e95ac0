// Solves the programs of PROGRAMS: the recorded equations, printed as JavaScript. Mirrors the package's solvers in double
// precision: one monotone equation by Newton's method in a bracket, its continuation to complex ridges, and the
// averages with two poles that parts and training need. Everything is a plain function of numbers.
"use strict";

const NEWTON = { steps: 300, widest: 60, last: 2e-9 };
const PATH = { step: 0.9, near: 1.6, rounds: 14, done: 1e-8, failed: 1e-7, certain: -1e-9 };

// The root of left(x) = right, left falling; sides(x) gives left, right, slope, and excess = left - right.
function solveDecreasing(sides, start) {
  let x = start > 0 ? start : 1, low = 0, high = Infinity;
  for (let i = 0; i < NEWTON.steps; i++) {
    const { left, right, slope, excess } = sides(x);
    if (excess >= 0) low = x;
    if (excess <= 0) high = x;
    const step = Math.log1p(excess / right) * left / slope;
    if (Math.abs(step) <= NEWTON.last) return x + x * step;
    x = inside(x, step, low, high);
  }
  return NaN;
}

function inside(x, wanted, low, high) {
  const step = Number.isFinite(wanted) ? Math.max(-NEWTON.widest, Math.min(NEWTON.widest, wanted)) : 0;
  const point = x * Math.exp(step);
  const outside = !(point > low && point < high) && step !== 0, stuck = step === 0 && high > low;
  if (!outside && !stuck) return point;
  return high === Infinity ? x * 1e3 : low === 0 ? x * 1e-3 : Math.sqrt(low) * Math.sqrt(high);
}

// What a model is in numbers: scalars, spectrum, trace and rank, all linear in the powers of the target.
function numbersOf(regime, activation, target, noise) {
  const base = regime.numbers[activation];
  const scalars = { ...base.scalars, noise };
  for (const [name, slopes] of Object.entries(regime.target)) {
    scalars[name] = slopes.reduce((sum, slope, k) => sum + slope * (target[k] ?? 0), 0);
  }
  let spectrum = null;
  if (base.degrees) {
    const powers = base.degrees.map((k) => (k === null ? 0 : target[k] ?? 0));
    spectrum = { eigenvalues: base.eigenvalues, weights: { T: base.counts, B: powers }, tails: { T: base.tail, B: 0 } };
  }
  return { scalars, spectrum, trace: base.trace, rank: base.rank ?? Infinity };
}

function chartOf(regime, sizes) {
  return regime.charts.find((chart) => chart.serves.every((condition) => condition(sizes).value >= 0));
}

// Every observable at one point, by name; null where it diverges or a limit of its own would be needed.
function predict(regime, numbers, sizes, ridge) {
  const chart = chartOf(regime, sizes), size = sizes[chart.slack];
  const inputs = chart.coordinates({ ...sizes, lam: ridge });
  if (ridge === 0 && (inputs.gap === 0 || numbers.rank <= size)) return null;
  const given = { ...inputs, ...numbers.scalars };
  const nu = solveDecreasing((x) => {
    const out = chart.equation({ ...given, [chart.master]: x }, numbers.spectrum);
    return { ...out, excess: out.rest - out.weight * (size - out.count) };
  }, numbers.trace / size + inputs[chart.vanishing]);
  const found = chart.observables({ ...given, [chart.master]: nu }, numbers.spectrum);
  return { ...found, nu };
}

// The spectrum of a chart: eigenvalues, multiplicities, powers, and what lies above.
function levelsOf(chart, numbers) {
  if (!chart.levels) {
    const { eigenvalues: s, weights, tails } = numbers.spectrum;
    return { s, m: weights.T, b: weights.B, trace: tails.T, power: tails.B };
  }
  const out = chart.levels(numbers.scalars), column = (part) => chart.count.map((i) => out[part + i]);
  return { s: column("s"), m: column("m"), b: column("b"), trace: out.trace, power: out.power };
}

// One minus the degrees of freedom over the smaller size, and over the larger; their product is known.
function slacks(small, large, freedom, product) {
  const ratio = small / large, gap = (large - small) / large;
  let first = 2 * product / (gap + Math.sqrt(gap * gap + 4 * ratio * product));
  if (!Number.isFinite(first)) first = (small - freedom) / small;
  return [first, gap + ratio * first];
}

// The parts of the test error at one point.
function parts(regime, numbers, sizes, ridge) {
  const risk = predict(regime, numbers, sizes, ridge);
  if (risk === null) return null;
  const { s, m, b, trace, power } = levelsOf(chartOf(regime, sizes), numbers), nu = risk.nu;
  let both = 0, one = trace === 0 ? 0 : trace / nu, left = power, half = 0;
  for (let k = 0; k < s.length; k++) {
    const out = nu / (s[k] + nu), into = s[k] / (s[k] + nu);
    both += m[k] * into * into;
    one += m[k] * into * out;
    left += b[k] * out * out;
    half += b[k] * into * out;
  }
  const { n, p } = sizes, [first, second] = slacks(Math.min(n, p), Math.max(n, p), both + one, ridge / n / nu);
  const [gamma_a, eta_b] = n <= p ? [first, second] : [second, first];
  const pair = PROGRAMS.pair({ gamma_a, eta_b, inv_n: 1 / n, inv_p: 1 / p, both, one, other: one, left, half });
  return PROGRAMS.parts({ ...pair, noise: numbers.scalars.noise });
}

// Complex numbers, as pairs.
const times = ([a, b], [c, d]) => [a * c - b * d, a * d + b * c];
const over = ([a, b], [c, d]) => { const q = c * c + d * d; return [(a * c + b * d) / q, (b * c - a * d) / q]; };
const exponential = ([a, b]) => [Math.exp(a) * Math.cos(b), Math.exp(a) * Math.sin(b)];
const logarithm = ([a, b]) => [Math.log(Math.hypot(a, b)), Math.atan2(b, a)];
const plus = ([a, b], [c, d]) => [a + c, b + d];
const minus = ([a, b], [c, d]) => [a - c, b - d];
const scaled = (x, [a, b]) => [x * a, x * b];

// Degrees of freedom at a complex effective ridge, and how fast they fall with its logarithm.
function freedomAt(levels, nu) {
  const { s, m, trace } = levels, tail = over([trace, 0], nu);
  let freedom = tail, slope = tail;
  for (let k = 0; k < s.length; k++) {
    const into = over([s[k], 0], plus([s[k], 0], nu)), out = over(nu, plus([s[k], 0], nu));
    freedom = plus(freedom, scaled(m[k], into));
    slope = plus(slope, scaled(m[k], times(into, out)));
  }
  return { freedom, slope };
}

// The physical solution at complex ridges per sample, from node to node; the start is a real ridge.
function solveNodes(levels, sizes, ridges) {
  const small = Math.min(sizes.n, sizes.p), large = Math.max(sizes.n, sizes.p);
  const ratio = small / large, gap = (large - small) / large;
  const wide = (u) => plus(scaled(ratio, u), [gap, 0]);
  const slack = (nu, ridge) => 2 * (ridge / nu) / (gap + Math.sqrt(gap * gap + 4 * ratio * ridge / nu));
  function real(ridge) {
    const nu = solveDecreasing((x) => {
      const { freedom, slope } = freedomAt(levels, [x, 0]), u = slack(x, ridge);
      const left = freedom[0] / small + u, falls = u * (u * ratio + gap) / (2 * u * ratio + gap);
      return { left, right: 1, slope: slope[0] / small + falls, excess: left - 1 };
    }, ridge + levels.total / small);
    return { nu: [nu, 0], u: [slack(nu, ridge), 0] };
  }
  function slopes(ridge, { nu, u }) {
    const { freedom, slope } = freedomAt(levels, nu), w = wide(u);
    const first = logarithm(over(ridge, times(times(nu, u), w)));
    const second = minus(minus([1, 0], u), scaled(1 / small, freedom));
    return { first, second, b: plus([1, 0], over(scaled(ratio, u), w)), c: scaled(1 / small, slope) };
  }
  const moved = ({ nu, u }, dx, dy) => ({ nu: times(nu, exponential(dx)), u: times(u, exponential(dy)) });
  let at = null, here = null;
  return ridges.map((ridge) => {
    const target = logarithm(ridge);
    if (at === null || Math.hypot(...minus(target, at)) > PATH.near) {
      at = [target[0], 0];
      here = real(Math.hypot(...ridge));
    }
    const way = minus(target, at), pieces = Math.max(1, Math.ceil(Math.hypot(...way) / PATH.step));
    let certain = true;
    for (let piece = 1; piece <= pieces; piece++) {
      const next = piece === pieces ? ridge : exponential(plus(at, scaled(piece / pieces, way)));
      const { b, c } = slopes(next, here), share = scaled(1 / pieces, way);
      const turn = over(times(share, c), plus(here.u, times(b, c)));
      here = moved(here, minus(share, times(b, turn)), turn);
      let size = Infinity;
      for (let round = 0; round < PATH.rounds && size > PATH.done; round++) {
        const { first, second, b, c } = slopes(next, here);
        const dy = over(plus(times(c, first), second), plus(here.u, times(b, c)));
        const dx = minus(first, times(b, dy));
        size = Math.max(Math.hypot(...dx), Math.hypot(...dy));
        const scale = Math.min(1, 1 / Math.max(size, 1e-300));
        here = moved(here, scaled(scale, dx), scaled(scale, dy));
      }
      certain &&= size < PATH.failed;
    }
    at = target;
    const root = exponential(scaled(0.5, target)), other = wide(here.u);
    for (const value of [here.u, other]) {
      const share = over(value, root);
      certain &&= share[0] > PATH.certain * Math.hypot(...share);
    }
    const [gamma, eta] = sizes.n <= sizes.p ? [here.u, other] : [other, here.u];
    return { nu: here.nu, gamma, eta, certain };
  });
}

// The risk of gradient flow from zero at a time: sums over pairs of nodes of its contour and their conjugates.
function trained(regime, numbers, sizes, time) {
  const chart = chartOf(regime, sizes), levels = levelsOf(chart, numbers), noise = numbers.scalars.noise;
  levels.total = levels.trace + levels.s.reduce((sum, s, k) => sum + levels.m[k] * s, 0);
  const { ridge, weight } = PROGRAMS.contour, { inputs, outputs, run } = PROGRAMS.cross;
  const nodes = solveNodes(levels, sizes, ridge.map((z) => scaled(1 / (time * sizes.n), z)));
  if (!nodes.every((node) => node.certain)) return null;
  for (const node of nodes) Object.assign(node, sharesAt(levels, node.nu));
  const x = new Float64Array(2 * inputs.length), out = new Float64Array(2 * outputs.length);
  const at = Object.fromEntries(inputs.map((name, i) => [name, 2 * i]));
  const from = Object.fromEntries(outputs.map((name, i) => [name, 2 * i]));
  const set = (name, a, b) => { const i = at[name]; x[i] = a; x[i + 1] = b; };
  set("inv_n", 1 / sizes.n, 0);
  set("inv_p", 1 / sizes.p, 0);
  set("noise", noise, 0);
  let bias = 0, variance = 0, train = 0;
  for (const sign of [1, -1]) {
    nodes.forEach((one, i) => {
      set("gamma_a", ...one.gamma);
      for (let j = i; j < nodes.length; j++) {
        const two = nodes[j], mate = ([a, b]) => [a, sign * b];
        set("eta_b", two.eta[0], sign * two.eta[1]);
        set("nu_b", two.nu[0], sign * two.nu[1]);
        averages(levels, one, two, sign, set);
        run(x, out);
        const b = [out[from.bias], out[from.bias + 1]], v = [out[from.variance], out[from.variance + 1]];
        const below = [out[from.denominator], out[from.denominator + 1]];
        const share = over(scaled(i === j ? 0.5 : 1, times(weight[i], mate(weight[j]))), below);
        bias += times(share, b)[0];
        variance += noise * times(share, v)[0];
        const labels = [b[0] + noise * (v[0] + below[0]), b[1] + noise * (v[1] + below[1])];
        train += times(times(share, times(one.gamma, mate(two.gamma))), labels)[0];
      }
    });
  }
  return { test: bias + variance, bias, variance, train };
}

// nu/(s + nu) and s/(s + nu) in every level, real and imaginary parts in turn, and one over nu.
function sharesAt(levels, nu) {
  const out = new Float64Array(2 * levels.s.length), into = new Float64Array(2 * levels.s.length);
  levels.s.forEach((s, k) => {
    const below = plus([s, 0], nu);
    out.set(over(nu, below), 2 * k);
    into.set(over([s, 0], below), 2 * k);
  });
  return { out, into, inverse: over([1, 0], nu) };
}

// Averages over the levels with the poles of two nodes, of which the second may be conjugate, and the minimum there.
function averages({ s, m, b, trace, power }, first, second, sign, set) {
  let both = 0, bothI = 0, one = trace * second.inverse[0], oneI = sign * trace * second.inverse[1];
  let other = trace * first.inverse[0], otherI = trace * first.inverse[1], left = power, leftI = 0, half = 0, halfI = 0;
  let rest = power, restI = 0;
  for (let k = 0; k < s.length; k++) {
    const i = 2 * k, a = first.out[i], aI = first.out[i + 1], c = first.into[i], cI = first.into[i + 1];
    const o = second.out[i], oI = sign * second.out[i + 1], n = second.into[i], nI = sign * second.into[i + 1];
    both += m[k] * (c * n - cI * nI); bothI += m[k] * (c * nI + cI * n);
    one += m[k] * (a * n - aI * nI); oneI += m[k] * (a * nI + aI * n);
    other += m[k] * (c * o - cI * oI); otherI += m[k] * (c * oI + cI * o);
    left += b[k] * (a * o - aI * oI); leftI += b[k] * (a * oI + aI * o);
    half += b[k] * (c * o - cI * oI); halfI += b[k] * (c * oI + cI * o);
    rest += b[k] * o; restI += b[k] * oI;
  }
  set("both", both, bothI); set("one", one, oneI); set("other", other, otherI);
  set("left", left, leftI); set("half", half, halfI); set("rest", rest, restI);
}
