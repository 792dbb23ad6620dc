import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Claim, Evidence } from "../../../bench/claims/claim.ts";
import { claims } from "../../../bench/claims/claims.ts";
import { paragraph, table } from "../../../bench/claims/markdown.ts";
import { drawingsOf, pageWith } from "../../../bench/claims/page.ts";
import { renderKept } from "../../../bench/claims/store.ts";
import { fromRoot } from "../../../tools/root.ts";
import { keptTable } from "./made_up.ts";

const shelf = { folder: fromRoot("docs/claims"), page: fromRoot("docs/claims.md") };
const PAGE = "Before\n\n<!-- claims -->\nold\n<!-- /claims -->\n\nAfter\n";
const [methods] = claims;

function page(claim: Claim, evidence: Evidence): string {
  return pageWith(PAGE, [{ claim, evidence }]);
}

Deno.test("the page and the drawings are what the kept files give", async () => {
  const files = await renderKept(shelf, claims);
  for (const [path, text] of files) assertEquals(await Deno.readTextFile(path), text, path);
  assert(files.has(shelf.page));
});

Deno.test("a claim without runs is on the page as a question with its command", () => {
  const text = page(methods, { tables: {} });
  assertStringIncludes(text, `## ${methods.title}\n\nDoes AFT have the smallest error`);
  assertStringIncludes(text, "**Not run yet.**\n\n```sh\ndeno task claims methods $DATA\n");
  assert(text.startsWith("Before\n\n<!-- claims -->\n\n| claim"));
  assert(text.endsWith("\n\n<!-- /claims -->\n\nAfter\n"));
  assert(!text.includes("old"));
});

Deno.test("a claim with runs has cost, table, answer, drawing, and names what is missing", () => {
  const tables = {
    squeezenet: keptTable([["stl", 0.3], ["aft", 0.5], ["kd", null], ["pkt", 0.6]]),
    resnet20: keptTable([["stl", null], ["aft", null]]),
  };
  const text = page(methods, { tables });
  assertStringIncludes(text, "**It does not hold here.** Squeezenet: aft is number 2 of 3");
  assertStringIncludes(
    text,
    "`squeezenet`: 3 seeds; 9 runs, 18 s on made-up device.",
  );
  assertStringIncludes(
    text,
    "| `aft`  | 3    | 3     | 52.1 % ± 2.0 | +20.0    | +19.7 to +20.3 | 0.705       |",
  );
  assertStringIncludes(text, "Not run yet: `kd`.");
  assertStringIncludes(text, "`resnet20`: not run yet.\n\n`both`: not run yet.");
  assertStringIncludes(text, "](claims/methods/squeezenet.svg)");
  assertStringIncludes(text, "| does not hold | 9    | 18 ");
});

Deno.test("drawings stand alone: heading, legend and style are in the file", () => {
  for (const claim of claims) {
    const kept = keptTable([
      ["stl", 0.3],
      ["aft", 0.5, { probe: 0.7 }],
      ["aft", 0.4, { teachers: ["one"], probe: 0.6 }],
      ["aft", 0.4, { noise: 64 }],
    ]);
    const tables = Object.fromEntries(claim.comparisons.map(({ name }) => [name, kept]));
    const scores = [{ teachers: ["one"], scores: { probe: 0.5 } }];
    const drawings = drawingsOf({ claim, evidence: { tables, scores } });
    assert(drawings.size > 0, claim.name);
    for (const [name, text] of drawings) {
      assert(text.startsWith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="'), name);
      for (const part of ["<style>", 'class="heading"', "</svg>\n"]) {
        assertStringIncludes(text, part);
      }
      assertEquals([...text.matchAll(/<svg/g)].length, 1, name);
    }
  }
});

Deno.test("a page without marks is refused", () => {
  assertThrows(() => pageWith("Nothing", []), RangeError, "the page has no <!-- claims -->");
});

Deno.test("paragraphs break before 100 characters, tables stand in columns", () => {
  const words = Array.from({ length: 60 }, (_, i) => `word${i}`).join(" ");
  const lines = paragraph(words).split("\n");
  assert(lines.every((line) => line.length <= 100));
  assertEquals(lines.join(" "), words);
  assertEquals(
    table(["a", "long head"], [["some", "1"]]),
    [
      "| a    | long head |",
      "| ---- | --------- |",
      "| some | 1         |",
    ].join("\n"),
  );
});
