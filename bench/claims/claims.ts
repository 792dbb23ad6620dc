/** Every claim with what is made before its comparisons and after them. */

import { errorBars, overNoise, overRows, rankingChart, teacherCharts } from "./charts.ts";
import type { Claim } from "./claim.ts";
import { type ClaimDefinition, type ClaimName, definitions } from "./definitions.ts";
import { teacherText } from "./facts.ts";
import type { KeptRow } from "./kept.ts";
import { writeDoubled, writeLogits, writeMixed, writeShuffled } from "./made.ts";
import { scoreSets } from "./scores.ts";
import { ranking, severalTeachers } from "./teacher_verdicts.ts";
import {
  ablations,
  helps,
  leads,
  leadsBoth,
  standsUseless,
  staysFlat,
  unchanged,
} from "./verdicts.ts";

const featuresOf = (data: string, teacher: string) =>
  `${data}/features/cifar10_${teacher}.f16.safetensors`;
const withTeachers = ({ teachers }: KeptRow) => `with ${teacherText(teachers)}`;
/** Number of the class cat of CIFAR-10. */
const CAT = 3;

const parts: Record<ClaimName, Omit<Claim, keyof ClaimDefinition>> = {
  methods: {
    verdict: (evidence) => leads(evidence, ["squeezenet", "resnet20", "both"]),
    charts: errorBars,
  },
  noise: { verdict: staysFlat, charts: overNoise },
  useless: {
    async prepare(data, made) {
      const path = `${made}/squeezenet_shuffled.safetensors`;
      await writeShuffled(featuresOf(data, "squeezenet"), `${data}/cifar10`, path);
    },
    verdict: standsUseless,
    charts: errorBars,
  },
  teachers: { verdict: severalTeachers, charts: teacherCharts },
  labels: {
    verdict: ({ tables }) =>
      helps(tables.squeezenet, ({ trainSize }) => `with ${trainSize.toLocaleString("en")} rows`),
    charts: overRows,
  },
  ablations: { verdict: ablations, charts: errorBars },
  correlated: {
    async prepare(data, made) {
      const [features, set] = [featuresOf(data, "squeezenet"), `${data}/cifar10`];
      await writeDoubled(features, set, `${made}/squeezenet_doubled.safetensors`);
      await writeMixed(features, set, `${made}/squeezenet_mixed.safetensors`);
    },
    verdict: unchanged,
    charts: errorBars,
  },
  ranking: {
    score: (data) =>
      scoreSets(
        `${data}/cifar10`,
        ["squeezenet", "shufflenet", "resnet20"].map((name) => featuresOf(data, name)),
        1000,
      ),
    verdict: ranking,
    charts: rankingChart,
  },
  regression: {
    async prepare(data, made) {
      const path = `${made}/cifar10_cat.safetensors`;
      await writeLogits(`${data}/cifar10`, featuresOf(data, "resnet20"), CAT, path);
    },
    verdict: ({ tables }) => helps(tables.cat, () => "on the test rows"),
    charts: errorBars,
  },
  text: {
    verdict: ({ tables }) => helps(tables.sst2, withTeachers),
    charts: errorBars,
  },
  photographs: {
    verdict: ({ tables }) => helps(tables.ants_bees, withTeachers),
    charts: errorBars,
  },
  cnn: { verdict: leadsBoth, charts: errorBars },
};

/** Every claim, in the order of the page. */
export const claims: readonly Claim[] = definitions.map((definition) => ({
  ...definition,
  ...parts[definition.name],
}));
