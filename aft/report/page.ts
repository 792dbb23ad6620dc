/**
 * A page that needs nothing else: no script runs in it and nothing is loaded from outside, which
 * its content security policy also forbids.
 *
 * @module
 */

import { dataBlock, html, type Markup } from "./html.ts";
import { pageStyle } from "./style.ts";

/** Element id of the JSON block in which the page carries its data for other programs. */
export const DATA_ID = "report-data";

/** Parts of a page in the form of a report. */
export interface PageOptions {
  /** Short name, shown above the heading and in the window's title. */
  readonly title: string;
  /** One sentence that carries the message. */
  readonly heading: Markup;
  /** A warning below the heading. */
  readonly notice?: string;
  /** Everything below the heading. */
  readonly body: Markup;
  /** What other programs find in the page. */
  readonly data: unknown;
}

/**
 * Renders a page around any body, so that other reports look and behave alike.
 *
 * @param options Heading, body and data.
 * @returns The text of a whole HTML document.
 */
export function renderPage(options: PageOptions): string {
  const notice = options.notice && html`<p class="notice">${options.notice}</p>`;
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
        <link rel="icon" href="data:,">
        <title>${options.title}</title>
        <style>${pageStyle()}</style>
      </head>
      <body>
    <main>
    <header><p class="eyebrow">${options.title}</p><h1>${options.heading}</h1>${notice}</header>
    ${options.body}
    </main>
    ${dataBlock(DATA_ID, options.data)}
      </body>
    </html>
  `.text;
}
