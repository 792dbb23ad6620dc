import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderComparison } from "../../../aft/compare/report.ts";
import { rowsOf } from "../../../aft/compare/table.ts";
import type { Setting } from "../../../aft/compare/types.ts";
import { BROWSER, consoleLines, look } from "../report/browser.ts";
import { HOSTILE } from "../report/small_run.ts";
import { madeUp, type MadeUpCell, type MadeUpComparison } from "./made_up.ts";

const both = (value: number) => ({ test: value, val: value });

/** Three methods at every setting; the one that is further down is better by two points. */
function cells(settings: readonly Partial<Setting>[], lift = 0.02): MadeUpCell[] {
  return settings.flatMap((setting) =>
    ["stl", "kd", "aft"].map((method, i): MadeUpCell => ({
      ...{ method, setting, ...method !== "stl" && { betas: [3, 30] } },
      made: (beta, seed) =>
        both(0.5 + lift * i + 0.01 * seed - (beta === 30 ? 0.1 : 0) + 0.002 * i * (seed % 2)),
    }))
  );
}

function pageOf({ comparison, records }: MadeUpComparison, path = "runs/compare"): string {
  const rows = rowsOf(comparison, records);
  return renderComparison({ path, comparison, records, rows });
}

function heading(page: string): string {
  const inside = page.match(/<h1>(.*?)<\/h1>/s)?.[1] ?? "";
  return inside.replace(/<[^>]*>/g, "").replaceAll("\u00a0", " ");
}

function titles(page: string): string[] {
  return [...page.matchAll(/<figcaption>\s*<h3>(.*?)<\/h3>/g)].map(([, title]) => title);
}

Deno.test("the headline says which method errs least, by how much and how surely", () => {
  assertEquals(
    heading(pageOf(madeUp(cells([{}])))),
    "aft errs least: its error is 0.916 times that of stl over 3 seeds; its accuracy differs by " +
      "+4.1 points, 95 % interval +3.6 points to +4.7 points.",
  );
  assertEquals(
    heading(pageOf(madeUp(cells([{}, { trainSize: 200 }])))),
    "aft errs least: its error is 0.916 times that of stl over 3 seeds, mean of 2 settings; the " +
      "95 % interval of its lead lies above 0 in 2 of 2 settings.",
  );
  assertStringIncludes(
    heading(pageOf(madeUp(cells([{}], -0.02)))),
    "No method errs less than stl: kd comes closest with 1.04 times its error over 3 seeds",
  );
  assertStringIncludes(
    heading(pageOf(madeUp(cells([{}]), { seeds: [0] }))),
    "one seed says little",
  );
  const alone = madeUp(cells([{}]), { changes: { baseline: undefined } });
  assertEquals(heading(pageOf(alone)), "stl, kd and aft compared over 3 seeds.");
});

Deno.test("charts follow what differs: sizes, noise, teachers", () => {
  const plain = pageOf(madeUp(cells([{}])));
  assertEquals(titles(plain), ["Normalised error", "Difference from stl", "one + two"]);
  const sizes = pageOf(madeUp(cells([{ trainSize: 100 }, { trainSize: 1000 }])));
  assertEquals(titles(sizes), [
    ...["Normalised error", "Difference from stl", "Training rows", "one + two"],
  ]);
  const noise = pageOf(madeUp(cells([{ noise: 0 }, { noise: 64 }])));
  assertEquals(titles(noise), [
    ...["Normalised error, 0 noise columns", "Difference from stl, 0 noise columns"],
    ...["Normalised error, 64 noise columns", "Difference from stl, 64 noise columns"],
    ...["Noise columns", "one + two", "one + two, 64 noise columns"],
  ]);
  const teachers = pageOf(madeUp(cells([{ teachers: ["one"] }, { teachers: ["two"] }])));
  assertEquals(titles(teachers), [
    ...["Normalised error, one", "Difference from stl, one"],
    ...["Normalised error, two", "Difference from stl, two"],
  ]);
});

Deno.test("the tables hold every row and every strength that was tried", () => {
  const page = pageOf(madeUp(cells([{ trainSize: 100 }, { trainSize: 1000 }])));
  const table = page.match(/<table id="comparison-table".*?<\/table>/s)![0];
  assertEquals(table.match(/<tr>/g)!.length, 1 + 6);
  const text = table.replace(/<[^>]*>/g, " ").replaceAll("\u00a0", " ").replace(/\s+/g, " ");
  assertStringIncludes(text, "kd 100 3 3 53.1 % ± 1.0 % +2.1 points +1.8 to +2.4 3 : 0 0.958");
  const choice = page.match(/<table id="choice-table".*?<\/table>/s)![0];
  assertEquals(choice.match(/<tr>/g)!.length, 1 + 4);
  assertStringIncludes(choice.replace(/<[^>]*>/g, " "), "beta 30");
  const diverged = madeUp([{ method: "stl", made: () => both(0.5) }, {
    ...{ method: "kd", betas: [3, 30] },
    made: (beta) => beta === 30 ? null : both(0.6),
  }]);
  assertStringIncludes(pageOf(diverged), "diverged");
});

Deno.test("more methods than colours are drawn by the smallest errors, the rest stand in the table", () => {
  const names = [
    "stl",
    "kd",
    ...Array.from({ length: 7 }, (_, i) => `aft:regulariser-lr=${i + 1}`),
  ];
  const many = [10, 100].flatMap((trainSize) =>
    names.map((method, i): MadeUpCell => ({
      ...{ method, betas: [3], setting: { trainSize } },
      made: () => both(0.3 + 0.01 * i),
    }))
  );
  const page = pageOf(madeUp(many));
  assertStringIncludes(page, "The 6 of 9 methods with the smallest errors.");
  const curves = [...page.matchAll(/data-series="([^"]*)"/g)].map(([, name]) => name);
  assertEquals(curves, ["stl", ...names.slice(4)]);
});

/** Three sets of teachers, whose probes are known. */
function probed(): { page: string } {
  const sets = [["one"], ["two"], ["one", "two"]];
  const { comparison, records } = madeUp(cells(sets.map((teachers) => ({ teachers }))), {
    changes: {
      probes: sets.map((teachers, i) => ({
        ...{ trainSize: 100, teachers },
        runs: [{ key: `p${i}`, seed: 0 }],
      })),
    },
  });
  const probes = new Map([0.6, 0.7, 0.9].map((accuracy, i) => {
    return [`p${i}`, { key: `p${i}`, test: { accuracy, loss: 1 } }];
  }));
  const rows = rowsOf(comparison, records, probes).map((row, i) => {
    return { ...row, accuracyMean: row.accuracyMean! + 0.01 * i };
  });
  return { page: renderComparison({ path: "runs/probed", comparison, records, rows }) };
}

Deno.test("students stand beside their teachers' linear probes on equal axes", () => {
  const { page } = probed();
  const chart = page.match(/<figure class="chart" data-chart="scatter">.*?<\/figure>/s)![0];
  assertEquals(chart.match(/<circle cx/g)!.length, 9);
  assertStringIncludes(
    chart,
    "kd, 100 training rows, one + two: accuracy of the linear probe 90.0",
  );
  const ticks = [...chart.matchAll(/<text class="tick"[^>]*>([^<]*)</g)].map(([, text]) => text);
  assertEquals(ticks.slice(0, ticks.length / 2), ticks.slice(ticks.length / 2));
  const table = page.match(/<table id="correlation-table".*?<\/table>/s)![0];
  assertEquals(table.match(/<tr>/g)!.length, 1 + 3);
  assertEquals(pageOf(madeUp(cells([{}]))).includes("Student against linear probe"), false);
});

Deno.test("what runs are missing leaves dashes, and names with markup stay text", () => {
  const { comparison } = madeUp(cells([{ trainSize: 100 }, { trainSize: 200 }]));
  const empty = renderComparison({
    path: HOSTILE,
    comparison: { ...comparison, data: HOSTILE },
    records: new Map(),
    rows: rowsOf(comparison, new Map()),
  });
  assertEquals(/NaN|Infinity|undefined/.test(empty), false);
  assertEquals(empty.includes("<img"), false);
  assertStringIncludes(empty, "Nothing was recorded.");
});

Deno.test({
  name: "a browser draws students beside probes inside their chart",
  ignore: BROWSER === undefined,
  async fn() {
    const { narrow, wide, log } = await look(probed().page, "light");
    assertEquals(consoleLines(log), []);
    for (const seen of [narrow, wide]) assertEquals([seen.overflow, seen.clipped], [0, []]);
  },
});

Deno.test({
  name: "a browser fits a comparison into narrow and wide windows, without errors or requests",
  ignore: BROWSER === undefined,
  async fn() {
    const settings = [100, 1000].flatMap((trainSize) =>
      [0, 512].map((noise) => ({ trainSize, noise }))
    );
    const page = pageOf(madeUp(cells(settings)));
    const { narrow, wide, log } = await look(page, "dark");
    assertEquals(consoleLines(log), []);
    for (const seen of [narrow, wide]) {
      assertEquals([seen.overflow, seen.clipped, seen.resources], [0, [], []]);
      assert(seen.tickSize >= 10, `ticks are ${seen.tickSize} px`);
      assertEquals(seen.tables, {
        "comparison-table": 13,
        "choice-table": 9,
        "protocol-table": 10,
      });
      assertEquals(seen.curves.length, 4 * 3);
      for (const { box, view } of seen.curves) {
        assert(box[0] >= 0 && box[1] >= 0 && box[2] <= view[2] && box[3] <= view[3], `${box}`);
      }
    }
  },
});
