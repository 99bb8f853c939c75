/** The page's only style sheet. Colours are custom properties that the charts use too. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fdfdfb; --ink: #1b1d21; --muted: #5c626b; --rule: #dcdcd6; --faint: #f4f4ef; --shade: #b9b9b1;
  --accent: #0b5cad; --bad: #a3290f; --heat: #0072b2;
  --method-0: #0067b0; --method-1: #c75300; --method-2: #00795a; --method-3: #a2478a;
  --method-4: #946a00; --method-5: #2b2f36; --method-6: #3a8fc7;
  --role-base-weight: #8b95a1; --role-adapter-weight: #d55e00; --role-head: #2b2f36; --role-gradient: #e0a100; --role-key-value-cache: #7a4fa3;
  --role-optimizer-state: #009e73; --role-saved-activation: #0072b2; --role-workspace: #86c5ee; --role-staging: #c77aa8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181c; --ink: #e9e8e3; --muted: #a2a7b0; --rule: #34383f; --faint: #1e2126; --shade: #454a53;
    --accent: #84b9f0; --bad: #ff9c82; --heat: #4a9fe0;
    --method-0: #62aeef; --method-1: #ff9350; --method-2: #41c9a2; --method-3: #e297cb;
    --method-4: #e5b93f; --method-5: #d5d8dc; --method-6: #a8d8f5;
    --role-base-weight: #69727d; --role-adapter-weight: #ff8a3d; --role-head: #e9e8e3; --role-gradient: #e8b93c; --role-key-value-cache: #a983d1;
    --role-optimizer-state: #2fb98f; --role-saved-activation: #3f93d6; --role-workspace: #a5d4f2; --role-staging: #dc9fc4;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 74rem; padding: 3rem 2rem 5rem;
  background: var(--paper); color: var(--ink); overflow-wrap: break-word;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
}
h1, h2, h3 { line-height: 1.25; font-weight: 600; text-wrap: balance; }
h1 { margin: 0 0 .9rem; font-size: .95rem; color: var(--muted); letter-spacing: .01em; }
h2 { margin: 4rem 0 1rem; font-size: 1.3rem; }
h3 { margin: 2.5rem 0 .25rem; font-size: 1.05rem; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: var(--accent); }
.verdict {
  margin: 0 0 1rem; max-width: 52rem; font-size: 1.55rem; line-height: 1.38; text-wrap: pretty;
  font-family: ui-serif, Charter, "Iowan Old Style", Georgia, "Liberation Serif", serif;
}
.verdict .suite {
  display: block; font: 600 .8rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  color: var(--muted); letter-spacing: .01em;
}
.unbeaten { max-width: 52rem; border-left: .3rem solid var(--bad); padding-left: 1rem; }
.caveat, .facts { color: var(--muted); font-size: .93rem; }
.facts { margin-top: .8rem; max-width: none; }
.note { color: var(--muted); font-size: .9rem; }
header + main > section:first-child h2 { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; }
.per-task li { margin: .35rem 0; max-width: 52rem; }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: fixed; left: 1rem; top: 1rem; padding: .5rem 1rem; background: var(--paper); z-index: 1; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }

/* Shaded at the side where there is more: the paper over the shade moves with the content. */
.scroll {
  overflow-x: auto; margin: 1.5rem 0;
  background:
    linear-gradient(to right, var(--paper) 35%, transparent) left / 2.5rem 100% no-repeat local,
    linear-gradient(to left, var(--paper) 35%, transparent) right / 2.5rem 100% no-repeat local,
    linear-gradient(to right, var(--shade), transparent) left / 1rem 100% no-repeat scroll,
    linear-gradient(to left, var(--shade), transparent) right / 1rem 100% no-repeat scroll;
}
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums lining-nums; }
caption { text-align: left; padding: 0 0 .6rem; color: var(--muted); font-size: .9rem; }
.caption { display: inline-block; position: sticky; left: 0; max-width: min(100vw - 2rem, 52rem); }
caption strong { color: var(--ink); }
th, td { padding: .5rem .55rem; text-align: right; vertical-align: baseline; white-space: nowrap; }
.counts { white-space: normal; }
th { font-weight: 500; }
thead th { color: var(--muted); font-size: .82rem; vertical-align: bottom; line-height: 1.3; }
thead tr:last-child > * { border-bottom: 1px solid var(--muted); }
tbody tr > * { border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child, td.text, th.text { text-align: left; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
td.text, tbody th { white-space: normal; }
th[colspan] { text-align: center; background: linear-gradient(var(--rule), var(--rule)) no-repeat bottom right / calc(100% - 1.2rem) 1px; }
.results th[colspan], .results td:nth-child(2) { padding-left: 1rem; }
.method { font-weight: 600; }
.results tr.pick > * { background: var(--faint); }
.results tr.pick th { box-shadow: inset 3px 0 var(--accent); padding-left: .7rem; }
.results tbody th:first-child { padding-left: .7rem; min-width: 9rem; }
.results thead tr:last-child th:first-child { padding-left: .7rem; }
.overview td.pick { font-weight: 700; }
.overview thead th { white-space: normal; }
.overview tbody th { white-space: nowrap; }
.one-line { position: relative; white-space: nowrap; }
.mark { position: absolute; left: 100%; margin-left: .15em; font-size: .72em; font-weight: 400; }
.mark.better { color: var(--accent); }
.mark.worse { color: var(--bad); }
.tag { font-size: .75rem; font-weight: 500; color: var(--accent); margin-left: .25rem; }
.origin { font-size: .78rem; font-weight: 500; color: var(--ink); border: 1px solid var(--muted); border-radius: .25rem; padding: 0 .35em; white-space: nowrap; }
.score data.mean { font-weight: 600; }
.quiet { color: var(--muted); font-weight: 400; }
small { font-size: .82em; color: var(--muted); font-weight: 400; }
.failure { display: block; color: var(--bad); max-width: 24rem; white-space: normal; line-height: 1.35; overflow-wrap: anywhere; }
.failed { color: var(--bad); }
.results .failed { text-align: left; white-space: normal; min-width: 14rem; }
.baselines th, .baselines td { color: var(--muted); }
.baselines th, .baselines .method, .baselines data.mean { font-weight: 400; }
.baselines tr > * { border-bottom: 0; }
.overview .baselines td.pick data.mean { font-weight: 700; }
.metric { white-space: nowrap; }

.notices { border-left: .3rem solid var(--accent); padding: .2rem 0 .2rem 1rem; margin: 0 0 1.4rem; max-width: 50rem; }
.notices p { margin: .4rem 0; }
.cautions { padding-left: 1.1rem; max-width: 50rem; }
.cautions li { margin: .4rem 0; overflow-wrap: anywhere; }
.chart-kind { break-inside: avoid; }
figure { margin: 1rem 0 0; }
figcaption { font-weight: 500; font-size: .92rem; }
.chart-drawing { display: block; width: 100%; max-width: 33rem; height: auto; overflow: visible; }
.chart-drawing text { font-family: inherit; font-variant-numeric: tabular-nums; }
.wide .chart-drawing { min-width: 46rem; max-width: 60rem; }
figure details { margin: .5rem 0; }
.stages td:first-child { padding-left: .55rem; }
.stages tbody + tbody tr:first-child > * { border-top: 1px solid var(--muted); }
.settings td.text { min-width: 5rem; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 2.5rem; margin-top: 1.5rem; }
.panels > .chart-kind { min-width: 0; }
.panels > .chart-kind > h3 { margin-top: 0; }
.panels > .full-width { grid-column: 1 / -1; }
.panels figure + figure { margin-top: 2.5rem; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin: .5rem 0 .8rem; padding: 0; list-style: none; font-size: .85rem; }
.swatch { margin-right: .45em; vertical-align: -.08em; }
details { margin: 1rem 0; }
details details { margin-inline-start: 1.2rem; }
summary { cursor: pointer; color: var(--accent); width: fit-content; }
pre { padding: .8rem 1rem; background: var(--faint); white-space: pre-wrap; overflow-wrap: anywhere; font-size: .87rem; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
.provenance th { width: 12rem; color: var(--muted); font-weight: 400; }
.provenance td { overflow-wrap: anywhere; }
.sources { display: grid; grid-template-columns: 7rem 1fr; gap: .5rem 1rem; max-width: 50rem; margin: 0; }
dt { font-weight: 600; }
dd { margin: 0; }
.sources dt { font-weight: 500; color: var(--muted); }
.glossary { columns: 2 24rem; column-gap: 3rem; font-size: .93rem; }
.glossary div { break-inside: avoid; margin: 0 0 .9rem; }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--rule); color: var(--muted); font-size: .87rem; }

@media (max-width: 46rem) {
  body { padding: 1.5rem 1rem 3rem; }
  .verdict { font-size: 1.28rem; }
  h2 { margin-top: 3rem; }
  .overview tbody th { white-space: normal; }
  .results tbody th, .overview tbody th { position: sticky; left: 0; max-width: 8.5rem; background: var(--paper); }
  .results tbody th:first-child { min-width: 7rem; }
  .sources { grid-template-columns: 1fr; gap: 0; }
  .sources dd { margin-bottom: .6rem; }
  .provenance th { width: 7rem; }
}
@media print {
  :root { --paper: #fff; --ink: #000; --muted: #444; --rule: #bbb; --faint: #f3f3f3; font-size: 9.5pt; }
  @page { margin: 1.5cm; }
  body { max-width: none; padding: 0; font-size: 1rem; }
  .skip { display: none; }
  .verdict { font-size: 1.4rem; }
  h2 { margin-top: 2rem; }
  .scroll { overflow: visible; background: none; }
  table { font-size: .74rem; }
  thead th, caption { font-size: .7rem; }
  th, td { padding: .2rem .25rem; white-space: normal; }
  .results tbody th:first-child { min-width: 0; }
  .score, .n { white-space: nowrap; }
  table.runs { font-size: .6rem; }
  table.runs thead th { font-size: .58rem; }
  h2, h3 { break-after: avoid; }
  tr, figure { break-inside: avoid; }
  .wide .chart-drawing { min-width: 0; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`;
