import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Logme, logme } from "../../../aft/rank/logme.ts";
import { matrix } from "../../../aft/rank/linear_algebra/matrix.ts";
import { ConfigError, ShapeError } from "../../../gpu/errors.ts";
import { readFolder } from "../../../tools/golden/form.ts";
import { runLogme } from "../../../tools/golden/logme.ts";
import { failures } from "../../../tools/golden/report.ts";
import { plainLogme, randomMatrix, tableOf, transpose } from "./plain.ts";

const shared = Deno.env.get("AFT_SHARED") ?? "../shared";
const GOLDEN = new URL(`${shared}/golden/public`, new URL("../../../", import.meta.url)).pathname;

function isMissing(path: string): boolean {
  try {
    return !Deno.statSync(path).isDirectory;
  } catch {
    return true;
  }
}

function assertAgrees(found: Logme, plain: ReturnType<typeof plainLogme>): void {
  assertAlmostEquals(found.score, plain.score, 1e-9);
  plain.fits.forEach(({ alpha, beta, m }, c) => {
    assertAlmostEquals(found.alphas[c] / alpha, 1, 1e-8);
    assertAlmostEquals(found.betas[c] / beta, 1, 1e-8);
    m.forEach((value, j) => assertAlmostEquals(found.m.values[c * m.length + j], value, 1e-8));
  });
}

Deno.test({
  name: "logme() agrees with every golden set, in both forms of the evidence",
  ignore: isMissing(`${GOLDEN}/logme`),
  fn: async () => {
    const { logme: entries } = await readFolder(GOLDEN);
    assertEquals(entries.length, 12);
    const outcomes = [];
    for (const entry of entries) outcomes.push(await runLogme(entry));
    assertEquals(failures(outcomes), []);
    assertEquals(outcomes.filter(({ checks }) => checks.length === 5).length, 9);
  },
});

Deno.test("logme() agrees with plain elimination, for classes and for several columns of values", () => {
  const features = randomMatrix(31, 6, 1);
  const labels = Int32Array.from({ length: 31 }, (_, i) => (i * 7) % 5 % 3);
  const classes = [0, 1, 2].map((c) => [...labels].map((label) => label === c ? 1 : 0));
  assertAgrees(logme(features, labels), plainLogme(features, classes, "fixed-point"));
  assertAgrees(logme(features, labels, { form: "full" }), plainLogme(features, classes, "full"));
  const values = randomMatrix(31, 2, 2);
  const columns = transpose(tableOf(values));
  assertAgrees(logme(features, values.values), plainLogme(features, columns, "fixed-point"));
});

Deno.test("the full form counts all columns where rows are fewer", () => {
  const features = randomMatrix(7, 12, 3);
  const values = randomMatrix(7, 1, 4).values;
  const plain = plainLogme(features, [[...values]], "full");
  assertAgrees(logme(features, values, { form: "full" }), plain);
});

Deno.test("logme() counts classes that are absent below the largest label", () => {
  const features = randomMatrix(10, 3, 5);
  const { alphas, m } = logme(features, Int32Array.of(0, 0, 0, 0, 0, 2, 2, 2, 2, 2));
  assertEquals([alphas.length, m.rows, m.columns], [3, 3, 3]);
  assertEquals([...m.values.subarray(3, 6)], [0, 0, 0]);
});

Deno.test("features that are all 0 have the evidence of no features, in the full form alone", () => {
  const features = matrix(4, 2, new Float64Array(8));
  const values = Float64Array.of(1, -1, 1, -1);
  const beta = 4 / (4 + 1e-5);
  const evidence = (4 * Math.log(beta / (2 * Math.PI)) - beta * (4 + 1e-5)) / 8;
  assertAlmostEquals(logme(features, values, { form: "full" }).score, evidence, 1e-12);
  assertThrows(() => logme(features, values), ConfigError, "every value is 0");
});

Deno.test("logme() refuses rows without labels, labels below 0 and values that are not finite", () => {
  const features = randomMatrix(4, 2, 6);
  assertThrows(
    () => logme(features, Int32Array.of(0, 1)),
    ShapeError,
    "Cannot score features [4, 2] by 2 labels: each row needs one",
  );
  assertThrows(
    () => logme(features, Int32Array.of(0, 1, -1, 0)),
    ConfigError,
    "label 2 is -1, not a class number from 0",
  );
  assertThrows(
    () => logme(features, Float32Array.of(0, 1, NaN, 0)),
    ConfigError,
    "label 2 is NaN, not a finite value",
  );
  assertThrows(
    () => logme(matrix(2, 2, [0, 1, Infinity, 0]), Int32Array.of(0, 1)),
    ConfigError,
    "row 1, column 0 is Infinity",
  );
});
