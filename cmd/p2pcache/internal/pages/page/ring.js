// The ring's picture: three bands around a number. What is shown glides to what is so.

const ringView = {members: [], arcs: [], load: new Map(), share: new Map(), target: new Map(), needle: null, over: '', frame: 0, arcsDrawn: ''};
const still = window.matchMedia('(prefers-reduced-motion: reduce)');
const colours = new Map();

// colourOf gives each member a colour of its own for as long as the page is open.
function colourOf(name) {
  if (!colours.has(name)) colours.set(name, colours.size);
  const i = colours.get(name);
  return i < 8 ? `var(--c${i})` : `hsl(${(i * 137.5) % 360} 60% 55%)`;
}

// band returns the path of a part of a ring between two turns (0 to 1, clockwise from the top) and two radii.
function band(from, to, inner, outer) {
  if (to - from > 0.99999) to = from + 0.99999;
  const at = (turn, r) => { const a = (turn - 0.25) * 2 * Math.PI; return `${(r * Math.cos(a)).toFixed(2)} ${(r * Math.sin(a)).toFixed(2)}`; };
  const big = to - from > 0.5 ? 1 : 0;
  return `M${at(from, outer)}A${outer} ${outer} 0 ${big} 1 ${at(to, outer)}L${at(to, inner)}A${inner} ${inner} 0 ${big} 0 ${at(from, inner)}Z`;
}

function showRing(members, arcs, rates) {
  const busiest = Math.max(1, ...rates.values());
  ringView.members = members;
  ringView.arcs = arcs;
  ringView.target = new Map(members.map(m => [m.name, {share: m.share, load: (rates.get(m.name) || 0) / busiest}]));
  for (const name of ringView.share.keys()) if (!ringView.target.has(name)) ringView.target.set(name, {share: 0, load: 0});
  if (!ringView.frame) glide();
}

function glide() {
  let moving = false;
  for (const [name, want] of ringView.target) {
    for (const [what, to] of [['share', want.share], ['load', want.load]]) {
      const now = ringView[what].get(name) ?? (what === 'load' ? 0 : ringView.share.size ? 0 : to);
      const next = still.matches || document.hidden || Math.abs(to - now) < 0.002 ? to : now + (to - now) * 0.16;
      ringView[what].set(name, next);
      if (next !== to) moving = true;
    }
  }
  for (const name of [...ringView.share.keys()]) {
    if (ringView.share.get(name) === 0 && !ringView.members.some(m => m.name === name)) {
      ringView.share.delete(name); ringView.load.delete(name); ringView.target.delete(name);
    }
  }
  paintRing();
  ringView.frame = moving ? requestAnimationFrame(glide) : 0;
}

function paintRing() {
  const svg = $('ring');
  let bands = svg.querySelector('.bands');
  if (!bands) {
    bands = draw('g', {class: 'bands'});
    svg.append(draw('circle', {r: 138, 'stroke-width': 26, class: 'track'}), draw('g', {class: 'fine'}), bands, draw('g', {class: 'needles'}));
  }
  const names = [...ringView.share.keys()].sort();
  const sum = names.reduce((a, n) => a + ringView.share.get(n), 0) || 1;
  const gap = names.length > 1 && names.length < 60 ? 0.003 : 0;
  let turn = 0;
  const parts = [];
  for (const name of names) {
    const share = ringView.share.get(name) / sum, to = turn + share;
    const member = ringView.members.find(m => m.name === name);
    if (share > 0.0005) parts.push(sectorOf(name, member, turn + gap / 2, Math.max(to - gap / 2, turn + gap / 2 + 0.0004), names.length));
    turn = to;
  }
  bands.replaceChildren(...parts, ...(ringView.centre || []));
  paintFine(svg.querySelector('.fine'));
  paintNeedle(svg.querySelector('.needles'));
}

function sectorOf(name, member, from, to, members) {
  const g = draw('g', {class: 'sector' + (ringView.over && ringView.over !== name ? ' dim' : '') + (!member || member.error ? ' silent' : '')});
  g.style.color = colourOf(name);
  const load = ringView.load.get(name) || 0;
  g.append(draw('path', {d: band(from, to, 158, 190), fill: 'currentColor'}),
    draw('path', {d: band(from, to, 125, 125 + Math.max(1, 26 * load)), fill: 'currentColor', opacity: 0.5}));
  g.append(draw('title', {}, `${name}: ${percent(member ? member.share : 0)} of the keys`));
  const mid = (from + to) / 2, a = (mid - 0.25) * 2 * Math.PI, r = 206;
  if (members <= 10 && to - from > 0.035) {
    const anchor = Math.abs(Math.cos(a)) < 0.25 ? 'middle' : Math.cos(a) > 0 ? 'start' : 'end';
    const x = Math.cos(a) * r, y = Math.sin(a) * r + 2;
    g.append(draw('text', {x, y, 'text-anchor': anchor, class: 'name'}, name.length > 12 ? name.slice(0, 11) + '…' : name),
      draw('text', {x, y: y + 17, 'text-anchor': anchor, class: 'share'}, member ? percent(member.share) : 'gone'));
  }
  g.addEventListener('mouseenter', () => { ringView.over = name; paintRing(); });
  g.addEventListener('mouseleave', () => { ringView.over = ''; paintRing(); });
  return g;
}

// paintFine draws the ring as it is, point by point, one path for each member.
function paintFine(g) {
  const drawn = ringView.arcs.join() + ringView.members.map(m => m.name).join('\n');
  if (drawn === ringView.arcsDrawn) return;
  ringView.arcsDrawn = drawn;
  const n = ringView.arcs.length, paths = ringView.members.map(() => '');
  for (let i = 0; i < n;) {
    let j = i;
    while (j < n && ringView.arcs[j] === ringView.arcs[i]) j++;
    if (ringView.arcs[i] >= 0) paths[ringView.arcs[i]] += band(i / n, j / n, 106, 118);
    i = j;
  }
  g.replaceChildren(...paths.map((d, i) => {
    const p = draw('path', {d, fill: 'currentColor'});
    p.style.color = colourOf(ringView.members[i].name);
    return p;
  }));
}

// paintNeedle points to where the key that was looked up is.
function paintNeedle(g) {
  if (ringView.needle === null) { g.replaceChildren(); return; }
  const a = (ringView.needle - 0.25) * 2 * Math.PI, x = Math.cos(a), y = Math.sin(a);
  g.replaceChildren(draw('line', {x1: x * 84, y1: y * 84, x2: x * 112, y2: y * 112, class: 'needle'}), draw('circle', {cx: x * 112, cy: y * 112, r: 6.5, class: 'pin'}));
}

function showCentre(big, small) {
  ringView.centre = [draw('text', {'text-anchor': 'middle', y: 8, class: 'centre'}, big), draw('text', {'text-anchor': 'middle', y: 32, class: 'centreNote'}, small)];
}
