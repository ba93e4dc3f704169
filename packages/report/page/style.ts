/** How a page looks: light and dark by the reader's choice, light on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff;
  --raised: #f5f7f9;
  --ink: #1b2129;
  --dim: #525c68;
  --rule: #ccd3da;
  --link: #0a58a8;
  --right: #146c3a;
  --wrong: #b3261e;
  --retired: #b3261e;
  --poisoned: #7a2fb0;
  --leaked: #915400;
  --published: #0a58a8;
  --measured: #915400;
  --any: #525c68;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #12161b;
    --raised: #1b2129;
    --ink: #e6eaee;
    --dim: #a4afba;
    --rule: #3b4550;
    --link: #7fbcff;
    --right: #76d39a;
    --wrong: #ff9389;
    --retired: #ff7b6f;
    --poisoned: #cf9bf5;
    --leaked: #f0b44c;
    --published: #7fbcff;
    --measured: #f0b44c;
    --any: #a4afba;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto;
  max-width: 72rem;
  padding: 1.5rem 1rem 4rem;
  background: var(--ground);
  color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif;
  overflow-wrap: break-word;
}
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 0.75rem; }
h2 {
  font-size: 1.3rem;
  line-height: 1.3;
  margin: 1.75rem 0 0.5rem;
  padding-top: 0.75rem;
  border-top: 1px solid var(--rule);
}
h3 { font-size: 1.05rem; margin: 0 0 0.5rem; }
p { margin: 0.5rem 0; max-width: 68ch; }
a { color: var(--link); }
code { font: 0.9em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
small { font-size: 0.8rem; }
cite { font-style: normal; color: var(--dim); }
.lead { font-size: 1.1rem; }
.dim { color: var(--dim); }
.right { color: var(--right); }
.wrong, .mc { color: var(--wrong); }
.published { color: var(--published); }
.measured { color: var(--measured); }
.whole { white-space: nowrap; }
.heard {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 1rem 0 0; padding: 0; }
nav li { list-style: none; }
.facts {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr));
  gap: 0.75rem 1.5rem;
  margin: 1rem 0;
}
.facts .wide { grid-column: 1 / -1; }
dt { color: var(--dim); font-size: 0.85rem; }
dd { margin: 0; }
.command {
  display: block;
  padding: 0.5rem 0.75rem;
  background: var(--raised);
  border: 1px solid var(--rule);
  border-radius: 4px;
  white-space: pre-wrap;
}
.ids > div { display: grid; grid-template-columns: 2.5rem 1fr; margin: 0.35rem 0; max-width: 80ch; }
.ids dt { color: inherit; font-size: inherit; font-weight: 600; }
.scroll { overflow-x: auto; margin: 1.25rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: start; font-weight: 600; padding-bottom: 0.35rem; }
th, td {
  padding: 0.3rem 1rem 0.3rem 0;
  text-align: start;
  vertical-align: top;
  border-bottom: 1px solid var(--rule);
}
th:last-child, td:last-child { padding-right: 0; }
th { font-weight: 400; }
thead th { color: var(--dim); font-size: 0.85rem; vertical-align: bottom; }
thead small, td small { display: block; color: var(--dim); }
.number { text-align: end; white-space: nowrap; }
ul.plain { margin: 0; padding: 0; list-style: none; }
ul.plain li + li { margin-top: 0.3rem; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }

.tables { display: flex; flex-wrap: wrap; gap: 0 3rem; }
.maps {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr));
  gap: 1.25rem 1.5rem;
}
.maps figure { display: flex; flex-direction: column; justify-content: space-between; }
.maps svg { display: block; width: 100%; max-width: 26rem; }
.memory text { font: 16px system-ui, sans-serif; fill: var(--ink); text-anchor: end; }
.ground { fill: var(--raised); stroke: var(--rule); }
path.used, path.free { fill: var(--dim); }
path.retired { fill: var(--retired); }
path.poisoned { fill: var(--poisoned); }
path.leaked { fill: none; stroke: var(--leaked); stroke-width: 2; }
.charts {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr));
  gap: 1rem 2rem;
}
figure { margin: 0; }
figcaption { font-weight: 600; margin-bottom: 0.25rem; }
figcaption small { display: block; font-weight: 400; color: var(--dim); }
.charts svg { width: 100%; max-width: 26rem; height: auto; overflow: visible; }

.articles {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr));
  gap: 1rem;
  align-items: start;
  margin-top: 1rem;
}
article {
  margin: 0;
  padding: 1rem;
  min-width: 0;
  border: 1px solid var(--rule);
  border-radius: 6px;
}
article .scroll { margin: 0.5rem 0; }
.verdicts td, .verdicts thead th + th { padding: 0.3rem 0.4rem; }
.verdicts { width: 100%; }
.verdicts td { white-space: nowrap; }
.verdicts .wrong { white-space: normal; }
.verdicts small { display: block; color: var(--dim); }
.group { padding-top: 0.75rem; font-weight: 600; font-size: 0.9rem; }
.hit { background: color-mix(in srgb, var(--wrong) 10%, transparent); }
details { border-top: 1px solid var(--rule); }
details:last-child { border-bottom: 1px solid var(--rule); }
summary { padding: 0.5rem 0.25rem; cursor: pointer; }
summary:hover { background: var(--raised); }
.chapter, .chapter:last-child { border: none; }
.chapter > summary { padding: 0; }
.chapter > summary h2 { display: inline-block; border: none; padding: 0; margin: 0.5rem 0; }
section:has(> .chapter) { border-top: 1px solid var(--rule); margin-top: 1rem; }
.steps { margin: 0 0 1rem; padding-left: 2rem; }
.steps li { margin: 0.75rem 0; }
.steps p { margin: 0.1rem 0; max-width: 80ch; }
.after { font-family: ui-monospace, monospace; font-size: 0.85rem; }
.after .dim { font-family: system-ui, sans-serif; }

@media (max-width: 40rem) {
  body { padding: 1rem 0.75rem 3rem; }
  h1 { font-size: 1.4rem; }
  article { padding: 0.75rem; }
  th, td { padding-right: 0.6rem; }
  .verdicts { font-size: 0.75rem; }
  .verdicts small { font-size: 0.7rem; }
  .verdicts td, .verdicts thead th + th { padding: 0.3rem 0.15rem; }
  .facts { grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); }
}
@media print {
  @page { margin: 16mm 14mm; }
  :root { color-scheme: light; }
  html { font-size: 9pt; }
  body { max-width: none; padding: 0; }
  h1 { font-size: 1.6rem; }
  .tables { gap: 0 2rem; }
  nav { display: none; }
  a { color: inherit; text-decoration: none; }
  section + section { break-before: page; }
  h2 { border: none; padding: 0; margin-top: 0; }
  h2, h3, caption, summary { break-after: avoid; }
  tr, figure, .steps li, .ids > div, .facts > div { break-inside: avoid; }
  thead { display: table-header-group; }
  tbody:first-of-type > tr:first-child, .group { break-before: avoid; break-after: avoid; }
  .scroll { overflow: visible; }
  table { max-width: 100%; }
  th, td { padding: 0.2rem 0.6rem 0.2rem 0; }
  .articles { display: block; }
  article { border: none; padding: 0; margin-bottom: 8mm; }
  details::details-content { content-visibility: visible; block-size: auto; }
  .maps svg { max-width: 80mm; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
