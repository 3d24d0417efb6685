// Lines and areas over the last two minutes.

const historyLength = 120;

function sparkline(id, values) {
  const svg = $(id), max = Math.max(...values.filter(Number.isFinite), 1e-9);
  const known = values.slice(-60), step = 120 / (Math.max(known.length, 20) - 1);
  const points = known.map((v, i) => `${(120 - (known.length - 1 - i) * step).toFixed(1)} ${(33 - 28 * (v || 0) / max).toFixed(1)}`);
  if (points.length < 2) { svg.replaceChildren(); return; }
  const line = 'M' + points.join('L');
  const first = points[0].split(' ')[0];
  svg.replaceChildren(draw('path', {class: 'fill', d: `${line}L120 36L${first} 36Z`}), draw('path', {d: line}));
}

// areaChart stacks the rates by source; each of history is five numbers.
function areaChart(history) {
  const w = 640, h = 170, svg = $('area'), shown = Math.max(history.length, 30), step = w / (shown - 1);
  const max = Math.max(...history.map(total), 1) * 1.08;
  const x = i => (w - (history.length - 1 - i) * step).toFixed(1), y = v => (h - h * v / max).toFixed(1);
  const parts = [0.25, 0.5, 0.75].map(f => draw('line', {class: 'grid', x1: 0, x2: w, y1: h * f, y2: h * f}));
  if (history.length > 1) {
    const below = history.map(() => 0);
    sources.forEach((source, s) => {
      const bottom = history.map((_, i) => `${x(i)} ${y(below[i])}`).reverse();
      history.forEach((gets, i) => { below[i] += gets[s]; });
      const top = history.map((_, i) => `${x(i)} ${y(below[i])}`);
      const p = draw('path', {d: 'M' + top.join('L') + 'L' + bottom.join('L') + 'Z', fill: 'currentColor', opacity: 0.9});
      p.style.color = `var(--${source})`;
      parts.push(p);
    });
  }
  svg.replaceChildren(...parts);
  $('window').textContent = shown < historyLength ? `last ${shown} seconds` : 'last two minutes';
}

function sourceList(rates) {
  const all = total(rates);
  $('sourceList').replaceChildren(...sources.map((s, i) => {
    const swatch = make('span', 'swatch');
    swatch.style.background = `var(--${s})`;
    return make('li', '', null, swatch, make('span', 'muted', sourceText[s]), make('b', '', count(rates[i]) + '/s'), make('span', 'muted', all ? percent(rates[i] / all) : ''));
  }));
}
