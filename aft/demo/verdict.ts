/** What the demonstration's numbers say, in words that follow them whichever way they fall. */

import { summarise } from "../statistics.ts";
import type { DemoEnergy, DemoResult, DemoRow, DemoTeacher } from "./types.ts";

/** What a verdict is about. */
export type Numbers = Pick<DemoResult, "table" | "energy" | "teachers" | "task">;

/** A share as a percentage. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Sentences that follow the numbers. */
export function verdictOf({ table, energy, teachers, task }: Numbers): string[] {
  const ranking = table.toSorted((a, b) => b.mean - a.mean);
  const labels = `${task.images.labelled} labels`;
  const places = ranking.map(({ method, mean }) => `${method} ${percent(mean)}`).join(", ");
  return [
    `From the same ${labels}: ${places}.`,
    ...comparison(table, ranking[0]),
    ...energySentences(energy, teachers),
    ...task.warning !== undefined ? [task.warning] : [],
  ];
}

/** How the leader, and aft where it does not lead, did seed by seed. */
function comparison(table: readonly DemoRow[], leader: DemoRow): string[] {
  const aft = table.find(({ method }) => method === "aft")!;
  if (aft === leader) {
    return table.filter((row) => row !== aft).map((row) => `aft ${against(aft, row)}.`);
  }
  const rest = table.filter((row) => row !== aft && row !== leader);
  return [
    `aft is not first here: ${leader.method} ${against(leader, aft)}.`,
    ...rest.map((row) => `aft ${against(aft, row)}.`),
  ];
}

/** Both students of a seed learn from the same images, so that differences count by seed. */
function against(a: DemoRow, b: DemoRow): string {
  const differences = a.accuracies.map((accuracy, i) => accuracy - b.accuracies[i]);
  const better = differences.filter((difference) => difference > 0).length;
  const { mean, sd } = summarise(differences);
  const lead = mean!;
  const points = `${Math.abs(100 * lead).toFixed(1)} points`;
  const how = lead > 0
    ? `is ${points} ahead of`
    : lead < 0
    ? `is ${points} behind`
    : "is level with";
  if (differences.length === 1) return `${how} ${b.method}, with one seed, which says little`;
  const seeds = `better in ${better} of ${differences.length} seeds`;
  // Twice the standard error of a mean of paired differences, the usual line for "more than chance".
  const unsure = Math.abs(lead) < 2 * sd! / Math.sqrt(differences.length);
  return `${how} ${b.method}, ${seeds}${unsure ? ", which may be chance" : ""}`;
}

function energySentences(
  energy: readonly DemoEnergy[],
  teachers: readonly DemoTeacher[],
): string[] {
  const shares = energy.map(({ name, share }) => `${name} ${percent(share)}`).join(", ");
  const useless = energy.find(({ name }) => isUseless(teachers, name));
  const sentences = [`aft's scales rho give their energy to ${shares}.`];
  if (useless === undefined) return sentences;
  const { name, share, columnShare } = useless;
  const turned = share < 0.9 * columnShare
    ? `turned the useless teacher ${name} down`
    : share > 1.1 * columnShare
    ? `did not turn the useless teacher ${name} down but up`
    : `left the useless teacher ${name} about where it was`;
  return [
    ...sentences,
    `They ${turned}: it has ${percent(columnShare)} of the columns and ${percent(share)} of the ` +
    `energy.`,
  ];
}

/** A teacher of labels that mean nothing. */
function isUseless(teachers: readonly DemoTeacher[], name: string): boolean {
  return teachers.some((teacher) => teacher.name === name && teacher.accuracy === null);
}
