import { assertEquals, assertStringIncludes } from "@std/assert";
import { decodeSafetensors } from "../../nn/mod.ts";
import type { Entry } from "../../tools/golden/form.ts";
import { Fields } from "../../tools/golden/json.ts";
import { runLogme } from "../../tools/golden/logme.ts";
import { failures } from "../../tools/golden/report.ts";
import { inTemporaryFolder } from "../../tools/run_deno.ts";

const shared = new URL(
  `${Deno.env.get("AFT_SHARED") ?? "../shared"}/golden/public/logme/`,
  new URL("../../", import.meta.url),
).pathname;

function isMissing(path: string): boolean {
  try {
    return !Deno.statSync(path).isDirectory;
  } catch {
    return true;
  }
}

const ignore = isMissing(shared);

/** Entry of a set, with other values in its index. */
async function entryOf(id: string, file: string, changes: object = {}): Promise<Entry> {
  const { cases } = JSON.parse(await Deno.readTextFile(`${shared}index.json`));
  const found = cases.find((set: { id: string }) => set.id === id);
  const fields = new Fields({ ...found, ...changes }, "index.json", id);
  return { id, method: "logme", file, fields };
}

Deno.test({
  name: "a set of LogME passes as it is and fails where the index holds another score",
  ignore,
  fn: async () => {
    const file = `${shared}n50_d8_c3.safetensors`;
    const run = async (changes: object) =>
      failures([await runLogme(await entryOf("n50_d8_c3", file, changes))]);
    assertEquals(await run({}), []);
    for (const field of ["score_fixed_point", "score_icml2021"]) {
      const failed = await run({ [field]: -0.7588 });
      assertEquals(failed.length, 1, field);
      assertStringIncludes(failed[0], "FAILED n50_d8_c3: score");
    }
  },
});

Deno.test({
  name: "a set of LogME fails where a precision or a posterior mean is another number",
  ignore,
  fn: () =>
    inTemporaryFolder(async (folder) => {
      const bytes = await Deno.readFile(`${shared}n50_d8_c3.safetensors`);
      for (const output of ["score", "alphas", "betas", "ms"]) {
        const changed = bytes.slice();
        const { bytes: values } = decodeSafetensors(changed).tensors.get(`out.${output}`)!;
        const view = new DataView(values.buffer, values.byteOffset);
        view.setFloat64(0, view.getFloat64(0, true) * (1 + 1e-5) + 1e-5, true);
        const file = `${folder}/${output}.safetensors`;
        await Deno.writeFile(file, changed);
        const failed = failures([await runLogme(await entryOf("n50_d8_c3", file))]);
        assertEquals(failed.length, 1, output);
        assertStringIncludes(failed[0], `FAILED n50_d8_c3: ${output}: error `);
      }
    }),
});
