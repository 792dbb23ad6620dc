/** The report as a browser draws it; skipped where no Chromium may be started. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderReport } from "../../../aft/report/report.ts";
import { DARK, LIGHT } from "../../../aft/report/style.ts";
import { BROWSER, consoleLines, look } from "./browser.ts";
import { channels, classification, regression } from "./small_run.ts";

Deno.test({
  name: "a browser draws the curves inside their charts, without errors or requests",
  ignore: BROWSER === undefined,
  async fn() {
    const { narrow, wide, log } = await look(renderReport(classification()), "light");
    assertEquals(consoleLines(log), []);
    for (const seen of [narrow, wide]) {
      assertEquals(seen.resources, []);
      assertEquals(
        seen.curves.map((curve) => curve.name),
        ["train", "validation", "test", "train", "train", "validation", "test", "student"],
      );
      for (const { name, length, box, view } of seen.curves) {
        if (name !== "test") assert(length > 100, `${name} is ${length} long`);
        assert(box[0] >= 0 && box[1] >= 0, `${name} starts at ${box}`);
        assert(box[2] <= view[2] && box[3] <= view[3], `${name} ends at ${box} of ${view}`);
      }
      assertEquals(seen.tables, {
        evaluations: 4,
        metrics: 13,
        "scale-table": 4,
        confusion: 5,
        pairs: 5,
        configuration: 5,
        environment: 3,
      });
      assertStringIncludes(seen.heading, "of 20 test rows correctly");
    }
  },
});

Deno.test({
  name: "a browser fits the page into narrow and wide windows, with text that can be read",
  ignore: BROWSER === undefined,
  async fn() {
    const classes = Array.from({ length: 30 }, (_, i) => `a class with a long name ${i}`);
    const confusion = classes.map((_, i) => classes.map((_, j) => (i * j) % 5));
    for (const data of [classification({ classes, confusion }), regression()]) {
      const { narrow, wide } = await look(renderReport(data), "light");
      for (const seen of [narrow, wide]) {
        assertEquals(seen.overflow, 0);
        assertEquals(seen.clipped, []);
        assert(seen.tickSize >= 10, `ticks are ${seen.tickSize} px`);
      }
    }
  },
});

Deno.test({
  name: "a browser follows the reader's theme",
  ignore: BROWSER === undefined,
  async fn() {
    for (const [scheme, theme] of [["light", LIGHT], ["dark", DARK]] as const) {
      const { wide } = await look(renderReport(classification()), scheme);
      assertEquals(wide.background, `rgb(${channels(theme.page).join(", ")})`);
    }
  },
});
