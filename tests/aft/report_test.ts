import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderReport } from "../../aft/report/report.ts";
import { DARK, LIGHT } from "../../aft/report/style.ts";
import { explainRho } from "../../aft/rho.ts";
import { channels, classification, HOSTILE, regression } from "./report/small_run.ts";

/** Text of the headline without its markup. */
function heading(page: string): string {
  const inside = page.match(/<h1>(.*?)<\/h1>/s)?.[1] ?? "";
  return inside.replace(/<[^>]*>/g, "").replaceAll("\u00a0", " ");
}

Deno.test("the headline says what was trained, how good it is and what guessing would reach", () => {
  const page = renderReport(classification({ scales: undefined }));
  assertEquals(
    heading(page),
    "The student trained with AFT answers 65.0 % of 20 test rows correctly, with a task loss of " +
      "0.75; always naming the most frequent class would reach 50.0 %.",
  );
});

Deno.test("the headline names up to three teachers and is plain about a useless student", () => {
  const scales = explainRho([1, 1], [1, 1], [{ name: "one", columns: 1 }, {
    name: "two",
    columns: 1,
  }]);
  const data = classification({ scales, final: { loss: 3, accuracy: 0.5 } });
  assertEquals(
    heading(renderReport(data)),
    "The student trained with AFT from one and two answers 50.0 % of 20 test rows correctly, with " +
      "a task loss of 3, no better than guessing: always naming the most frequent class " +
      "would reach 50.0 %.",
  );
});

Deno.test("the headline of a regression gives error, loss and R²", () => {
  assertEquals(
    heading(renderReport({ ...regression(), scales: undefined })),
    "The student trained with AFT predicts the test values with a mean absolute error of 0.31, " +
      "with a task loss of 0.2 and R² 0.82; always predicting their mean would have R² 0.",
  );
});

Deno.test("an interrupted run says where it stopped", () => {
  const data = classification({
    interrupted: true,
    final: undefined,
    confusion: undefined,
    scales: undefined,
    config: { method: "stl", steps: 500 },
  });
  const page = renderReport(data);
  assertEquals(
    heading(page),
    "The student trained without a teacher (stl) was stopped at step 120 of 500, before it was " +
      "evaluated on the test split.",
  );
  assertStringIncludes(page, "This run was stopped early");
});

Deno.test("names with markup in them stay text everywhere", () => {
  const page = renderReport(classification({
    title: HOSTILE,
    config: { [HOSTILE]: HOSTILE },
    environment: { [HOSTILE]: { [HOSTILE]: [HOSTILE] } },
    files: [HOSTILE],
    commands: [{ purpose: HOSTILE, command: HOSTILE }],
  }));
  assertEquals(page.includes("<img"), false);
  assertEquals(page.split("</script>").length, 2, "only the data block ends a script");
  assertStringIncludes(page, "&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;");
});

Deno.test("the page carries its data as JSON that a program reads back", () => {
  const data = classification();
  const page = renderReport(data);
  const json = page.match(/<script type="application\/json" id="report-data">(.*?)<\/script>/s)
    ?.[1];
  assertEquals(JSON.parse(json ?? ""), JSON.parse(JSON.stringify(data)));
});

Deno.test("of many classes the page carries counts and mistakes, not the matrix", () => {
  const carriedBy = (count: number) => {
    const classes = Array.from({ length: count }, (_, i) => `kind ${i}`);
    const confusion = classes.map((_, i) => classes.map((_, j) => Number(i === j) * 9));
    confusion[17][99] = 5;
    const page = renderReport(classification({ classes, confusion }));
    assert(page.length < 1_000_000, `${count} classes make ${page.length} characters`);
    return JSON.parse(page.match(/id="report-data">(.*?)<\/script>/s)![1]);
  };
  assertEquals(carriedBy(100).confusion.length, 100);
  const { confusion, classes, classCounts, mistakes } = carriedBy(1000);
  assertEquals([confusion, classes.length, classCounts.length], [undefined, 1000, 1000]);
  assertEquals(classCounts[99], { name: "kind 99", right: 9, rows: 9, predicted: 14 });
  assertEquals(mistakes, [{ true: 17, predicted: 99, rows: 5 }]);
});

Deno.test("nothing in the page runs or comes from outside", () => {
  const page = renderReport(classification());
  assertStringIncludes(
    page,
    `content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`,
  );
  const style = page.match(/<style>(.*?)<\/style>/s)?.[1] ?? "";
  assertEquals(/url\(|@import|@font-face/.test(style), false);
  assertEquals(page.match(/<script/g)?.length, 1);
  assertEquals([...page.matchAll(/<(?:link|img|iframe|object|embed)\b[^>]*>/g)].map((m) => m[0]), [
    `<link rel="icon" href="data:,">`,
  ]);
  // Escaped text may speak of handlers; only markup has a quote after the equals sign.
  assertEquals(page.match(/<[^>]*\son\w+\s*=\s*["']/g), null);
});

Deno.test("the confusion matrix shows counts, recall and precision", () => {
  const page = renderReport(classification());
  const table = page.match(/<table id="confusion".*?<\/table>/s)?.[0] ?? "";
  const cells = [...table.matchAll(/<td[^>]*>([^<]*)<\/td>/g)].map((m) => m[1]);
  assertEquals(cells.map((cell) => cell.replace("\u00a0", " ")), [
    ...["8", "2", "0", "80 %"],
    ...["1", "4", "1", "67 %"],
    ...["3", "0", "1", "25 %"],
    ...["67 %", "67 %", "50 %", "65 %"],
  ]);
  assertStringIncludes(page, "Most often");
});

Deno.test("above thirty classes the worst pairs stand in for the matrix", () => {
  const classes = Array.from({ length: 120 }, (_, i) => `kind ${i}`);
  const confusion = classes.map((_, i) => classes.map((_, j) => Number(i === j) * 9));
  confusion[17][99] = 5;
  confusion[3][4] = 2;
  const page = renderReport(classification({ classes, confusion }));
  assertEquals(page.includes(`id="confusion"`), false);
  const pairs = page.match(/<table id="pairs".*?<\/table>/s)?.[0] ?? "";
  const rows = [...pairs.matchAll(/<tr><th scope="row".*?<\/tr>/gs)].map((m) =>
    m[0].replace(/<[^>]*>/g, " ").replaceAll("\u00a0", " ").replace(/\s+/g, " ").trim()
  );
  assertEquals(rows, ["kind 17 kind 99 5 35.7 %", "kind 3 kind 4 2 18.2 %"]);
  assertEquals(page.match(/<table id="classes".*?<\/table>/s)?.[0].match(/<tr>/g)?.length, 121);
});

Deno.test("a class without rows or never predicted gets a dash, not NaN", () => {
  const page = renderReport(classification({ confusion: [[0, 0, 0], [4, 2, 0], [1, 3, 0]] }));
  const table = page.match(/<table id="confusion".*?<\/table>/s)?.[0] ?? "";
  assertStringIncludes(table, "–");
  assertEquals(/NaN|Infinity|undefined/.test(page), false);
});

Deno.test("scales that were written down at several steps are drawn over the steps", () => {
  const at = (useful: number) =>
    explainRho([useful, 0.5], [1, 1], [{ name: "useful", columns: 1 }, {
      name: HOSTILE,
      columns: 1,
    }]);
  const evaluations = [10, 20, 20].map((step, i) => ({
    ...{ step, split: i < 2 ? "val" as const : "test" as const, loss: 1 },
    scales: at(step / 20),
  }));
  const charts = (page: string) => page.match(/<h3>[^<]* over steps<\/h3>/g) ?? [];
  const page = renderReport(classification({ evaluations, scales: at(1) }));
  assertEquals(charts(page).length, 2);
  const energy = page.match(/<title>Energy by teacher over steps<\/title><desc>(.*?)<\/desc>/)?.[1];
  assertStringIncludes(
    energy?.replaceAll("\u00a0", " ") ?? "",
    "share of energy against step. useful: from 50.0 % at 10 to 80.0 % at 20; ",
  );
  const once = renderReport(classification({ evaluations: evaluations.slice(1), scales: at(1) }));
  assertEquals(charts(once), []);
});

Deno.test("a regression draws at most 500 points", () => {
  const page = renderReport(regression());
  const chart = page.match(/<figure class="chart" data-chart="scatter">.*?<\/figure>/s)?.[0] ?? "";
  assertEquals(chart.match(/<circle cx/g)?.length, 500);
  assertStringIncludes(
    page,
    "500 of 900 test rows, evenly spread. R² 0.82, mean absolute error 0.31.",
  );
});

Deno.test("commands quote what a shell would take apart", () => {
  const page = renderReport(classification());
  assertStringIncludes(
    page,
    "aft eval --checkpoint runs/small/checkpoint.safetensors --data &#39;my data&#39;",
  );
});

Deno.test("commands name the format where training was given one", () => {
  const { config } = classification();
  const commands = (format: string) =>
    [...renderReport(classification({ config: { ...config, format } })).matchAll(/aft \w+ [^<]*/g)]
      .map(([command]) => command.replaceAll("&#39;", "'"));
  const model = "--checkpoint runs/small/checkpoint.safetensors";
  assertEquals(commands("csv"), [
    `aft eval ${model} --format csv --data 'my data'`,
    `aft predict ${model} --format csv --data NEW_INPUTS`,
  ]);
  assertEquals(commands("auto")[0], `aft eval ${model} --data 'my data'`);
});

Deno.test("configuration stays as it was written", () => {
  const config = { lr: 1e-3, seed: 9007199254740991, student: { widths: [512, 256] }, rho: null };
  const page = renderReport(classification({ config }));
  const text = page.match(/<table id="configuration".*?<\/table>/s)?.[0].replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ").trim();
  assertEquals(
    text,
    "Configuration lr 0.001 seed 9007199254740991 student.widths 512, 256 rho –",
  );
});

Deno.test("a report without any result is still a page", () => {
  const page = renderReport({
    title: "nothing",
    config: {},
    task: "classification",
    classes: [],
    metrics: [],
    evaluations: [],
    environment: {},
    files: [],
  });
  assertEquals(heading(page), "The student has not been evaluated on the test split.");
  assertEquals(/NaN|Infinity|undefined/.test(page), false);
});

Deno.test("values that are not finite leave gaps and dashes, never NaN in a path", () => {
  const metrics = [1, 2, 3, 4, 5].map((step) => ({ step, taskLoss: step === 3 ? NaN : 1 / step }));
  const page = renderReport(classification({ metrics, final: { loss: Infinity, accuracy: NaN } }));
  assertEquals(/NaN|Infinity/.test(page), false);
  const line = page.match(/data-series="train">.*?<path class="line line" d="([^"]*)"/s)?.[1] ?? "";
  assertEquals(line.match(/M/g)?.length, 2);
});

Deno.test("colours keep their contrast against both pages", () => {
  for (const theme of [LIGHT, DARK]) {
    for (const color of theme.series) assert(contrast(color, theme.page) >= 3, color);
    for (const page of [theme.page, theme.raised]) {
      for (const color of [theme.text, theme.muted]) assert(contrast(color, page) >= 4.5, color);
    }
    for (const color of theme.series.slice(0, 2)) {
      const cell = mix(color, theme.page, theme.heat / 100);
      assert(contrast(theme.text, cell) >= 4.5, `text on ${cell}: ${contrast(theme.text, cell)}`);
    }
  }
});

/** Contrast ratio of WCAG 2.2 between two colours #rrggbb. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const [r, g, b] = channels(color).map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function mix(color: string, page: string, share: number): string {
  const [a, b] = [channels(color), channels(page)];
  const mixed = a.map((c, i) => Math.round(share * c + (1 - share) * b[i]));
  return "#" + mixed.map((c) => c.toString(16).padStart(2, "0")).join("");
}
