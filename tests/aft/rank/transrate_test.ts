import { assertAlmostEquals, assertThrows } from "@std/assert";
import { transRate } from "../../../aft/rank/transrate.ts";
import { ConfigError } from "../../../gpu/errors.ts";
import { centre, classTask, eigenvalues, mean, product, sum } from "./plain.ts";
import { type Table, tableOf, transpose } from "./plain.ts";

Deno.test("TransRate agrees with eigenvalues of the features of each class", () => {
  for (const [rows, columns, distortion] of [[40, 6, 1e-4], [12, 25, 0.3]]) {
    const { features, labels } = classTask(rows, columns, 4);
    const rate = (x: Table) => {
      const values = eigenvalues(product(transpose(x), x));
      return sum(values.map((s2) => Math.log(1 + Math.max(0, s2) / (x.length * distortion)))) / 2;
    };
    const x = centre(tableOf(features));
    const parts = [0, 2, 3].map((c) => rate(x.filter((_, i) => labels[i] === c)));
    assertAlmostEquals(transRate(features, labels, { distortion }), rate(x) - mean(parts), 1e-8);
  }
});

Deno.test("a distortion that is not above 0 is refused", () => {
  const { features, labels } = classTask(10, 3, 13);
  assertThrows(() => transRate(features, labels, { distortion: 0 }), ConfigError, "distortion 0");
});
