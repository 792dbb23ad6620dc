import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { exists } from "../../aft/files.ts";
import { events, here, inFolder } from "./support.ts";

Deno.test("demo prints teachers, runs, a table and the path of the report", async () => {
  await inFolder(async (folder) => {
    const { exit, stdout, stderr } = await here([
      "demo",
      "--quick",
      "--seeds",
      "1",
      "--out",
      folder,
    ]);
    assertEquals([exit, stderr], [0, ""]);
    assertEquals(stdout.match(/^Teacher {3}/gm)?.length, 3);
    for (const method of ["stl", "kd", "aft"]) {
      assert(new RegExp(`^Run {7}${method} +seed 0  accuracy `, "m").test(stdout), method);
    }
    assertEquals(stdout.includes("+-"), false, "one seed has no deviation");
    assertStringIncludes(stdout, `${folder}/report.html`);
    assert(await exists(`${folder}/report.html`));
  });
});

Deno.test("demo prints each event as a line for machines, done at the end", async () => {
  await inFolder(async (folder) => {
    const args = ["demo", "--quick", "--seeds", "1", "--out", folder, "--json"];
    const { exit, stdout } = await here(args);
    assertEquals(exit, 0);
    const lines = events(stdout);
    assertEquals([lines[0].event, lines.at(-1).event], ["task", "done"]);
    const { table, energy } = lines.at(-1);
    assertEquals(table.map(({ method }: { method: string }) => method), ["stl", "kd", "aft"]);
    assertEquals(table[0].deviation, null);
    assertEquals(energy.length, 3);
  });
});

Deno.test("demo refuses seeds out of range before it writes anything", async () => {
  await inFolder(async (folder) => {
    const { exit, stderr } = await here(["demo", "--seeds", "0", "--out", `${folder}/demo`]);
    assertEquals(exit, 2);
    assertEquals(stderr, "error: Cannot use --seeds 0: it must be an integer from 1 to 20\n");
    assertEquals(await exists(`${folder}/demo`), false);
  });
});
