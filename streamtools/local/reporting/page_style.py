"""Style and script of the page about a run; it needs nothing else, and no network."""

STYLE = """
  :root { color-scheme: light dark; --map: #3b7dd8; --reduce: #2f9e6e; --failed: #d6453d;
          --line: #8884; --soft: #8881; }
  * { box-sizing: border-box; }
  body { font: 14px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 1.5rem auto; padding: 0 1rem;
         overflow-wrap: anywhere; }
  h1 { margin: 0; }
  h1.step { margin-top: 3rem; }
  h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
  h3 { margin: 0; font-size: 1rem; }
  .succeeded { color: var(--reduce); }
  .failed { color: var(--failed); }
  .running { color: var(--map); }
  pre { background: var(--soft); padding: .6rem; border-radius: 4px; white-space: pre-wrap; margin: .5rem 0; }
  .copy { position: relative; padding-right: 4.5rem; }
  .copy button { position: absolute; top: .4rem; right: .4rem; font: inherit; font-size: 12px; cursor: pointer; }
  dl { display: flex; flex-wrap: wrap; gap: .4rem 2rem; margin: 1rem 0; }
  dt { opacity: .7; }
  dd { margin: 0; font-size: 1.15rem; }
  dl.facts dd { font-size: 1rem; }
  .lane { position: relative; height: 15px; margin-bottom: 3px; background: var(--soft); border-radius: 2px; }
  .lane i { position: absolute; top: 0; bottom: 0; min-width: 2px; border-radius: 2px; }
  .lane i.running { opacity: .6; }
  .scale { display: flex; justify-content: space-between; font-size: 12px; opacity: .7; white-space: nowrap; }
  .bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: 2px .7rem; align-items: center; }
  .bars span, td, th { white-space: nowrap; }
  .bars b { display: block; height: 9px; min-width: 1px; border-radius: 2px; }
  .track { background: var(--soft); border-radius: 2px; }
  .map { background: var(--map); }
  .reduce { background: var(--reduce); }
  i.failed, b.failed { background: var(--failed); }
  .legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin: 0 .3rem 0 1rem; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th, td { text-align: right; padding: .15rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
  th:first-child, td:first-child { text-align: left; padding-left: 0; }
  td:first-child { white-space: normal; min-width: 9rem; }
  th button { all: unset; cursor: pointer; font-weight: 600; }
  th button:focus-visible { outline: 2px solid var(--map); }
  th[aria-sort=descending] button::after { content: ' \\2193'; }
  th[aria-sort=ascending] button::after { content: ' \\2191'; }
  small { display: block; opacity: .7; }
  .counters { width: auto; min-width: 20rem; max-width: 100%; }
  .failure { border-left: 3px solid var(--failed); padding-left: .8rem; margin: 1rem 0; }
  .failure p { margin: .2rem 0; }
  @media (max-width: 640px) { .wide { display: none; } .counters { min-width: 0; } }
"""

SCRIPT = """
  // a click on a column sorts by it; what was chosen outlasts the refreshing of the page
  const sort = (table, column, down) => {
    const body = table.tBodies[0], key = row => row.cells[column].dataset.v ?? row.cells[column].textContent;
    const less = (a, b) => isNaN(a) || isNaN(b) ? String(a).localeCompare(b) : a - b;
    [...body.rows].sort((a, b) => (down ? -1 : 1) * less(key(a), key(b))).forEach(row => body.append(row));
    for (const cell of table.tHead.rows[0].cells)
      if (cell.cellIndex == column) cell.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
  };
  document.querySelectorAll('table.sorts').forEach((table, number) => {
    const name = 'streamtools sort ' + location.pathname + ' ' + number;
    for (const cell of table.tHead.rows[0].cells)
      cell.querySelector('button').addEventListener('click', () => {
        const down = cell.getAttribute('aria-sort') != 'descending';
        sort(table, cell.cellIndex, down);
        try { sessionStorage[name] = [cell.cellIndex, down ? 1 : ''] } catch {}
      });
    try {
      const [column, down] = sessionStorage[name].split(',');
      sort(table, +column, !!down);
    } catch {}
  });
  for (const button of document.querySelectorAll('.copy button'))
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(button.previousElementSibling.textContent);
      button.textContent = 'copied';
    });
"""
