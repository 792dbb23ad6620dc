/** Reports of small made-up runs, for the tests of the page. */

import type { ReportData } from "../../../aft/report/data.ts";
import { explainRho } from "../../../aft/rho.ts";

/** A name that would end scripts and start elements where it is not escaped. */
export const HOSTILE = `</script><img src=x onerror="alert('1')">&amp;`;

/** A small run with every part that a classification report can have. */
export function classification(changes: Partial<ReportData> = {}): ReportData {
  const steps = Array.from({ length: 12 }, (_, i) => 10 * (i + 1));
  return {
    title: "runs/small",
    config: { method: "aft", beta: 30, data: "my data", steps: 120, features: ["a.st", "b.st"] },
    task: "classification",
    classes: ["ant", "bee", HOSTILE],
    metrics: steps.map((step) => ({
      step,
      taskLoss: 2 / step,
      regulariser: 0.1 + 1 / step,
      accuracy: step / 130,
      learningRate: 1e-3 * (1 - step / 120),
    })),
    evaluations: [
      { step: 60, split: "val", loss: 0.9, accuracy: 0.55 },
      { step: 120, split: "val", loss: 0.8, accuracy: 0.6 },
      { step: 120, split: "test", loss: 0.75, accuracy: 0.65 },
    ],
    final: { loss: 0.75, accuracy: 0.65 },
    confusion: [[8, 2, 0], [1, 4, 1], [3, 0, 1]],
    scales: explainRho([0.5, 0.7, 0.2], [1, 2, 1], [
      { name: "good", columns: 2 },
      { name: `${HOSTILE} of a name that is longer than a chart is wide`, columns: 1 },
    ]),
    environment: { adapter: "Software adapter", versions: { aft: "0.1.0" }, seconds: 75.2 },
    files: ["runs/small/checkpoint.safetensors", "runs/small/metrics.jsonl"],
    ...changes,
  };
}

/** The same run with numbers for labels. */
export function regression(): ReportData {
  return classification({
    task: "regression",
    classes: [],
    confusion: undefined,
    evaluations: [{ step: 120, split: "test", loss: 0.2, mae: 0.31, r2: 0.82 }],
    final: { loss: 0.2, mae: 0.31, r2: 0.82 },
    predictions: Array.from({ length: 900 }, (_, i) => ({ true: i, predicted: i + i % 7 })),
  });
}

/** Red, green and blue of a colour #rrggbb. */
export function channels(color: string): number[] {
  return [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
}
