import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { axisFor } from "../../../aft/report/axis.ts";
import { barChart, histogram, lineChart, scatter } from "../../../aft/report/chart.ts";
import {
  dataBlock,
  formatNumber,
  formatPercent,
  formatSeconds,
  html,
} from "../../../aft/report/html.ts";
import { thin } from "../../../aft/report/line.ts";

const labels = (values: number[], options = {}) => {
  const axis = axisFor(values, { round: true, ...options });
  return axis.ticks.map(axis.label);
};

Deno.test("ticks are round numbers with the decimals that their distance needs", () => {
  assertEquals(labels([0, 2.3]), ["0", "0.5", "1.0", "1.5", "2.0", "2.5"]);
  assertEquals(labels([0, 500]), ["0", "100", "200", "300", "400", "500"]);
  assertEquals(labels([0, 0.0014], { ticks: 4 }), ["0", "0.0005", "0.0010", "0.0015"]);
  assertEquals(labels([-1.2, 1.1], { ticks: 4 }), ["−2", "−1", "0", "1", "2"]);
  assertEquals(labels([0, 12_000], { ticks: 3 }), ["0", "5,000", "10,000", "15,000"]);
  assertEquals(labels([0, 3e6], { ticks: 3 }), ["0", "1M", "2M", "3M"]);
  assertEquals(labels([0, 2e-5], { ticks: 2 }), ["0", "1e-5", "2e-5"]);
});

Deno.test("an axis without a range of values still has one", () => {
  assertEquals(labels([]), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
  assertEquals(labels([NaN, Infinity]), labels([]));
  for (const value of [0, 4, -4, 1e-9, 1e9]) {
    const axis = axisFor([value], { round: true });
    assert(axis.min < axis.max && axis.ticks.length > 1, `${value}`);
    assert(axis.place(value) >= 0 && axis.place(value) <= 1);
  }
});

Deno.test("a logarithmic axis places equal ratios at equal distances", () => {
  const axis = axisFor([1, 10_000], { scale: "log" });
  assertEquals(axis.ticks, [1, 10, 100, 1000, 10_000]);
  assertEquals([1, 10, 100, 1000].map((v) => Number(axis.place(v).toFixed(9))), [
    0,
    0.25,
    0.5,
    0.75,
  ]);
  assertEquals(axisFor([100, 1000], { scale: "log" }).ticks, [100, 200, 500, 1000]);
  assertEquals(axis.place(-1), 0);
});

Deno.test("every hole of a template is escaped unless it is markup", () => {
  const name = `<b>"'&`;
  assertEquals(
    String(html`<i title="${name}">${name}</i>`),
    `<i title="&lt;b&gt;&quot;&#39;&amp;">` +
      `&lt;b&gt;&quot;&#39;&amp;</i>`,
  );
  assertEquals(
    String(html`<p>${html`<b>${1}</b>`}${[html`<i></i>`, "<"]}${undefined}${false}</p>`),
    "<p><b>1</b><i></i>&lt;</p>",
  );
  assertEquals(String(html`${"a\u0000b"}`), "a\ufffdb");
});

Deno.test("a data block cannot be ended by its data", () => {
  const block = String(dataBlock("x", { text: "</script><!--", number: NaN }));
  assertEquals(
    block,
    `<script type="application/json" id="x">` +
      `{"text":"\\u003c/script>\\u003c!--","number":null}</script>`,
  );
});

Deno.test("numbers are written for people", () => {
  const cases: [number | undefined, string][] = [
    [1.8312, "1.83"],
    [12.345, "12.3"],
    [1234.5, "1,235"],
    [0.0421, "0.0421"],
    [3.1e-7, "3.1e-7"],
    [2.5e12, "2.5e12"],
    [1e-8, "1e-8"],
    [-0.5, "-0.5"],
    [2000, "2,000"],
    [0, "0"],
    [NaN, "–"],
    [undefined, "–"],
  ];
  for (const [value, text] of cases) assertEquals(formatNumber(value), text);
  assertEquals(formatPercent(0.381), "38.1\u00a0%");
  assertEquals(formatPercent(NaN), "–");
  assertEquals([3.14159, 75.2, 7384].map(formatSeconds).map((s) => s.replaceAll("\u00a0", " ")), [
    "3.14 s",
    "1 min 15 s",
    "2 h 3 min",
  ]);
});

Deno.test("thinning keeps the ends of the range, the order and the gaps", () => {
  const points = Array.from({ length: 10_000 }, (_, x) => ({ x, y: Math.sin(x / 100) }));
  points[4321].y = 9;
  points[8765].y = -9;
  const kept = thin(points, 600);
  assert(kept.length <= 600 && kept.length > 300);
  assertEquals([Math.max(...kept.map((p) => p.y)), Math.min(...kept.map((p) => p.y))], [9, -9]);
  assert(kept.every((p, i) => i === 0 || p.x > kept[i - 1].x));
  const broken = thin(points.map((p) => p.x >= 5000 && p.x < 6000 ? { ...p, y: NaN } : p), 600);
  assert(broken.some((p) => Number.isNaN(p.y)));
});

/** Numbers of all "M" and "L" points of the first path with a class. */
function pathPoints(svg: string, className: string): [number, number][] {
  const d = svg.match(new RegExp(`class="${className}" d="([^"]*)"`))?.[1] ?? "";
  return [...d.matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)].map((m) => [Number(m[1]), Number(m[2])]);
}

Deno.test("a line chart draws values where its axes say", () => {
  const svg = String(lineChart({
    title: "Loss",
    series: [{ name: "train", points: [{ x: 0, y: 0 }, { x: 5, y: 1 }, { x: 10, y: 4 }] }],
    x: { name: "step" },
    y: { name: "nats" },
  }));
  const [[x0, y0], [x1, y1], [x2, y2]] = pathPoints(svg, "line line");
  assertAlmostEquals(x1 - x0, x2 - x1, 0.02);
  assertAlmostEquals((y0 - y1) * 4, y0 - y2, 0.05);
  assert(y2 < y1 && y1 < y0, "larger values stand higher");
  assertStringIncludes(svg, "<title>Loss</title>");
  assertStringIncludes(svg, "<desc>nats against step. train: from 0 at 0 to 4 at 10.</desc>");
});

Deno.test("a line chart has bands, levels and read-outs", () => {
  const xs = [0, 2, 1024, 2048];
  const svg = String(lineChart({
    title: "Noise",
    series: [{
      name: "aft",
      points: xs.map((x) => ({ x, y: 0.4 })),
      band: xs.map((x) => ({ x, low: 0.3, high: 0.5 })),
    }],
    x: { name: "noise columns" },
    y: { name: "accuracy" },
    format: (value) => formatPercent(value),
    references: [{ name: "stl", value: 0.35 }],
  }));
  assertEquals(pathPoints(svg, "band").length, 2 * xs.length);
  assertEquals(svg.match(/class="hit"/g)?.length, xs.length);
  assertStringIncludes(svg, "noise columns 1,024");
  assertStringIncludes(svg, "aft 40.0\u00a0%");
  assertStringIncludes(svg, "</svg>stl</li>");
});

Deno.test("a point alone is drawn as a dot, and no point at all as a sentence", () => {
  const chart = (points: { x: number; y: number }[]) =>
    String(lineChart({
      title: "t",
      series: [{ name: "s", points }],
      x: { name: "x" },
      y: { name: "y" },
    }));
  assertStringIncludes(chart([{ x: 3, y: 1 }]), `<circle class="dot"`);
  assertEquals(chart([{ x: 1, y: 1 }, { x: 2, y: 1 }]).includes(`<circle class="dot"`), false);
  assertStringIncludes(chart([{ x: 1, y: NaN }]), "Nothing was recorded");
  assertStringIncludes(chart([]), "Nothing was recorded");
});

Deno.test("bars are as long as their values and start at zero", () => {
  const svg = String(barChart({
    title: "Normalised error",
    groups: [
      { label: "stl", bars: [{ value: 1 }] },
      { label: "aft", bars: [{ value: 0.5, interval: [0.4, 0.6] }] },
      { label: "other", bars: [{ value: -0.5 }, undefined] },
    ],
    value: { name: "error" },
  }));
  const bars = [...svg.matchAll(/class="bar" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)]
    .map((m) => [Number(m[1]), Number(m[2])]);
  assertEquals(bars.length, 3);
  assertAlmostEquals(bars[0][1], 2 * bars[1][1], 0.05);
  assertAlmostEquals(bars[2][0] + bars[2][1], bars[0][0], 0.05);
  assertEquals(svg.match(/class="whisker"/g)?.length, 1);
  assertStringIncludes(svg, "stl: 1; aft: 0.5; other: -0.5, nothing.");
});

Deno.test("a histogram keeps thin bins visible and names their edges", () => {
  const svg = String(histogram({
    title: "rho",
    bins: [0, 999, 1, 0],
    x: { name: "rho", range: [0, 1] },
    y: { name: "columns" },
  }));
  const heights = [...svg.matchAll(/class="bar"[^>]*height="([\d.]+)"/g)].map((m) => Number(m[1]));
  assertEquals(heights.length, 4);
  assertEquals([heights[0], heights[2], heights[3]], [0, 1.5, 0]);
  assert(heights[1] > 100);
  assertStringIncludes(svg, "<title>0.25 to 0.5: 999</title>");
  assertStringIncludes(svg, "Most lie between 0.25 and 0.5: 999.");
});

Deno.test("a scatter chart with a diagonal has equal axes", () => {
  const svg = String(scatter({
    title: "probe and student",
    series: [{ name: "teachers", points: [{ x: 0.2, y: 0.9, name: "a<b" }, { x: NaN, y: 1 }] }],
    x: { name: "probe" },
    y: { name: "student" },
    diagonal: "equal",
  }));
  const ticks = [...svg.matchAll(/<text class="tick"[^>]*>([^<]*)</g)].map((m) => m[1]);
  assertEquals(ticks.slice(0, ticks.length / 2), ticks.slice(ticks.length / 2));
  assertEquals(svg.match(/<circle c/g)?.length, 1);
  assertStringIncludes(svg, "<title>a&lt;b: probe 0.2, student 0.9</title>");
});
