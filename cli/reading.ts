/** How far a long reading is, as commands say it. */

import type { Told, WorkStep } from "../aft/bit_by_bit.ts";
import { number } from "./format.ts";
import type { Output } from "./output.ts";

/** A line about images that are read one by one. */
export function readingText({ done, of }: WorkStep): string {
  return `read ${number(done)} of ${number(of)} images`;
}

/** Says it to people and machines. */
export function readingTold(output: Output): Told {
  return (step) => {
    output.event({ event: "reading", ...step });
    output.passing(readingText(step));
  };
}
