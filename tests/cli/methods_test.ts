import { assertEquals, assertStringIncludes } from "@std/assert";
import { configFields } from "../../aft/config_fields.ts";
import { methods } from "../../aft/methods/mod.ts";
import { events, here } from "./support.ts";

Deno.test("methods says of every method what it adds, where it comes from and what it learns", async () => {
  const { exit, stdout, stderr } = await here(["methods"]);
  assertEquals([exit, stderr], [0, ""]);
  for (const { name, formula, source, learns } of Object.values(methods)) {
    assertStringIncludes(stdout, `\n${name} `.slice(name === "stl" ? 1 : 0));
    assertStringIncludes(stdout, formula.slice(0, 30));
    assertStringIncludes(stdout, source.slice(0, 30));
    assertStringIncludes(stdout, `learns  ${learns.slice(0, 30)}`);
  }
  assertStringIncludes(stdout, "--kernel");
});

Deno.test("methods --json is one line for each method, with ranges and defaults of its options", async () => {
  const { stdout } = await here(["methods", "--json"]);
  const lines = events(stdout);
  assertEquals(lines.map(({ name }) => name), Object.keys(methods));
  const aft = lines.find(({ name }) => name === "aft");
  assertEquals([aft.beta, aft.rate, aft.usesTeachers], [30, "regulariser", true]);
  const rho = aft.options.find(({ flag }: { flag: string }) => flag === "rho");
  assertEquals([rho.range, rho.value], [configFields.rho.range, "learned"]);
});
