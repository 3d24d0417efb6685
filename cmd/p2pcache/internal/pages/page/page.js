// Asks the node each second what all members count, and shows what came of it since it was asked before.

const pollEvery = 1000;
const view = {before: null, paused: false, rates: [], p99: [], hits: [], loads: [], event: 0};

// perSecond returns what each member counted since the answer before, for each second, by name.
function perSecond(doc, scope) {
  const rates = new Map();
  if (!view.before || view.before.scope !== scope) return rates;
  const elapsed = (doc.unix_ms - view.before.at) / 1000;
  for (const m of doc.members) {
    const before = view.before.tallies.get(m.name);
    if (!m.stats || !before || elapsed <= 0 || m.stats.uptime_seconds < before.uptime) continue;
    const d = addTally(addTally(tally(), tallyOf(m.stats, scope)), before.tally, -1);
    d.gets = d.gets.map(n => Math.max(0, n) / elapsed);
    for (const field of ['served', 'loads', 'errors']) d[field] = Math.max(0, d[field]) / elapsed;
    rates.set(m.name, d);
  }
  return rates;
}

function show(doc) {
  const scope = $('scope').value, rates = perSecond(doc, scope);
  const again = view.before && doc.unix_ms === view.before.at && view.before.scope === scope;
  if (again) return;
  const tallies = new Map(), now = tally();
  for (const m of doc.members) {
    if (!m.stats) continue;
    const t = tallyOf(m.stats, scope);
    tallies.set(m.name, {tally: t, uptime: m.stats.uptime_seconds});
    addTally(now, t);
  }
  const sum = tally();
  for (const d of rates.values()) addTally(sum, d);
  view.before = {at: doc.unix_ms, scope, tallies};
  const bounds = (doc.members.find(m => m.stats && m.stats.bucket_seconds) || {stats: {bucket_seconds: []}}).stats.bucket_seconds || [];
  showSelf(doc);
  showGroups(doc);
  if (rates.size) showRates(sum, bounds);
  showHeld(now, doc);
  showCentre(rates.size ? count(total(sum.gets)) : '–', doc.members.length === 1 ? 'gets/s · 1 member' : `gets/s · ${doc.members.length} members`);
  showRing(doc.members, doc.arcs, new Map([...rates].map(([name, d]) => [name, total(d.gets) + d.served])));
  showMembers(doc, rates, tallies, bounds);
  showEvents(doc.events);
}

function showSelf(doc) {
  const me = doc.members.find(m => m.name === doc.self), stats = me && me.stats;
  $('self').textContent = doc.self;
  document.title = doc.self + ' · p2pcache';
  const state = stats ? stats.state : 'gone';
  $('state').textContent = state;
  $('state').dataset.state = state === 'ready' ? 'good' : 'warn';
  $('build').textContent = stats ? `${stats.version} · up ${duration(stats.uptime_seconds)}` : '';
  $('ringHash').textContent = doc.ring_hash ? '#' + doc.ring_hash.toString(16).padStart(14, '0') : '';
  $('ringNames').replaceChildren(...doc.members.slice(0, 12).map(m => memberChip(m.name, percent(m.share))));
  $('ringText').textContent = 'The ring: ' + doc.members.map(m => `${m.name} ${percent(m.share)}`).join(', ');
}

function showGroups(doc) {
  const names = [...new Set(doc.members.flatMap(m => m.stats ? m.stats.groups.map(g => g.name) : []))].sort();
  for (const [id, first] of [['scope', [['', 'all groups']]], ['group', []]]) {
    const select = $(id), want = [...first, ...names.map(n => [n, n])];
    if ([...select.options].map(o => o.value).join('\n') === want.map(([v]) => v).join('\n')) continue;
    const chosen = select.value;
    select.replaceChildren(...want.map(([value, text]) => { const o = make('option', '', text); o.value = value; return o; }));
    if (names.includes(chosen)) select.value = chosen;
  }
}

function remember(list, value) {
  list.push(value);
  if (list.length > historyLength) list.shift();
}

function showRates(sum, bounds) {
  const gets = total(sum.gets), p99 = quantile(0.99, sum.buckets, bounds);
  remember(view.rates, sum.gets);
  remember(view.p99, p99);
  remember(view.loads, sum.loads);
  const hits = gets ? Math.max(0, 1 - sum.loads / gets) : null;
  remember(view.hits, hits === null ? view.hits.at(-1) ?? 0 : hits);
  $('gets').textContent = count(gets);
  $('hits').textContent = hits === null ? '–' : (hits * 100).toFixed(hits > 0.9995 ? 0 : 1);
  $('p50').textContent = seconds(quantile(0.5, sum.buckets, bounds));
  $('p99').textContent = seconds(p99);
  $('loads').textContent = count(sum.loads);
  $('loadTime').textContent = seconds(quantile(0.5, sum.loadBuckets, bounds));
  $('loadErrors').textContent = count(sum.errors) + '/s';
  sparkline('getsLine', view.rates.map(total));
  sparkline('hitsLine', view.hits);
  sparkline('p99Line', view.p99);
  sparkline('loadsLine', view.loads);
  areaChart(view.rates);
  sourceList(sum.gets);
}

function showHeld(now, doc) {
  $('held').textContent = bytes(now.held);
  $('entries').textContent = count(now.entries);
  $('full').textContent = now.budget ? percent(now.held / now.budget) : '–';
  $('fullBar').firstElementChild.style.width = now.budget ? Math.min(100, 100 * now.held / now.budget) + '%' : '0';
  const silent = doc.members.filter(m => m.error).length, draining = doc.members.filter(m => m.draining).length;
  $('members').textContent = doc.members.length;
  $('membersNote').textContent = [draining ? draining + ' draining' : '', silent ? silent + ' silent' : ''].filter(Boolean).join(' · ') || 'all serving';
  $('dots').replaceChildren(...doc.members.map(m => { const i = make('i'); i.style.background = colourOf(m.name); i.style.opacity = m.error ? 0.35 : 1; return i; }));
}

function stateOf(m) {
  const h = m.stats && m.stats.hand_over;
  const far = h && h.entries ? ' ' + percent(Math.min(1, h.seen / h.entries)) : '';
  if (m.draining) return ['warn', 'draining' + far];
  if (m.error) return ['bad', 'silent'];
  return m.stats.state === 'ready' ? ['good', 'serving'] : ['warn', m.stats.state];
}

function bar(share, text, colour) {
  const fill = make('i');
  fill.style.width = Math.min(100, share * 100) + '%';
  if (colour) fill.style.background = colour;
  return make('div', 'bar', null, make('div', 'meter', null, fill), make('span', '', text));
}

function showMembers(doc, rates, tallies, bounds) {
  const most = Math.max(...doc.members.map(m => m.share), 0.0001);
  $('rows').replaceChildren(...doc.members.map(m => {
    const dot = make('i');
    dot.style.background = colourOf(m.name);
    const where = [m.http_addr, m.zone ? 'zone ' + m.zone : '', m.weight > 1 ? 'weight ' + m.weight : ''].filter(Boolean).join(' · ');
    const name = make('div', 'member', null, dot, make('div', '', null, make('b', '', m.name + (m.name === doc.self ? ' (this node)' : '')), make('small', '', where)));
    const [kind, text] = stateOf(m), pill = make('span', 'pill', text), d = rates.get(m.name), t = tallies.get(m.name);
    pill.dataset.state = kind;
    if (m.error) pill.title = m.error;
    const row = make('tr');
    const cell = (label, className, content) => { const td = make('td', className); td.dataset.label = label; td.append(content); row.append(td); };
    cell('Member', '', name);
    cell('State', '', pill);
    cell('Share', '', bar(m.share / most, percent(m.share), colourOf(m.name)));
    cell('Gets/s', 'num', d ? count(total(d.gets)) : '–');
    cell('Peers’ gets/s', 'num', d ? count(d.served) : '–');
    cell('Loads/s', 'num', d ? count(d.loads) : '–');
    cell('p99', 'num', d ? seconds(quantile(0.99, d.buckets, bounds)) : '–');
    cell('Held', '', t ? bar(t.tally.budget ? t.tally.held / t.tally.budget : 0, bytes(t.tally.held)) : '–');
    cell('Memory', 'num', m.stats ? bytes(m.stats.memory_bytes) : '–');
    return row;
  }));
}

const eventState = {joined: 'good', draining: 'warn', left: 'wait', lost: 'bad'};

function showEvents(events) {
  const last = events.length ? events[events.length - 1].number : 0;
  if (last === view.event || !events.length) return;
  view.event = last;
  $('events').replaceChildren(...events.slice().reverse().map(e => {
    const pill = make('span', 'pill', e.kind), time = make('time', '', new Date(e.unix_ms).toLocaleTimeString('en-GB'));
    pill.dataset.state = eventState[e.kind] || 'wait';
    time.dateTime = new Date(e.unix_ms).toISOString();
    return make('li', '', null, time, make('b', '', e.member), pill);
  }));
}

async function poll() {
  if (!view.paused && !document.hidden) {
    try {
      const reply = await fetch('/debug/cluster', {cache: 'no-store', signal: AbortSignal.timeout(5000)});
      if (!reply.ok) throw new Error(`${reply.status}: ${(await reply.text()).slice(0, 200)}`);
      show(await reply.json());
      $('trouble').hidden = true;
    } catch (e) {
      $('trouble').textContent = e.message.startsWith('4') || e.message.startsWith('5') ? 'The node answers ' + e.message : 'The node does not answer. Trying again each second.';
      $('trouble').hidden = false;
      $('state').textContent = 'no answer';
      $('state').dataset.state = 'bad';
    }
  }
  setTimeout(poll, pollEvery);
}

$('pause').addEventListener('click', () => {
  view.paused = !view.paused;
  $('pause').setAttribute('aria-pressed', view.paused);
  $('pauseText').textContent = view.paused ? 'Paused' : 'Live';
});
$('scope').addEventListener('change', () => { for (const list of [view.rates, view.p99, view.hits, view.loads]) list.length = 0; });

const themes = [['', 'as the system', '◐'], ['light', 'light', '☀'], ['dark', 'dark', '☾']];
function setTheme(i) {
  const [name, text, sign] = themes[i];
  if (name) document.documentElement.dataset.theme = name; else delete document.documentElement.dataset.theme;
  $('theme').textContent = sign;
  $('theme').setAttribute('aria-label', 'Colours: ' + text);
  $('theme').dataset.index = i;
  try { localStorage.setItem('p2pcache-theme', name); } catch { /* not allowed: not remembered */ }
}
$('theme').addEventListener('click', () => setTheme((Number($('theme').dataset.index) + 1) % themes.length));
let saved = '';
try { saved = localStorage.getItem('p2pcache-theme') || ''; } catch { /* not allowed */ }
setTheme(Math.max(0, themes.findIndex(([name]) => name === saved)));

document.addEventListener('keydown', e => {
  if (e.key === '/' && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName) && !e.ctrlKey && !e.metaKey) { e.preventDefault(); $('key').focus(); }
});
sourceList([0, 0, 0, 0, 0]);
areaChart([]);
poll();
