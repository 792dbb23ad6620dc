/**
 * Tables of numbers.
 *
 * @module
 */

import { html, type Markup } from "./html.ts";

/** What a table shows. */
export interface TableOptions {
  /** Element id, unique on the page. */
  readonly id: string;
  /** Says what the table holds. */
  readonly caption: string;
  /** Column heads; the first one stands over the names of the rows. */
  readonly heads: readonly string[];
  /** Rows of cells, each as long as `heads`. */
  readonly rows: readonly (readonly string[])[];
  /** A last row for the whole. */
  readonly foot?: readonly string[];
  /** How many columns from the left hold words, which are set left; by default 1. */
  readonly words?: number;
}

/**
 * Draws a table that scrolls sideways by itself where the window is too narrow for it.
 *
 * @param options What to show.
 * @returns A table in a scrolling region.
 */
export function dataTable(options: TableOptions): Markup {
  const words = options.words ?? 1;
  const heads = options.heads.map((head, i) =>
    html`
      <th scope="col" ${i < words && html`
        class="word"
      `}>${head}</th>
    `
  );
  const foot = options.foot && html`<tfoot>${tableRow(options.foot, words)}</tfoot>`;
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="${options.caption}">
      <table id="${options.id}">
        <caption>${options.caption}</caption>
        <thead><tr>${heads}</tr></thead>
        <tbody>${options.rows.map((row) => tableRow(row, words))}</tbody>
        ${foot}
      </table>
    </div>
  `;
}

function tableRow(cells: readonly string[], words: number): Markup {
  const [name, ...rest] = cells;
  const values = rest.map((text, i) =>
    i + 1 < words ? html`<td class="word">${text}</td>` : html`<td>${text}</td>`
  );
  return html`
    <tr><th scope="row" class="word">${name}</th>${values}</tr>
  `;
}
