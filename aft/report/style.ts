/**
 * The look of reports: colours for both themes, type, tables, charts, print.
 *
 * @module
 */

import { LARGE_TEXT } from "./frame.ts";
import { Markup } from "./html.ts";

/** Colours of one theme as #rrggbb. */
export interface Theme {
  /** Page. */
  readonly page: string;
  /** Code, read-outs. */
  readonly raised: string;
  /** Text. */
  readonly text: string;
  /** Secondary text. */
  readonly muted: string;
  /** Rules and grid lines. */
  readonly rule: string;
  /** Six series. */
  readonly series: readonly string[];
  /** Largest share of a series colour under text in the confusion matrix, in percent. */
  readonly heat: number;
}

/**
 * Six colours whose pairs stay apart (OKLab distance of at least 0.09) for full colour vision and
 * for simulated protanopia, deuteranopia and tritanopia, each at 3:1 or more against the page.
 */
export const LIGHT: Theme = {
  page: "#ffffff",
  raised: "#f4f4f2",
  text: "#1d2126",
  muted: "#5a636d",
  rule: "#dfe2e5",
  series: ["#2d55c4", "#9c330a", "#2d9a88", "#55275f", "#a07a00", "#66605f"],
  heat: 60,
};

/** The same roles on a dark page. */
export const DARK: Theme = {
  page: "#15181c",
  raised: "#20252b",
  text: "#e8eaed",
  muted: "#a3adb8",
  rule: "#363d46",
  series: ["#7ea6ff", "#e08434", "#85e8d6", "#b178a6", "#f0d44c", "#b0b4b8"],
  heat: 42,
};

/**
 * The style sheet of a page.
 *
 * @returns CSS.
 */
export function pageStyle(): Markup {
  return new Markup(
    `:root{color-scheme:light dark;${variables(LIGHT)}}
@media screen and (prefers-color-scheme:dark){:root{${variables(DARK)}}}
${LAYOUT}${TABLES}${CHARTS}${MARKS}${seriesColors()}${PRINT}`,
  );
}

/**
 * The style sheet of a chart that stands in a file of its own, in the colours of both themes.
 *
 * @returns CSS.
 */
export function chartStyle(): Markup {
  return new Markup(
    `svg{color-scheme:light dark;font-family:system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;
${variables(LIGHT)}}
@media (prefers-color-scheme:dark){svg{${variables(DARK)}}}
.sheet{fill:var(--page)}
svg .heading{fill:var(--text);font-size:13px;font-weight:600}
${MARKS}${seriesColors()}`,
  );
}

function variables(theme: Theme): string {
  const series = theme.series.map((color, i) => `--series-${i + 1}:${color};`).join("");
  return `--page:${theme.page};--raised:${theme.raised};--text:${theme.text};` +
    `--muted:${theme.muted};--rule:${theme.rule};--heat:${theme.heat}%;${series}`;
}

function seriesColors(): string {
  const colors = LIGHT.series.map((_, i) => `.c${i + 1}{--c:var(--series-${i + 1})}`).join("");
  return `.c0{--c:var(--muted)}${colors}\n`;
}

const LAYOUT = `*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1120px;margin:0 auto;padding:clamp(28px,6vw,72px) clamp(16px,4vw,40px)}
h1{margin:0;max-width:27em;font-size:clamp(1.35rem,1rem + 1.6vw,2rem);line-height:1.3;
font-weight:600;letter-spacing:-.012em;text-wrap:pretty;overflow-wrap:anywhere}
h2{margin:0 0 6px;font-size:1.3rem;line-height:1.3;font-weight:600;letter-spacing:-.008em}
h3{margin:0;font-size:1rem;line-height:1.4;font-weight:600;overflow-wrap:anywhere}
section{margin-top:56px;padding-top:28px;border-top:1px solid var(--rule)}
.comparison{font-weight:400;color:var(--muted)}
.eyebrow{margin:0 0 10px;color:var(--muted);font-size:.9rem;overflow-wrap:anywhere}
h2+.columns,h2+.charts{margin-top:22px}
.lead{max-width:46em;margin:0 0 28px;color:var(--muted)}
.note{max-width:46em;margin:2px 0 0;color:var(--muted);font-size:.875rem}
.notice{margin:20px 0 0;padding:10px 14px;border-left:3px solid var(--series-2);
background:var(--raised);max-width:46em}
.empty{color:var(--muted)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:24px 28px;
margin:40px 0 0}
.tiles div{max-width:240px;border-top:2px solid var(--rule);padding-top:10px}
.tiles div:first-child{border-color:var(--series-1)}
dt{color:var(--muted);font-size:.875rem}
dd{margin:2px 0 0;font-size:1.7rem;line-height:1.25;font-weight:600;letter-spacing:-.015em;
font-variant-numeric:tabular-nums}
dd small{display:block;font-size:.8125rem;font-weight:400;letter-spacing:0;color:var(--muted)}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));
gap:32px 48px;align-items:start}
details{margin-top:28px}
summary{cursor:pointer;color:var(--muted);width:fit-content}
details[open] summary{margin-bottom:16px}
:focus-visible{outline:2px solid var(--series-1);outline-offset:3px}
code,pre{font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
pre{margin:4px 0 0;padding:12px 14px;background:var(--raised);border-radius:6px;overflow-x:auto}
.files{margin:6px 0 0;padding:0;list-style:none;overflow-wrap:anywhere}
.columns h3{margin-top:28px}
.usage{margin-top:36px}
.command p{margin:14px 0 0;color:var(--muted);font-size:.875rem}
`;

const TABLES = `.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:0 0 8px}
section>.scroll{margin-top:36px}
.scroll+.note{margin-top:12px}
th,td{padding:7px 14px 7px 0;text-align:right;border-bottom:1px solid var(--rule);
vertical-align:baseline}
th:last-child,td:last-child{padding-right:2px}
.word{text-align:left}
thead th{color:var(--muted);font-weight:500;font-size:.8125rem;line-height:1.35;
vertical-align:bottom}
tbody th,tfoot th{font-weight:500;overflow-wrap:break-word;min-width:7em;max-width:22em}
td{white-space:nowrap}
td.word{white-space:normal;overflow-wrap:break-word;max-width:22em}
tfoot th,tfoot td{border-bottom:0;color:var(--muted)}
.facts th{width:42%;color:var(--muted);font-weight:400;text-align:left}
.facts{table-layout:fixed}
.facts th,.facts td{overflow-wrap:anywhere;white-space:normal;max-width:none}
.facts td{text-align:left}
.matrix{width:auto;border-collapse:separate;border-spacing:2px}
.matrix th,.matrix td{border:0;padding:6px 5px;text-align:center;white-space:nowrap}
.matrix td{min-width:2.75em}
.matrix.dense{font-size:.78rem}
.matrix.dense th,.matrix.dense td{padding:4px 2px}
.matrix.dense td{min-width:2.3em}
.matrix thead th span{display:inline-block;max-width:12em;overflow:hidden;text-overflow:ellipsis}
.matrix.upright thead th:not(.corner) span{writing-mode:vertical-rl;transform:rotate(180deg);
max-height:11em;max-width:none}
.matrix tbody th,.matrix tfoot th,.matrix .corner{position:sticky;left:0;z-index:1;
background:var(--page);text-align:right;min-width:0;max-width:11em;overflow:hidden;
text-overflow:ellipsis;padding-left:0}
.matrix .right{font-weight:600;background:color-mix(in srgb,var(--series-1)
calc(var(--shade)*var(--heat)),var(--page))}
.matrix .wrong{background:color-mix(in srgb,var(--series-2)
calc(var(--shade)*var(--heat)),var(--page))}
.confusion{display:flex;flex-wrap:wrap;gap:36px 44px;align-items:flex-start}
.confusion>.scroll:last-child{flex:1 1 290px;max-width:440px}
.confusion>.scroll:first-child{max-width:100%}
.matrix .none,.matrix .score{color:var(--muted)}
`;

const CHARTS = `.charts{display:grid;
grid-template-columns:repeat(auto-fill,minmax(min(100%,430px),1fr));gap:44px 48px}
.over-steps{margin-top:44px}
.multiples{margin-top:44px;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));
gap:36px 40px}
.chart{margin:0;container-type:inline-size;display:flex;flex-direction:column}
figcaption{margin-bottom:8px}
.wide{max-width:560px}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;margin:0 0 8px;padding:0;list-style:none;
font-size:.8125rem;color:var(--muted)}
.legend li{display:flex;align-items:center;gap:7px}
.legend svg{flex:none}
.chart>svg{display:block;width:100%;height:auto;margin-top:auto;overflow:visible}
`;

/** What is inside a drawing. */
const MARKS = `svg text{fill:var(--muted);font-size:10.5px;font-variant-numeric:tabular-nums}
.grid,.base,.notch{fill:none;stroke:var(--rule);stroke-width:1}
.base,.notch{stroke:var(--muted)}
.line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.line.dots{stroke-width:1.5}
.line.faint{stroke-width:1;opacity:.35}
.line.dashed{stroke-width:1.5;stroke-dasharray:5 4}
.band{fill:var(--c);opacity:.16}
.dot{fill:var(--c);stroke:var(--page);stroke-width:1}
.bar{fill:var(--c)}
.c0 .bar{opacity:.55}
svg .label{fill:var(--text)}
svg .value{fill:var(--text)}
.whisker{fill:none;stroke:var(--text);stroke-width:1.25}
.cloud circle{fill:var(--c);fill-opacity:.5}
.cloud circle:hover{fill-opacity:1}
.catch{fill:transparent}
.bin:hover .bar{opacity:.7}
.hit>rect{fill:transparent}
.tip{visibility:hidden;pointer-events:none}
.hit:hover .tip{visibility:visible}
.tip rect{fill:var(--raised);stroke:var(--rule)}
.tip text{fill:var(--c)}
.tip text.head{fill:var(--text)}
.tip .mark{fill:var(--c);stroke:var(--page);stroke-width:1.5}
.cursor{stroke:var(--muted);stroke-width:1}
@container (max-width:420px){svg text{font-size:${LARGE_TEXT}px}}
`;

const PRINT = `@media print{body{font-size:10.5pt;-webkit-print-color-adjust:exact;
print-color-adjust:exact}
main{max-width:none;padding:0}
section{margin-top:24pt;padding-top:12pt}
.charts{grid-template-columns:1fr 1fr;gap:18pt}
figure,tr,.tiles,.command{break-inside:avoid}
h2,h3,.lead{break-after:avoid}
.scroll{overflow:visible}
pre{white-space:pre-wrap;overflow-wrap:anywhere}
details:not([open]){display:none}}
`;
