/** Large counts for people. */

/** A count in three digits, with the letter of its thousands. */
export function amount(value: number): string {
  const power = Math.min(4, Math.floor(Math.log10(Math.max(1, value)) / 3));
  const scaled = value / 1000 ** power;
  return `${Number(scaled.toPrecision(3))} ${["", "k", "M", "G", "T"][power]}`;
}
