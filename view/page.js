'use strict';
(() => {
const $ = id => document.getElementById(id);
const runs = [...document.querySelectorAll('script.run')].map(s => ({text: s.textContent}));
const unwrap = r => r.data ??= JSON.parse(r.text);
const limit = 100000; // characters of a body that are shown in colors

// make returns an element: attributes, then children; text is never read as HTML.
function make(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes || {})) if (v !== undefined && v !== false) e.setAttribute(k, v === true ? '' : v);
  e.append(...children.filter(c => c !== null && c !== undefined && c !== ''));
  return e;
}
const time = ms => ms >= 60000 ? (ms / 60000).toFixed(1) + ' min' : ms >= 1000 ? (ms / 1000).toFixed(2) + ' s' :
  ms >= 10 ? ms.toFixed(0) + ' ms' : ms.toFixed(1) + ' ms';
const size = n => n >= 1 << 20 ? (n / (1 << 20)).toFixed(1) + ' MiB' : n >= 1024 ? (n / 1024).toFixed(1) + ' KiB' : n + ' B';

// pretty indents JSON without reading its numbers.
function pretty(text) {
  try { JSON.parse(text); } catch { return null; }
  const pre = make('pre', {tabindex: '0'});
  const colored = text.length < limit;
  let depth = 0, plain = '', key = null;
  const flush = () => { if (plain) pre.append(plain); plain = ''; };
  const put = (kind, token) => {
    if (!colored) { plain += token; return; }
    flush(); pre.append(make('span', {class: kind}, token));
  };
  const line = () => { plain += '\n' + '  '.repeat(depth); };
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) || [];
  for (let i = 0; i < tokens.length; i++) {
    const t = tokens[i], next = tokens[i + 1];
    if (t === '{' || t === '[') {
      plain += t;
      if (next === '}' || next === ']') { plain += next; i++; } else { depth++; line(); }
    } else if (t === '}' || t === ']') { depth--; line(); plain += t; }
    else if (t === ',') { plain += t; line(); }
    else if (t === ':') plain += ': ';
    else put(t[0] !== '"' ? 'word' : next === ':' ? 'key' : 'text', t);
  }
  flush();
  return pre;
}
function body(m) {
  if (!m.body) return [];
  const form = /x-www-form-urlencoded/i.test(m.type || '') && !m.binary;
  let shown = !m.binary && !m.cut && pretty(m.body);
  if (!shown) {
    let text = m.body;
    if (form) text = text.split('&').map(p => { try { return decodeURIComponent(p.replace(/\+/g, ' ')); } catch { return p; } }).join('\n');
    shown = make('pre', {tabindex: '0'}, text);
  }
  shown.setAttribute('aria-label', 'Body');
  shown.setAttribute('role', 'group');
  const about = [m.type, size(m.size), m.binary && 'as base64', m.cut && 'cut: only the beginning is here'].filter(Boolean).join(', ');
  return [make('p', {class: 'facts'}, about), shown];
}
const table = rows => make('table', {}, make('tbody', {}, ...rows.map(([k, v]) =>
  make('tr', {}, make('th', {scope: 'row'}, k), make('td', {}, v)))));
const headers = m => m.headers && m.headers.length ?
  [make('details', {}, make('summary', {}, `Headers (${m.headers.length})`), table(m.headers))] : [];
const json = v => pretty(JSON.stringify(v)) || make('pre', {}, String(v));
const titled = (title, ...content) => content.length ? [make('h3', {}, title), ...content] : [];
const above = (title, v) => v ? [make('h2', {}, title), json(v)] : []; // the steps

const decision = d => make('li', {class: d.ok ? 'good' : 'bad'}, (d.ok ? '✓ ' : '✗ ') + d.text,
  d.place ? make('span', {class: 'dim'}, '  ' + d.place) : '',
  d.lines ? make('ul', {}, ...d.lines.map(l => make('li', {}, l))) : '');

// inside renders what is in a step, when it is opened.
function inside(s) {
  const parts = [];
  if (s.place) parts.push(make('p', {class: 'facts'}, s.place));
  if (s.reason) parts.push(make('p', {class: 'error'}, s.reason));
  parts.push(...titled('Decisions', ...(s.decisions ? [make('ul', {}, ...s.decisions.map(decision))] : [])));
  if (s.request) parts.push(...titled('Request', make('p', {class: 'facts'}, s.request.line), ...headers(s.request), ...body(s.request)));
  if (s.response) parts.push(...titled('Response', make('p', {class: 'facts'}, s.response.line), ...headers(s.response), ...body(s.response)));
  if (s.parts) parts.push(...titled('Times', table(s.parts.map(p => [p[0], time(p[2])]).concat((s.waits || []).map(w => [w[2], time(w[1])])))));
  else if (s.waits) parts.push(...titled('Waits', table(s.waits.map(w => [w[2], time(w[1])]))));
  if (s.outputs) parts.push(...titled('Outputs', json(s.outputs)));
  return make('div', {class: 'inside'}, ...parts);
}
const nameOf = s => s.id + (s.visit > 1 ? ' #' + s.visit : '') + (s.attempt > 1 ? ', attempt ' + s.attempt : '');
const marks = {succeeded: '✓', failed: '✗', canceled: '…'};

function bar(s, scale) {
  const b = make('span', {class: 'bar', 'aria-hidden': 'true'});
  const part = (kind, from, took) => {
    const i = make('i', {class: kind});
    i.style.left = (from * scale).toFixed(3) + '%';
    i.style.width = (took * scale).toFixed(3) + '%';
    b.append(i);
  };
  if (s.parts) for (const p of s.parts) part(p[0], p[1], p[2]);
  else part('blocked', s.at, s.took);
  for (const w of s.waits || []) part('pause', w[0], w[1]);
  return b;
}
function row(s, scale) {
  const summary = make('summary', {}, make('span', {class: s.status}, marks[s.status] + ' ' + s.status), make('span', {class: 'id'}, nameOf(s)),
    make('span', {class: 'operation dim'}, s.operation || ''), make('span', {class: 'number'}, s.code ? String(s.code) : ''),
    make('span', {class: 'number dim'}, time(s.took)), bar(s, scale));
  if (s.depth) summary.children[1].style.paddingLeft = Math.min(s.depth, 12) * 14 + 'px';
  const details = make('details', {}, summary);
  details.addEventListener('toggle', () => { if (details.open && !details.children[1]) details.append(inside(s)); });
  return make('li', {}, details);
}

let run, rows = [];
const kinds = {all: () => true, failed: s => s.status !== 'succeeded', waited: s => s.waits, requests: s => s.request};
function filter() {
  const words = $('search').value.toLowerCase().split(/\s+/).filter(Boolean), kind = kinds[$('kind').value];
  let shown = 0;
  run.steps.forEach((s, i) => {
    const there = kind(s) && (!words.length || words.every(w => (s.all ??= JSON.stringify(s).toLowerCase()).includes(w)));
    if (rows[i].hidden === there) rows[i].hidden = !there;
    if (there) shown++;
  });
  $('shown').textContent = shown === rows.length ? `${shown} step executions` : `${shown} of ${rows.length} step executions`;
}

function drawing() {
  for (const g of document.querySelectorAll('.graph')) g.hidden = g.dataset.document !== run.document;
  const visits = new Map(), ways = new Map(), bad = new Set();
  const key = (...names) => JSON.stringify(names);
  const count = (m, k) => m.set(k, (m.get(k) || 0) + 1);
  for (const s of run.steps) {
    count(visits, key(s.workflow, s.id));
    if (s.action) count(ways, key(s.workflow, s.id, s.action));
    if (s.status !== 'succeeded') bad.add(key(s.workflow, s.id)); else bad.delete(key(s.workflow, s.id));
  }
  for (const e of document.querySelectorAll('.graph:not([hidden]) .step, .graph:not([hidden]) .way[data-step]')) {
    const {workflow, step, action} = e.dataset;
    const n = action === undefined ? visits.get(key(workflow, step)) : ways.get(key(workflow, step, action));
    e.classList.toggle('taken', !!n);
    e.classList.toggle('untaken', !n);
    e.querySelector('.count')?.remove();
    if (action !== undefined) continue;
    e.classList.toggle('bad', bad.has(key(workflow, step)));
    if (!n) continue;
    const box = e.querySelector('.box'), t = document.createElementNS('http://www.w3.org/2000/svg', 'text');
    t.setAttribute('class', 'count');
    t.setAttribute('x', +box.getAttribute('x') + +box.getAttribute('width') - 8);
    t.setAttribute('y', +box.getAttribute('y') + 18);
    t.textContent = '×' + n;
    e.append(t);
  }
  $('drawing').hidden = !document.querySelector('.graph:not([hidden])');
}

function show(index) {
  run = unwrap(runs[index]);
  performance.mark('show');
  $('title').textContent = run.title;
  $('status').textContent = (marks[run.status] || '') + ' ' + run.status;
  $('status').className = run.status;
  $('facts').textContent = [run.began, time(run.took), run.document].filter(Boolean).join(' · ');
  $('error').hidden = !run.error;
  $('error').textContent = run.error || '';
  $('values').replaceChildren(...above('Inputs', run.inputs), ...above('Outputs', run.outputs));
  $('values').parentNode.hidden = !$('values').firstChild;
  $('diagnostics').replaceChildren(...(run.diagnostics || []).map(d => make('li', {class: d[0]}, d[0] + ': ' + d[1])));
  $('diagnosed').hidden = !run.diagnostics;
  const scale = 100 / Math.max(run.took, 0.001);
  rows = run.steps.map(s => row(s, scale));
  $('steps').replaceChildren(...rows);
  $('first').hidden = !run.steps.some(s => s.status !== 'succeeded');
  drawing();
  filter();
  performance.measure('shown', 'show');
}

const choice = $('run');
runs.forEach((r, i) => choice.append(make('option', {value: i}, document.querySelectorAll('script.run')[i].dataset.title)));
choice.parentNode.hidden = runs.length < 2;
choice.addEventListener('change', () => show(+choice.value));
$('search').addEventListener('input', () => { performance.mark('filter'); filter(); performance.measure('filtered', 'filter'); });
$('kind').addEventListener('change', filter);
document.querySelector('form').addEventListener('submit', e => e.preventDefault());
$('first').addEventListener('click', () => {
  const fails = run.steps.map((s, i) => [s, i]).filter(([s]) => s.status !== 'succeeded');
  const [, i] = fails.findLast(([s]) => s.ends) || fails[0];
  rows[i].hidden = false;
  rows[i].firstChild.open = true;
  rows[i].firstChild.firstChild.focus();
  rows[i].scrollIntoView({block: 'center'});
});
document.addEventListener('click', e => {
  const step = e.target.closest('.g .step');
  if (!step) return;
  const i = run.steps.findIndex(s => s.workflow === step.dataset.workflow && s.id === step.dataset.step);
  if (i < 0) return;
  rows[i].hidden = false;
  rows[i].firstChild.open = true;
  rows[i].firstChild.firstChild.focus();
});
document.addEventListener('keydown', e => {
  if (e.key === '/' && !/INPUT|SELECT/.test(document.activeElement.tagName)) { e.preventDefault(); $('search').focus(); return; }
  const at = document.activeElement.closest?.('#steps > li');
  if (!at || document.activeElement.tagName !== 'SUMMARY' || e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
  let to = at;
  do to = e.key === 'ArrowDown' ? to.nextElementSibling : to.previousElementSibling; while (to && to.hidden);
  if (to) { e.preventDefault(); to.firstChild.firstChild.focus(); }
});
addEventListener('beforeprint', () => { if (rows.length <= 200) for (const r of rows) if (!r.hidden) { const d = r.firstChild; d.open = true;
  if (!d.children[1]) d.append(inside(run.steps[rows.indexOf(r)])); } });
const failed = [...document.querySelectorAll('script.run')].findIndex(s => s.dataset.status !== 'succeeded');
if (runs.length) { choice.value = Math.max(failed, 0); show(Math.max(failed, 0)); }
else $('title').textContent = 'No run';
})();
