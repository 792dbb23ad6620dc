/** A page as a headless browser draws it. */

import { assert } from "@std/assert";

/** A Chromium that may be started here. */
export const BROWSER: string | undefined = findBrowser();

function findBrowser(): string | undefined {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
  return names.find((name) => {
    try {
      const args = ["--version"];
      return new Deno.Command(name, { args, stdout: "null", stderr: "null" }).outputSync().success;
    } catch (error) {
      // Absent, or not among the programs that this test run may start.
      if (error instanceof Deno.errors.NotFound) return false;
      if (error instanceof Deno.errors.NotCapable) return false;
      throw error;
    }
  });
}

/** What one page looks like inside a frame of some width. */
export interface Measured {
  /** Width of the page's content beyond its window, in pixels. */
  readonly overflow: number;
  readonly background: string;
  /** Curves with the box of their points in the units of their chart, and the chart's view box. */
  readonly curves: { name: string; length: number; box: number[]; view: number[] }[];
  /** Texts of charts that stick out of their figure by more than a pixel. */
  readonly clipped: string[];
  /** Font size of ticks on the screen, in pixels. */
  readonly tickSize: number;
  readonly tables: Record<string, number>;
  readonly heading: string;
  /** Addresses that the page loaded or tried to load. */
  readonly resources: string[];
}

/** Runs in the browser, in a page beside the report, which itself allows no script. */
const MEASURE = String.raw`
const measure = (frame) => {
  const page = frame.contentDocument;
  const view = (svg) => { const v = svg.viewBox.baseVal; return [v.x, v.y, v.width, v.height]; };
  const charts = [...page.querySelectorAll("figure.chart > svg")];
  const tick = page.querySelector("figure.chart text.tick");
  const scale = tick.ownerSVGElement.getBoundingClientRect().width / 440;
  return {
    overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    background: frame.contentWindow.getComputedStyle(page.body).backgroundColor,
    curves: [...page.querySelectorAll("[data-series] > path.line")].map((path) => {
      const b = path.getBBox();
      return { name: path.parentElement.dataset.series, length: path.getTotalLength(),
        box: [b.x, b.y, b.x + b.width, b.y + b.height], view: view(path.ownerSVGElement) };
    }),
    clipped: charts.flatMap((svg) => {
      const outer = svg.getBoundingClientRect();
      return [...svg.querySelectorAll("text")].filter((text) => {
        const box = text.getBoundingClientRect();
        return box.left < outer.left - 1 || box.right > outer.right + 1 ||
          box.top < outer.top - 1 || box.bottom > outer.bottom + 1;
      }).map((text) => text.textContent);
    }),
    tickSize: parseFloat(frame.contentWindow.getComputedStyle(tick).fontSize) * scale,
    tables: Object.fromEntries([...page.querySelectorAll("table")].map((t) => [t.id, t.rows.length])),
    heading: page.querySelector("h1").textContent,
    resources: frame.contentWindow.performance.getEntriesByType("resource").map((e) => e.name),
  };
};
addEventListener("load", () => {
  const seen = [...document.querySelectorAll("iframe")].map(measure);
  document.getElementById("seen").textContent = JSON.stringify(seen).replaceAll("<", "\\u003c");
});`;

const WIDTHS = [400, 1280];

/** Opens a page in a narrow and a wide frame of a headless browser. */
export async function look(page: string, scheme: "dark" | "light") {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/report.html`, page);
    const frames = WIDTHS.map((width) =>
      `<iframe src="report.html" style="border:0;width:${width}px;height:900px"></iframe>`
    );
    await Deno.writeTextFile(
      `${folder}/look.html`,
      `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">` +
        `<script>${MEASURE}</script>${
          frames.join("")
        }<script type="application/json" id="seen"></script>`,
    );
    const { dom, log } = await dump(folder, "look.html", scheme);
    const seen = dom.match(/id="seen">(.*?)<\/script>/s)?.[1] ?? "";
    assert(seen.startsWith("["), `The browser measured nothing: ${log}`);
    const [narrow, wide] = JSON.parse(seen) as Measured[];
    return { narrow, wide, log };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function dump(folder: string, page: string, scheme: "dark" | "light") {
  const { stdout, stderr } = await new Deno.Command(BROWSER ?? "", {
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      // The report allows no script, so the page beside it has to look into its frame.
      "--allow-file-access-from-files",
      "--host-resolver-rules=MAP * ~NOTFOUND",
      `--blink-settings=preferredColorScheme=${scheme === "dark" ? 0 : 1}`,
      `--user-data-dir=${folder}/profile`,
      ...["--enable-logging=stderr", "--window-size=1800,2000", "--dump-dom"],
      `file://${folder}/${page}`,
    ],
    signal: AbortSignal.timeout(60_000),
  }).output();
  const decoder = new TextDecoder();
  return { dom: decoder.decode(stdout), log: decoder.decode(stderr) };
}

/** Lines that pages wrote to the console, errors of blocked loads among them. */
export function consoleLines(log: string): string[] {
  return log.split("\n").filter((line) => line.includes("CONSOLE"));
}
