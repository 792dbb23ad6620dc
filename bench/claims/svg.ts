/** Charts as files of their own: heading, legend and style come into the drawing. */

import { type Figure, WIDTH } from "../../aft/report/frame.ts";
import { attributes, html } from "../../aft/report/html.ts";
import { chartStyle } from "../../aft/report/style.ts";

const MARGIN = 14;
const TITLE = 22;
const ROW = 18;
/** Width of a letter in a legend, generously. */
const LETTER = 6.4;

/**
 * Makes an SVG file of a chart.
 *
 * @param figure The chart.
 * @returns The text of the file; undefined for a chart that has nothing to show.
 */
export function svgFile({ content }: Figure): string | undefined {
  if (content === undefined) return undefined;
  const { title, description, drawing, height, legend } = content;
  const places = placesOf(legend.map(({ name }) => name));
  const top = TITLE + ROW * ((places.at(-1)?.row ?? -1) + 1) + 6;
  const entries = legend.map(({ color, shape, name }, i) => {
    const { x, row } = places[i];
    const at = attributes({ transform: `translate(${x} ${TITLE + ROW * row})` });
    return html`<g class="c${color}" ${at}>${shape}<text x="28" y="10">${name}</text></g>`;
  });
  const box = [-MARGIN, -MARGIN, WIDTH + 2 * MARGIN, height + top + 2 * MARGIN];
  const sheet = { x: box[0], y: box[1], width: box[2], height: box[3] };
  const moved = attributes({ transform: `translate(0 ${top})` });
  const drawn = html`
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="${box.join(" ")}" role="img">
    <title>${title}</title><desc>${description}</desc>
    <style>${chartStyle()}</style>
    <rect class="sheet" ${attributes(sheet)} />
    <text class="heading" x="0" y="11">${title}</text>
    ${entries}
    <g ${moved}>${drawing}</g>
    </svg>
  `;
  return `${drawn.text.trim()}\n`;
}

/** Where the entries of a legend stand: as many in a row as fit. */
function placesOf(names: readonly string[]): { x: number; row: number }[] {
  let [x, row] = [0, 0];
  return names.map((name) => {
    const width = 28 + LETTER * name.length + 14;
    if (x > 0 && x + width > WIDTH) [x, row] = [0, row + 1];
    const place = { x, row };
    x += width;
    return place;
  });
}
