// The box to look a key up, get it or remove it. Keys are bytes: what is typed is taken as UTF-8, or with %XX for single bytes.

const preview = 4096;

// keyBytes returns the typed key, percent-encoded byte by byte.
function typedKey() {
  const text = $('key').value, parts = [];
  for (let i = 0; i < text.length;) {
    const hex = $('encoded').checked ? /^%[0-9a-f]{2}/i.exec(text.slice(i)) : null;
    if (hex) { parts.push(hex[0].toUpperCase()); i += 3; continue; }
    const char = String.fromCodePoint(text.codePointAt(i));
    for (const b of new TextEncoder().encode(char)) {
      const plain = b < 128 && /[A-Za-z0-9_~.-]/.test(String.fromCharCode(b));
      parts.push(plain ? String.fromCharCode(b) : '%' + b.toString(16).toUpperCase().padStart(2, '0'));
    }
    i += char.length;
  }
  return parts.join('');
}

const typedGroup = () => encodeURIComponent($('group').value).replace(/[!'()*]/g, c => '%' + c.charCodeAt(0).toString(16).toUpperCase());

// valuePath is where the key's value is; '' for the two keys that a browser cannot ask for, because it resolves them.
function valuePath() {
  const key = typedKey();
  return key === '.' || key === '..' ? '' : `/_gocache/${typedGroup()}/${key}`;
}

function found(...children) { $('found').replaceChildren(...children); }
const say = (kind, text) => make('p', 'say ' + kind, text);

function memberChip(name, note) {
  const dot = make('i');
  dot.style.background = colourOf(name);
  return make('span', 'chip', null, dot, make('span', '', name), ...(note ? [make('span', 'muted', note)] : []));
}

function fact(list, name, ...values) { list.append(make('dt', '', name), make('dd', '', null, ...values)); }

const lifeLeft = s => s > 0 ? 'for ' + (s < 120 ? s.toFixed(1) + ' s' : duration(s)) + ' more' : 'without end';
const heldText = {local: 'as owner', hot: 'hot copy', stale: 'stale'};

async function lookUp() {
  const reply = await fetch(`/debug/key?group=${typedGroup()}&key=${typedKey()}`, {cache: 'no-store'});
  if (!reply.ok) { found(say('bad', (await reply.text()).slice(0, 300))); return; }
  const doc = await reply.json();
  ringView.needle = doc.position;
  paintRing();
  const list = make('dl', 'facts');
  const [owner, ...next] = doc.owners;
  fact(list, 'Owner', ...(owner ? [memberChip(owner.name, owner.http_addr)] : [make('span', '', 'nobody')]));
  fact(list, 'Next owner', ...(next.length ? next.slice(0, 2).map(m => memberChip(m.name, '')) : [make('span', 'muted', 'none: the owner is alone')]));
  fact(list, 'Held by', ...(doc.held.length ? doc.held.map(h => memberChip(h.member, h.absent ? 'knows that there is none' :
    `${heldText[h.from] || h.from} · ${bytes(h.bytes)} · ${lifeLeft(h.ttl_seconds)}`)) : [make('span', 'muted', 'nobody: the next Get loads it')]));
  if (doc.silent) fact(list, 'No answer', ...doc.silent.map(name => memberChip(name, '')));
  fact(list, 'On the ring', make('span', '', `${(doc.position * 360).toFixed(1)}° from the top`));
  found(list);
}

async function getValue() {
  const path = valuePath();
  if (!path) { found(say('bad', 'A browser cannot ask for this key. Use: p2pcache get')); return; }
  const began = performance.now();
  const reply = await fetch(path, {cache: 'no-store', redirect: 'error'});
  const data = new Uint8Array(await reply.arrayBuffer()), took = performance.now() - began;
  if (!reply.ok) { found(say('bad', `${reply.status}: ${new TextDecoder().decode(data.slice(0, 300))}`)); return; }
  const list = make('dl', 'facts');
  const from = /detail=([a-z]+)/.exec(reply.headers.get('Cache-Status') || '');
  fact(list, 'Value', make('span', '', bytes(data.length)));
  fact(list, 'Came from', make('span', '', from ? sourceText[from[1]] || from[1] : 'unknown'), make('span', 'muted', ` in ${seconds(took / 1e3)}, as seen here`));
  const ttl = Number(reply.headers.get('Gocache-Ttl') || 0);
  fact(list, 'Kept', make('span', '', lifeLeft(ttl / 1e3)));
  const shown = make('pre', '', asText(data.slice(0, preview)) + (data.length > preview ? `\n… ${bytes(data.length - preview)} more` : ''));
  shown.tabIndex = 0;
  found(list, shown);
}

// asText shows bytes as text where they are, and as a dump where not.
function asText(data) {
  try {
    const text = new TextDecoder('utf-8', {fatal: true}).decode(data);
    if (!/[\u0000-\u0008\u000e-\u001f]/.test(text)) return text;
  } catch { /* not UTF-8 */ }
  const lines = [];
  for (let i = 0; i < Math.min(data.length, 512); i += 16) {
    const row = [...data.slice(i, i + 16)];
    lines.push(i.toString(16).padStart(4, '0') + '  ' + row.map(b => b.toString(16).padStart(2, '0')).join(' ').padEnd(48) + ' ' + row.map(b => b > 31 && b < 127 ? String.fromCharCode(b) : '·').join(''));
  }
  return lines.join('\n');
}

async function removeKey() {
  const path = valuePath();
  if (!path) { found(say('bad', 'A browser cannot ask for this key. Use: p2pcache rm')); return; }
  const reply = await fetch(path, {method: 'DELETE', redirect: 'error'});
  const text = (await reply.text()).slice(0, 300);
  found(reply.ok ? say('good', 'Removed: no member serves it any more.') : say('bad', `Not removed. ${reply.status}: ${text}`));
}

// act runs what a button asks for, and tells of a node that does not answer.
async function act(what) {
  if (!$('group').value) { found(say('bad', 'This node has no group yet.')); return; }
  try { await what(); } catch { found(say('bad', 'The node does not answer.')); }
}

// armed makes Remove ask once more, for some seconds.
let armed = 0;
function disarm() { clearTimeout(armed); armed = 0; $('remove').textContent = 'Remove'; $('remove').classList.remove('sure'); }
function askRemove() {
  if (armed) { disarm(); act(removeKey); return; }
  $('remove').textContent = 'Really remove?';
  $('remove').classList.add('sure');
  armed = setTimeout(disarm, 4000);
}

$('form').addEventListener('submit', e => { e.preventDefault(); disarm(); act(lookUp); });
$('get').addEventListener('click', () => { disarm(); act(getValue); });
$('remove').addEventListener('click', askRemove);
$('key').addEventListener('input', () => { disarm(); ringView.needle = null; paintRing(); });
