import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { decodeSafetensors, encodeSafetensors } from "@aft/aft/nn";
import { goldenMethods } from "../../tools/golden/methods.ts";
import { root } from "../../tools/root.ts";
import { inTemporaryFolder } from "../../tools/run_deno.ts";

const shared = new URL(
  `${Deno.env.get("AFT_SHARED") ?? "../shared"}/`,
  new URL("../../", import.meta.url),
);
const GOLDEN = new URL("golden/public", shared).pathname;
const ignore = !exists(GOLDEN);

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Entries of an index, as far as the tests change them. */
interface Index {
  cases: { id: string; file: string; method: string; loss?: number }[];
}

const FEW = [
  ...["000_aft", "015_aft_w_o_rho", "071_kd", "014_aft", "097_ft", "119_rkd", "121_btune"],
];

/** A folder of the same form with few cases and two trajectories. */
async function copyFew(folder: string): Promise<void> {
  await copyCases(GOLDEN, folder, FEW);
  await Deno.mkdir(`${folder}/trajectory`);
  await copyCases(`${GOLDEN}/trajectory`, `${folder}/trajectory`, ["stl_sgd", "kd_sgd"]);
}

async function copyCases(from: string, to: string, ids: readonly string[]): Promise<void> {
  await changeIndex(`${from}/index.json`, (index) => {
    index.cases = index.cases.filter(({ id }) =>
      ids.some((start) => id.startsWith(`${start}_`) || id === start)
    );
  }, `${to}/index.json`);
  const { cases } = JSON.parse(await Deno.readTextFile(`${to}/index.json`)) as Index;
  for (const { file } of cases) {
    await Deno.writeFile(`${to}/${file}`, await Deno.readFile(`${from}/${file}`));
  }
}

async function changeIndex(
  path: string,
  change: (index: Index) => void,
  to: string = path,
): Promise<void> {
  const index = JSON.parse(await Deno.readTextFile(path)) as Index;
  change(index);
  await Deno.writeTextFile(to, JSON.stringify(index));
}

/** Adds to the first element of a tensor of float64. */
async function nudge(path: string, name: string, by: number): Promise<void> {
  const bytes = await Deno.readFile(path);
  const { tensors } = decodeSafetensors(bytes);
  const { bytes: values } = tensors.get(name)!;
  const view = new DataView(values.buffer, values.byteOffset);
  view.setFloat64(0, view.getFloat64(0, true) + by, true);
  await Deno.writeFile(path, bytes);
}

async function golden(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: ["task", "--quiet", "golden", ...args],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  const output = text.decode(stdout);
  return { code, output, last: output.trimEnd().split("\n").at(-1), error: text.decode(stderr) };
}

Deno.test({
  name: "golden passes on a good copy, and says how near each output of each method came",
  ignore,
  fn: () =>
    inTemporaryFolder(async (folder) => {
      await copyFew(folder);
      const { code, output, last } = await golden(folder);
      assertEquals([code, last], [0, "9 passed, 0 failed"]);
      assertStringIncludes(output, "ran 7 cases and 2 trajectories in float32");
      for (
        const [method, name] of [
          ...[["aft", "grad.s"], ["aft_w_o_rho", "k_target5"], ["rkd", "refusal"]],
          ...[["ft", "grad.proj.4.weight"], ["btune", "logme_weights"]],
        ]
      ) {
        assertMatch(output, new RegExp(`^${method} +${name} +\\d .*e[-+]\\d`, "m"));
      }
      assertMatch(output, /^aft +loss \(plain ops\) +1 /m);
      assertMatch(output, /^stl +final parameters +1 /m);
    }),
});

Deno.test({
  name:
    "golden fails where a gradient, a similarity, a loss or a final parameter is another number",
  ignore,
  fn: () =>
    inTemporaryFolder(async (folder) => {
      await copyFew(folder);
      const { cases } = JSON.parse(await Deno.readTextFile(`${folder}/index.json`)) as Index;
      const fileOf = (start: string) => {
        return `${folder}/${cases.find(({ id }) => id.startsWith(start))!.file}`;
      };
      await nudge(fileOf("000_aft"), "out.grad.s", 1e-5);
      await nudge(fileOf("015_aft"), "out.k5", 1e-4);
      await nudge(fileOf("121_btune"), "out.logme_weights", 1e-3);
      await changeIndex(`${folder}/index.json`, (index) => {
        index.cases.find(({ method }) => method === "kd")!.loss! += 1e-3;
      });
      await nudge(`${folder}/trajectory/stl_sgd.safetensors`, "final.model.fc2.bias", 0.1);
      const { code, output, last } = await golden(folder);
      assertEquals([code, last], [1, "4 passed, 5 failed"]);
      const failed = output.split("\n").filter((line) => line.startsWith("FAILED"));
      const what = [
        ...["grad.s:", "grad.s (plain ops):", "k5:", "loss:", "logme_weights:"],
        "final parameters:",
      ];
      assertEquals(failed.length, what.length, failed.join("\n"));
      what.forEach((output, i) => assertStringIncludes(failed[i], ` ${output} error `));
      assertMatch(failed[2], /element 0 is (?:1|0\.9999|1\.0000)\d*, the reference 1\.00009/);
      assertStringIncludes(failed[5], "model.fc2.bias: element 0 is");
    }),
});

Deno.test({
  name:
    "golden takes other sizes and a folder without trajectories, and asks for a clear error where the reference has none",
  ignore,
  fn: () =>
    inTemporaryFolder(async (folder) => {
      await copyCases(GOLDEN, folder, ["081_kd"]);
      await changeIndex(`${folder}/index.json`, ({ cases }) => {
        Object.assign(cases[0], { id: "no refusal", official_nan: true, loss: null });
      });
      const { code, output, last } = await golden(folder);
      assertEquals([code, last], [1, "0 passed, 1 failed"]);
      assertStringIncludes(
        output,
        "FAILED no refusal: refusal: error NaN above 0: there is no error",
      );
    }),
});

Deno.test("golden refuses what is no golden folder with one sentence", () =>
  inTemporaryFolder(async (folder) => {
    const missing = await golden(folder);
    assertEquals([missing.code, missing.error], [2, `Cannot find ${folder}/index.json\n`]);
    assertEquals((await golden()).code, 2);

    const path = `${folder}/index.json`;
    await Deno.writeTextFile(path, "{");
    const broken = await golden(folder);
    assertEquals([broken.code, broken.error], [2, `Cannot read ${path}: it is not JSON\n`]);

    const entry = { id: "one", file: "one.safetensors", method: "kd", n: 2, d_student: 1 };
    const outputs = { loss: { atol_f32: 1 } };
    const write = (fields: unknown) =>
      Deno.writeTextFile(path, JSON.stringify({ cases: [fields] }));
    await Deno.writeFile(
      `${folder}/one.safetensors`,
      encodeSafetensors({
        "in.feat": { dtype: "F32", shape: [3, 1], values: new Float32Array(3) },
      }),
    );
    const refusals = [
      [
        { ...entry, outputs },
        `${path}: case one: field feat_dims is missing, not a list of counts from 1`,
      ],
      [
        { ...entry, outputs, feat_dims: [1] },
        `${folder}/one.safetensors: in.feat: its shape is [3, 1], not [2, 1]`,
      ],
      [
        { ...entry, outputs, feat_dims: [1], n: 3 },
        `${folder}/one.safetensors: in.pretrained: there is no such tensor`,
      ],
      [{ ...entry, file: 1 }, `${path}: case one: field file is 1, not a text`],
      [
        { ...entry, method: "other" },
        `${path}: case one: method other is none of ${Object.keys(goldenMethods).join(", ")}`,
      ],
    ] as const;
    for (const [fields, message] of refusals) {
      await write(fields);
      const { code, error } = await golden(folder);
      assertEquals([code, error], [2, `Cannot read ${message}\n`]);
    }
  }));
