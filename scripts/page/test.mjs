// Drives the operator's page in a real browser, against a real cluster of three of which one is killed and one drains.
//
//   node test.mjs BINARY SCREENSHOTS
//
// BINARY is p2pcache, SCREENSHOTS the directory that the screenshots are kept in. CHROMIUM names the browser if it is not
// /usr/bin/chromium.
import {mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import assert from 'node:assert/strict';
import puppeteer from 'puppeteer-core';
import {startCallers, startNode, startOrigin} from './cluster.mjs';

const [, , binary, screenshots] = process.argv;
if (!screenshots) throw new Error('usage: node test.mjs BINARY SCREENSHOTS');
const patience = 180_000; // beyond it, something is broken and not slow
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// What a careless page would run.
const hostile = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>';
const awkward = {[hostile]: hostile};

const closing = [];
let page, first;

async function start() {
  mkdirSync(screenshots, {recursive: true});
  const origin = await startOrigin(awkward);
  closing.push(() => { origin.close(); origin.closeAllConnections(); });
  const args = ['--group', 'profiles=2MiB,ttl=1m', '--group', 'sessions=1MiB', '--origin', `http://127.0.0.1:${origin.address().port}/{key}`];
  const nodes = [await startNode(binary, 'amsterdam', args)];
  closing.push(() => nodes.forEach(n => n.child.kill('SIGKILL')));
  for (const name of ['berlin', 'cologne']) nodes.push(await startNode(binary, name, [...args, '--join', nodes[0].gossip]));
  const stop = startCallers(nodes, 'profiles');
  closing.unshift(stop);
  first = nodes[0];
  return nodes;
}

async function openPage() {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    timeout: patience, protocolTimeout: 2 * patience,
  });
  closing.unshift(() => browser.close());
  page = await browser.newPage();
  page.setDefaultTimeout(patience);
  const problems = [];
  page.on('pageerror', e => problems.push(`error: ${e.message}`));
  page.on('console', m => { if (['error', 'warn'].includes(m.type()) && !/Failed to load resource/.test(m.text())) problems.push(`${m.type()}: ${m.text()}`); });
  page.on('request', r => { if (!r.url().startsWith(`http://${first.listen}/`) && !r.url().startsWith('data:')) problems.push('asks ' + r.url()); });
  await page.setViewport({width: 1360, height: 900});
  await page.goto(`http://${first.listen}/`);
  return problems;
}

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const text = selector => page.$eval(selector, e => e.textContent);
const until = (what, ...args) => page.waitForFunction(what, {timeout: patience, polling: 100}, ...args);
const look = (scheme, width) => Promise.all([
  page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}, {name: 'prefers-reduced-motion', value: 'reduce'}]), page.setViewport({width, height: 900}),
]);

async function shoot(name) {
  await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.screenshot({path: join(screenshots, name + '.png'), fullPage: true});
}

// noSeriousFindings asks axe, and that nothing must be scrolled sideways.
async function noSeriousFindings(where) {
  await page.evaluate(axe); // by the debugger, to which the page's policy does not apply
  const found = await page.evaluate(() => window.axe.run(document, {resultTypes: ['violations']}));
  const serious = found.violations.filter(v => ['serious', 'critical'].includes(v.impact));
  assert.deepEqual(serious.map(v => `${v.id}: ${v.nodes.map(n => n.target).join(' ')}`), [], `axe, ${where}`);
  const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(wide <= screen, `${where}: ${wide} px wide on a screen of ${screen}`);
  console.log(`axe, ${where}: ${found.passes.length} rules pass, ${found.violations.length} findings, none serious ${found.violations.map(v => v.id)}`);
}

async function showsTheCluster() {
  await until(() => document.querySelectorAll('#rows tr').length === 3 && document.getElementById('gets').textContent !== '–');
  await until(() => document.querySelectorAll('#ring .sector').length === 3);
  const shares = await page.$$eval('#rows td:nth-child(3)', cells => cells.map(c => parseFloat(c.textContent)));
  assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 100) < 0.5 && Math.min(...shares) > 20, `shares ${shares}`);
  await until(() => Number(document.getElementById('gets').textContent.replace(/[,k]/g, '')) > 0);
  await until(() => document.getElementById('state').textContent === 'ready');
  assert.equal(await text('#self'), 'amsterdam');
}

// byKeyboard walks to the key with /, types, and looks it up with Enter.
async function byKeyboard(key) {
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'key');
  await page.keyboard.down('Control'); await page.keyboard.press('a'); await page.keyboard.up('Control');
  await page.keyboard.type(key);
  await page.evaluate(() => document.getElementById('found').replaceChildren());
  await page.keyboard.press('Enter');
  await until(() => document.querySelector('#found dl'));
}

async function looksKeysUp() {
  let facts, missing;
  for (let i = 0; i < 10; i++) { // a member that takes longer than a second to answer is silent
    await byKeyboard('user:1');
    facts = await text('#found');
    missing = ['Owner', 'Next owner', 'Held by', 'as owner'].filter(want => !facts.includes(want));
    if (!missing.length) break;
    await pause(1000);
  }
  assert.deepEqual(missing, [], `not in ${facts}`);
  assert.equal(await page.$$eval('#ring .pin', pins => pins.length), 1);
}

async function getsAndRemoves() {
  await byKeyboard(hostile);
  await page.keyboard.press('Tab'); // to the box
  await page.keyboard.press('Tab'); // Look up
  await page.keyboard.press('Tab'); // Get
  await page.keyboard.press('Enter');
  await until(() => document.querySelector('#found pre'));
  assert.equal(await text('#found pre'), hostile);
  await page.keyboard.press('Tab'); // Remove
  await asksBeforeItRemoves();
  await byKeyboard(hostile);
  assert.ok((await text('#found')).includes('nobody: the next Get loads it'));
  assert.equal(await page.evaluate(() => window.harmed), undefined);
}

// asksBeforeItRemoves presses Remove twice, and again where more than the seconds have passed for which it waits to be told so.
async function asksBeforeItRemoves() {
  const removed = () => page.evaluate(() => Boolean(document.querySelector('#found .say.good')));
  let asked = false;
  for (let i = 0; i < 10 && !await removed(); i++) {
    await page.keyboard.press('Enter');
    if (await text('#remove') === 'Really remove?') {
      if (!asked) assert.equal(await removed(), false, 'removed as it asked');
      asked = true;
      await page.keyboard.press('Enter');
    }
    await pause(200 << i); // for the answer
  }
  assert.ok(asked, 'never asked whether to remove');
  assert.ok(await removed(), 'not removed');
}

// everythingIsReached tabs once around and compares with what can be used.
async function everythingIsReached() {
  // Its label before its text: what the table of members says changes each second.
  await page.evaluate(() => { window.nameOf = e => e.id || e.getAttribute('aria-label') || e.textContent.trim() || e.className; });
  const usable = await page.$$eval('a, button, input, select, [tabindex="0"]', all => all.filter(e => !e.disabled).map(e => window.nameOf(e)));
  await page.evaluate(() => { document.activeElement.blur(); window.scrollTo(0, 0); });
  const reached = new Set();
  for (let i = 0; i < usable.length + 2; i++) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => window.nameOf(document.activeElement)));
  }
  assert.deepEqual(usable.filter(name => !reached.has(name)), [], 'not reached by the keyboard');
}

async function looks() {
  await pause(8000); // for lines to draw
  for (const [name, scheme, width] of [['light', 'light', 1360], ['dark', 'dark', 1360], ['narrow-light', 'light', 360], ['narrow-dark', 'dark', 360]]) {
    await look(scheme, width);
    await shoot(name);
    await noSeriousFindings(name);
  }
  await look('light', 1360);
}

async function seesADeathAndALeave(nodes) {
  const [, berlin, cologne] = nodes;
  cologne.child.kill('SIGKILL');
  await until(() => [...document.querySelectorAll('#rows tr')].some(r => /cologne.*silent/s.test(r.textContent)) || document.querySelectorAll('#rows tr').length === 2);
  await shoot('killed-at-once');
  await until(() => document.querySelectorAll('#rows tr').length === 2 && /colognelost/.test(document.getElementById('events').textContent));
  await until(() => document.querySelectorAll('#ring .sector').length === 2);
  await shoot('killed');
  berlin.child.kill('SIGTERM');
  const [code] = await berlin.exited;
  assert.equal(code, 0, berlin.logs());
  await until(() => document.querySelectorAll('#rows tr').length === 1 && /berlin(left|lost)/.test(document.getElementById('events').textContent));
  await noSeriousFindings('after they are gone');
}

async function noticesThatTheNodeIsGone() {
  first.child.kill('SIGKILL');
  await until(() => !document.getElementById('trouble').hidden);
  await shoot('no-answer');
}

try {
  const nodes = await start();
  const problems = await openPage();
  await showsTheCluster();
  await looksKeysUp();
  await getsAndRemoves();
  await everythingIsReached();
  await byKeyboard('user:1');
  await looks();
  await seesADeathAndALeave(nodes);
  await noticesThatTheNodeIsGone();
  assert.deepEqual(problems, [], 'what the browser complained of');
  console.log(`ok: screenshots are in ${screenshots}`);
} finally {
  for (const close of closing) await close();
}
