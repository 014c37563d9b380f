/** The look of a report: a calm page of system fonts that prints on A4. */

export const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
html { font-size: 16px; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: #fff; color: #141c26; line-height: 1.5;
  font-family: Charter, "Bitstream Charter", Georgia, "DejaVu Serif", "Noto Serif", serif; overflow-wrap: anywhere; }
main, header, footer { max-width: 46rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; }
h1, h2, h3, th, dt, figcaption, caption, text, .kicker, .legend, .notice, .lead {
  font-family: "Segoe UI", "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0.2rem 0 0.5rem; font-weight: 600; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 0.5rem; padding-top: 0.7rem;
  border-top: 2px solid #1f3a5f; font-weight: 600; }
h3 { font-size: 1rem; margin: 1.6rem 0 0.3rem; font-weight: 600; }
p { margin: 0.5rem 0 0.8rem; }
.kicker { margin: 0; color: #1f3a5f; font-size: 0.85rem; letter-spacing: 0.06em; text-transform: uppercase; }
.date, .note { color: #44505d; font-size: 0.9rem; }
.notice { border: 2px solid #141c26; border-left-width: 10px; padding: 0.7rem 1rem; margin: 1.2rem 0; }
.notice p { margin: 0.25rem 0; }
.lead { border: 1px solid #1f3a5f; background: #f3f6f9; padding: 0.9rem 1.1rem;
  margin: 1rem 0; font-size: 1.1rem; line-height: 1.4; }
.lead strong { font-size: 1.7rem; margin-right: 0.15rem; }
dl { margin: 0.8rem 0; }
dl div { display: flex; gap: 1rem; padding: 0.3rem 0; border-bottom: 1px solid #d5dbe2; }
dt { flex: 0 0 14rem; color: #44505d; font-size: 0.9rem; padding-top: 0.1rem; }
dd { margin: 0; flex: 1; min-width: 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.88rem; line-height: 1.35; margin: 0.6rem 0 0.4rem;
  font-variant-numeric: tabular-nums lining-nums; overflow-wrap: normal; }
caption { text-align: left; font-size: 0.85rem; color: #44505d; padding-bottom: 0.35rem; }
th, td { text-align: left; vertical-align: top; padding: 0.28rem 0.6rem 0.28rem 0;
  border-bottom: 1px solid #d5dbe2; font-weight: 400; }
thead th { border-bottom: 1.5px solid #141c26; font-weight: 600; font-size: 0.8rem; vertical-align: bottom; }
tbody th { font-family: inherit; overflow-wrap: anywhere; min-width: 6rem; }
tbody th:has(br) { min-width: 10.5rem; }
td { overflow-wrap: anywhere; min-width: 6.5rem; }
.number { text-align: right; padding-right: 0; padding-left: 0.8rem; }
td.number { min-width: 0; }
td.number, time, data { white-space: nowrap; }
.wide { overflow-x: auto; }
.wide:focus-visible { outline: 2px solid #1f3a5f; }
figure { margin: 1.1rem 0 0.6rem; }
figure svg { display: block; width: 100%; min-width: 34rem; height: auto; }
svg text { font-size: 13px; fill: #141c26; }
svg text.tick { font-size: 11.5px; fill: #44505d; }
figcaption { font-size: 0.85rem; color: #44505d; margin-top: 0.4rem; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.2rem 1.4rem; padding: 0; margin: 0.4rem 0 0;
  font-size: 0.85rem; }
.legend svg { display: inline; width: 22px; min-width: 22px; vertical-align: -2px; }
.patterns { position: absolute; }
code { font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 0.85em; }
code.hash { font-size: 0.72em; overflow-wrap: anywhere; }
footer { margin-top: 3rem; padding-bottom: 3rem; color: #44505d; font-size: 0.9rem; }
@media (max-width: 34rem) {
  dl div { display: block; }
  h1 { font-size: 1.5rem; }
}
@page { size: A4; margin: 18mm 17mm 20mm;
  @bottom-right { content: "Page " counter(page) " of " counter(pages);
    font: 8.5pt Arial, "DejaVu Sans", sans-serif; color: #44505d; } }
@media print {
  html { font-size: 10.5pt; }
  body { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, header, footer { max-width: none; padding: 0; }
  header { padding-top: 0; }
  h2 { margin-top: 1.8rem; }
  h1, h2, h3, caption { break-after: avoid; }
  thead { display: table-header-group; break-after: avoid; }
  tbody tr:first-child { break-before: avoid; }
  tr, dl, figure, .notice, .lead, table:not(:has(tbody tr:nth-child(13))) { break-inside: avoid; }
  p:has(+ dl), p:has(+ .wide) { break-after: avoid; }
  p { orphans: 3; widows: 3; }
  .wide { overflow: visible; }
  figure svg { min-width: 0; }
  footer { padding-bottom: 0; margin-top: 1rem; break-before: avoid; }
}
`;
