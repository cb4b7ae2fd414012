'use strict';
// Shows what a page without a script cannot: long lists and the tree of processes.
// Every text of the evidence goes through textContent, and nothing is fetched.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const strings = data.strings;
  const CHUNK = 200, ROW = 28, PAPER = 500;
  let ids = 0;

  // make creates an element. Attributes are set as such, text as text.
  function make(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    for (const child of children) node.append(child instanceof Node ? child : document.createTextNode(child));
    return node;
  }

  function field(label, control) {
    return make('label', {}, label, control);
  }

  // later runs f when the typing has paused.
  function later(f) {
    let timer = 0;
    return () => { clearTimeout(timer); timer = setTimeout(f, 120); };
  }

  function seconds(us) {
    if (us < 0) return 'not seen';
    return us < 1e6 ? (us / 1e3).toFixed(1) + ' ms' : (us / 1e6).toFixed(3) + ' s';
  }

  // table shows rows in chunks, most of them at first; cells makes strings of a row.
  // hidden: a heading above says what the caption does.
  function table(place, caption, head, rows, cells, most, hidden) {
    const body = make('tbody');
    const scroll = make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption + ', table' },
      make('table', {}, make('caption', { class: hidden ? 'unseen' : '' }, caption),
        make('thead', {}, make('tr', {}, ...head.map(h => make('th', { scope: 'col' }, h)))), body));
    const more = make('button', { type: 'button' });
    let list = rows, shown = 0;
    function chunk(n) {
      const part = document.createDocumentFragment();
      for (const end = Math.min(list.length, shown + n); shown < end; shown++) {
        part.append(make('tr', {}, ...cells(list[shown]).map((cell, i) => i ? make('td', {}, cell) : make('th', { scope: 'row' }, cell))));
      }
      body.append(part);
      more.hidden = shown >= list.length;
      more.textContent = 'Show ' + Math.min(CHUNK, list.length - shown) + ' more of ' + (list.length - shown);
    }
    more.addEventListener('click', () => chunk(CHUNK));
    place.append(scroll, more);
    chunk(most || CHUNK);
    return next => { list = next; shown = 0; body.replaceChildren(); chunk(CHUNK); };
  }

  // grid shows one table of the data, with a search and the columns to choose from.
  function grid(place, bundle, name) {
    const g = bundle.grids[name];
    const title = place.querySelector('h4').textContent;
    const bar = make('div', { class: 'bar' });
    const search = make('input', { type: 'search', autocomplete: 'off', spellcheck: 'false' });
    const count = make('p', { class: 'count', role: 'status' });
    bar.append(field('Search ' + title.toLowerCase(), search));
    const facets = g.facets.map(column => {
      const known = new Map();
      for (const row of g.rows) known.set(row[column], (known.get(row[column]) || 0) + 1);
      const select = make('select', {}, make('option', { value: '' }, 'all'));
      [...known].sort((a, b) => b[1] - a[1]).slice(0, 300).forEach(([cell, n]) =>
        select.append(make('option', { value: String(cell) }, (strings[cell].slice(0, 80) || 'none') + ' (' + n + ')')));
      if (known.size > 1) bar.append(field(g.head[column], select));
      return { column, select };
    });
    place.append(bar, count);
    let low = null;
    const texts = row => row.map(cell => strings[cell]);
    const show = table(place, title, g.head, [], texts, CHUNK, true);
    function apply() {
      const wanted = search.value.toLowerCase();
      if (wanted && !low) low = g.rows.map(row => texts(row).join('\n').toLowerCase());
      const chosen = facets.filter(f => f.select.value !== '');
      const rows = g.rows.filter((row, i) => chosen.every(f => row[f.column] === Number(f.select.value)) && (!wanted || low[i].includes(wanted)));
      count.textContent = rows.length + ' of ' + g.rows.length + (g.more ? ', and ' + g.more + ' that are in the evidence alone' : '');
      show(rows);
    }
    search.addEventListener('input', later(apply));
    facets.forEach(f => f.select.addEventListener('change', apply));
    apply();
  }

  // The columns of a process, see processRow.
  const PARENT = 0, PID = 1, LABEL = 2, PROGRAM = 3, LINE = 4, CWD = 5, UID = 6, START = 7, END = 8, RESULT = 9, FLAGS = 10, DIGEST = 11, MARKS = 12, CLOCK = 13;
  const FAILED = 1, EXEC = 2;

  // tree shows the processes. Only the rows in view are in the document, so that
  // 20,000 of them cost no more than 20.
  function tree(place, bundle) {
    const all = bundle.processes, children = all.map(() => []), roots = [];
    all.forEach((p, i) => (p[PARENT] < 0 ? roots : children[p[PARENT]]).push(i));
    const open = new Set(all.keys());
    let rows = [], active = 0, low = null, matches = null, printing = false;

    const search = make('input', { type: 'search', autocomplete: 'off', spellcheck: 'false' });
    const order = make('select', {}, make('option', { value: 'tree' }, 'who started whom'), make('option', { value: 'time' }, 'time of start'));
    const failed = make('select', {}, make('option', { value: '' }, 'all'), make('option', { value: '1' }, 'that failed'));
    const expand = make('button', { type: 'button' }, 'Expand all'), collapse = make('button', { type: 'button' }, 'Collapse all');
    const count = make('p', { class: 'count', role: 'status' });
    const id = 'tree' + ids++;
    const box = make('div', { class: 'tree', role: 'tree', tabindex: '0', 'aria-label': 'Processes' });
    const inner = make('div', { role: 'presentation' });
    const detail = make('div', { class: 'detail', role: 'region', 'aria-label': 'The chosen process', 'aria-live': 'polite' });
    detail.append(make('p', {}, 'Choose a process, with a click or with Enter.'));
    box.append(inner);
    box.style.height = Math.max(6, all.length) * ROW + 2 + 'px';
    place.append(make('div', { class: 'bar' }, field('Search processes', search), field('Order', order), field('Show', failed), expand, collapse),
      count, box, detail);

    // flatten makes the list of the rows that are open: [process, level, position, of how many].
    function flatten() {
      rows = [];
      if (order.value === 'time') {
        const list = [...all.keys()].filter(i => !matches || matches.has(i)).sort((a, b) => all[a][START] - all[b][START] || a - b);
        rows = list.map((i, n) => [i, 1, n + 1, list.length]);
        return;
      }
      const stack = [];
      const push = (list, level) => {
        const kept = list.filter(i => !matches || matches.has(i));
        for (let n = kept.length - 1; n >= 0; n--) stack.push([kept[n], level, n + 1, kept.length]);
      };
      push(roots, 1);
      while (stack.length) {
        const row = stack.pop();
        rows.push(row);
        if (open.has(row[0])) push(children[row[0]], row[1] + 1);
      }
    }

    function rowNode(n) {
      const [i, level, at, of] = rows[n], p = all[i], branch = order.value === 'tree' && children[i].length > 0;
      const node = make('div', { class: 'row' + (n === active ? ' active' : ''), role: 'treeitem', id: id + '-' + n, 'aria-level': level, 'aria-posinset': at, 'aria-setsize': of, 'aria-selected': n === active });
      if (branch) node.setAttribute('aria-expanded', open.has(i));
      node.style.top = n * ROW + 'px';
      node.style.paddingLeft = Math.min(level - 1, 14) * 1.1 + 0.3 + 'em';
      const twist = make('span', { class: 'twist', 'aria-hidden': 'true' }, branch ? (open.has(i) ? '▾' : '▸') : '');
      node.append(twist, make('span', { class: 'name' }, (p[FLAGS] & EXEC ? '→ ' : '') + strings[p[LABEL]]), make('span', { class: 'line mono' }, strings[p[LINE]]));
      if (p[FLAGS] & FAILED) node.append(make('span', { class: 'ended state fail' }, strings[p[RESULT]]));
      const time = make('span', { class: 'time', 'aria-hidden': 'true' });
      if ((p[START] >= 0 || p[END] >= 0) && bundle.length > 0) { // one end that was not seen is that of the step
        const span = make('span'), from = Math.max(0, p[START]), until = p[END] < 0 ? bundle.length : p[END];
        span.style.left = 100 * from / bundle.length + '%';
        span.style.width = 100 * Math.max(0, until - from) / bundle.length + '%';
        time.append(span);
      }
      node.append(time);
      node.addEventListener('click', event => {
        active = n;
        if (branch && (event.target === twist)) toggle(i);
        show(i);
        draw();
      });
      return node;
    }

    function draw() {
      if (printing) return;
      inner.style.height = rows.length * ROW + 'px';
      const from = Math.max(0, Math.floor(box.scrollTop / ROW) - 10), until = Math.min(rows.length, from + Math.ceil((box.clientHeight || 600) / ROW) + 20);
      const part = document.createDocumentFragment();
      for (let n = from; n < until; n++) part.append(rowNode(n));
      inner.replaceChildren(part);
      if (active >= from && active < until) box.setAttribute('aria-activedescendant', id + '-' + active);
      else box.removeAttribute('aria-activedescendant');
    }

    function move(n) {
      active = Math.max(0, Math.min(rows.length - 1, n));
      const top = active * ROW;
      if (top < box.scrollTop) box.scrollTop = top;
      else if (top + ROW > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW - box.clientHeight;
      draw();
    }

    function toggle(i) {
      if (open.has(i)) open.delete(i); else open.add(i);
      flatten();
    }

    function apply() {
      const wanted = search.value.toLowerCase(), keep = rows[active] && rows[active][0];
      if (wanted && !low) low = all.map(p => (p[PID] + ' ' + strings[p[PROGRAM]] + ' ' + strings[p[LINE]]).toLowerCase());
      matches = null;
      let found = all.length;
      if (wanted || failed.value) {
        matches = new Set();
        found = 0;
        all.forEach((p, i) => {
          if (wanted && !low[i].includes(wanted) || failed.value && !(p[FLAGS] & FAILED)) return;
          found++;
          if (order.value === 'time') { matches.add(i); return; }
          for (let at = i; at >= 0 && !matches.has(at); at = all[at][PARENT]) matches.add(at);
        });
      }
      flatten();
      count.textContent = found + ' of ' + all.length + ' processes' + (matches && order.value === 'tree' && found ? ', with those that led to them' : '');
      box.scrollTop = 0;
      move(Math.max(0, rows.findIndex(row => row[0] === keep)));
    }

    // show tells all that is known of one process.
    function show(i) {
      const p = all[i], chain = [];
      for (let at = i; at >= 0 && chain.length < 32; at = all[at][PARENT]) chain.unshift(strings[all[at][LABEL]]);
      const list = make('dl');
      const fact = (name, value) => { if (value !== '') list.append(make('div', {}, make('dt', {}, name), make('dd', {}, value))); };
      fact('Process', chain.join(' › '));
      fact('Program', strings[p[PROGRAM]]);
      fact('Digest', strings[p[DIGEST]]);
      fact('Command line', strings[p[LINE]]);
      fact('Folder', strings[p[CWD]]);
      fact('User', String(p[UID]));
      fact('Marks', strings[p[MARKS]]);
      fact('Started', strings[p[CLOCK]] ? strings[p[CLOCK]] + ', ' + seconds(p[START]) + ' after the first' : 'not seen');
      fact('Ran for', p[END] < 0 || p[START] < 0 ? 'not seen' : seconds(p[END] - p[START]));
      fact('End', strings[p[RESULT]] || 'not seen');
      detail.replaceChildren(make('h4', {}, strings[p[LABEL]]), list);
      const texts = row => row.map(cell => strings[cell]);
      const files = (bundle.files[i] || []).map(at => bundle.grids.files.rows[at]);
      if (files.length) table(detail, files.length + ' files opened', bundle.grids.files.head.slice(0, 4), files, row => texts(row).slice(0, 4), 50);
      const label = strings[p[LABEL]].replace(/^.*\(/, '(');
      for (const [name, title, column] of [['network', 'Connections of this PID', 7], ['lookups', 'Names asked for by this PID', 4], ['changes', 'Changes by this PID', 5]]) {
        const g = bundle.grids[name];
        const of = g ? g.rows.filter(row => strings[row[column]].endsWith(label)).slice(0, 2000) : [];
        if (of.length) table(detail, title, g.head, of, texts, 50);
      }
    }

    box.addEventListener('scroll', () => requestAnimationFrame(draw));
    new ResizeObserver(() => draw()).observe(box);
    box.addEventListener('keydown', event => {
      if (!rows.length || event.altKey || event.ctrlKey || event.metaKey) return;
      const [i, level] = rows[active], branch = order.value === 'tree' && children[i].length > 0, page = Math.max(1, Math.floor(box.clientHeight / ROW) - 1);
      switch (event.key) {
        case 'ArrowDown': move(active + 1); break;
        case 'ArrowUp': move(active - 1); break;
        case 'PageDown': move(active + page); break;
        case 'PageUp': move(active - page); break;
        case 'Home': move(0); break;
        case 'End': move(rows.length - 1); break;
        case 'ArrowRight':
          if (branch && !open.has(i)) { toggle(i); draw(); } else if (branch) move(active + 1);
          break;
        case 'ArrowLeft':
          if (branch && open.has(i)) { toggle(i); draw(); break; }
          for (let n = active; n >= 0; n--) if (rows[n][1] < level) { move(n); break; }
          break;
        case 'Enter': case ' ': show(i); break;
        default: return;
      }
      event.preventDefault();
    });
    search.addEventListener('input', later(apply));
    order.addEventListener('change', apply);
    failed.addEventListener('change', apply);
    expand.addEventListener('click', () => { all.forEach((_, i) => open.add(i)); apply(); });
    collapse.addEventListener('click', () => { open.clear(); apply(); });
    // On paper there is no scrolling: the first rows as a list.
    addEventListener('beforeprint', () => {
      printing = true;
      inner.style.height = 'auto';
      inner.replaceChildren(...rows.slice(0, PAPER).map((_, n) => rowNode(n)));
      if (rows.length > PAPER) inner.append(make('p', {}, rows.length - PAPER + ' more rows are not printed.'));
    });
    addEventListener('afterprint', () => { printing = false; draw(); });
    apply();
  }

  // download hands out the bundle that the page holds.
  function download(place) {
    const held = document.getElementById(place.dataset.bundle + '-bundle');
    if (!held) return;
    const button = make('button', { type: 'button' }, 'Save ' + place.dataset.name);
    button.addEventListener('click', () => {
      const bytes = Uint8Array.from(atob(held.textContent.replace(/\s+/g, '')), c => c.charCodeAt(0));
      const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
      const link = make('a', { href: url, download: place.dataset.name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60000);
    });
    place.append(button);
  }

  const bundles = new Map(data.bundles.map(b => [b.id, b]));
  // A list is made when it comes near the view: a page with ten bundles opens as
  // fast as one with one.
  const near = new IntersectionObserver(entries => entries.filter(e => e.isIntersecting).forEach(e => fill(e.target)), { rootMargin: '800px' });
  function fill(place) {
    near.unobserve(place);
    if (place.dataset.filled) return;
    place.dataset.filled = 'yes';
    const bundle = bundles.get(place.dataset.bundle);
    if (place.dataset.grid === 'processes') tree(place, bundle); else grid(place, bundle, place.dataset.grid);
  }
  const places = document.querySelectorAll('.grid');
  places.forEach(place => near.observe(place));
  addEventListener('beforeprint', () => places.forEach(fill));
  document.querySelectorAll('.download').forEach(download);
})();
