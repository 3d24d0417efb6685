'use strict';
// How numbers are read from what the members count, and how they are written.

const sources = ['local', 'hot', 'peer', 'origin', 'stale'];
const sourceText = {local: 'own store', hot: 'hot copy', peer: 'a peer', origin: 'the origin', stale: 'stale, refreshing'};

const $ = id => document.getElementById(id);

// make returns an element with a class, a text and children. Texts never become markup.
function make(tag, className, text, ...children) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined && text !== null) e.textContent = text;
  e.append(...children);
  return e;
}

// draw returns an SVG element.
function draw(tag, attributes = {}, text) {
  const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  if (text !== undefined) e.textContent = text;
  return e;
}

function count(n) {
  if (n >= 1e9) return (n / 1e9).toFixed(n < 1e10 ? 2 : 1) + 'G';
  if (n >= 1e6) return (n / 1e6).toFixed(n < 1e7 ? 2 : 1) + 'M';
  if (n >= 1e4) return (n / 1e3).toFixed(n < 1e5 ? 1 : 0) + 'k';
  if (n >= 100 || n === 0 || Number.isInteger(n)) return Math.round(n).toLocaleString('en');
  return n.toFixed(n < 10 ? 1 : 0);
}

function bytes(n) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) { n /= 1024; i++; }
  return (i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)) + ' ' + units[i];
}

function seconds(s) {
  if (!(s > 0)) return '–';
  if (s < 1e-6) return Math.round(s * 1e9) + ' ns';
  if (s < 1e-3) return (s * 1e6).toPrecision(s < 1e-5 ? 2 : 3).replace(/\.0+$/, '') + ' µs';
  if (s < 1) return Number((s * 1e3).toPrecision(3)) + ' ms';
  return Number(s.toPrecision(3)) + ' s';
}

function duration(s) {
  if (s < 60) return Math.floor(s) + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' min';
  if (s < 86400) return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
  return Math.floor(s / 86400) + ' d ' + Math.floor(s % 86400 / 3600) + ' h';
}

const percent = share => (share * 100).toFixed(1) + ' %';

// A tally is a group's counters, or the sum of several.
function tally() {
  return {gets: [0, 0, 0, 0, 0], served: 0, loads: 0, errors: 0, buckets: [], loadBuckets: [], held: 0, entries: 0, budget: 0};
}

function addBuckets(to, from, sign) {
  (from || []).forEach((n, i) => { to[i] = Math.max(0, (to[i] || 0) + sign * n); });
}

// addTally adds the counters of b to a, or takes them away where sign is -1.
function addTally(a, b, sign = 1) {
  b.gets.forEach((n, i) => { a.gets[i] += sign * n; });
  for (const field of ['served', 'loads', 'errors']) a[field] += sign * b[field];
  addBuckets(a.buckets, b.buckets, sign);
  addBuckets(a.loadBuckets, b.loadBuckets, sign);
  if (sign > 0) for (const field of ['held', 'entries', 'budget']) a[field] += b[field];
  return a;
}

// tallyOf sums those groups of a member's stats that are in scope: one, or all for ''.
function tallyOf(stats, scope) {
  const sum = tally();
  for (const g of stats.groups) {
    if (scope && g.name !== scope) continue;
    const one = tally();
    sources.forEach((s, i) => { one.gets[i] = g.gets[s] || 0; addBuckets(one.buckets, (g.get_seconds[s] || {}).buckets, 1); });
    Object.assign(one, {served: g.served, loads: g.origin_loads, errors: g.origin_errors, budget: g.max_bytes});
    addBuckets(one.loadBuckets, g.load_seconds.buckets, 1);
    one.held = g.owned.bytes + g.hot.bytes;
    one.entries = g.owned.entries + g.hot.entries;
    addTally(sum, one);
  }
  return sum;
}

// quantile reads a quantile from buckets with upper bounds; within one, durations are taken to be spread evenly.
function quantile(q, buckets, bounds) {
  const total = buckets.reduce((a, b) => a + b, 0);
  let seen = 0, lower = 0;
  if (!total) return 0;
  for (let i = 0; i < buckets.length; i++) {
    if (i >= bounds.length) return lower;
    if (buckets[i] > 0 && seen + buckets[i] >= q * total) return lower + (bounds[i] - lower) * (q * total - seen) / buckets[i];
    seen += buckets[i];
    lower = bounds[i];
  }
  return 0;
}

const total = gets => gets.reduce((a, b) => a + b, 0);
