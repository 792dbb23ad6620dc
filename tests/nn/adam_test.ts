import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../gpu/errors.ts";
import { openGpu, tensor, variable } from "../../gpu/mod.ts";
import { Adam, AdamW } from "../../nn/adam.ts";
import { assertOptimiserAgrees, type OptimiserCase, type Rule } from "./optimiser_support.ts";

await openGpu();

/** Kingma and Ba, algorithm 1, on one element. */
function adam(betas: [number, number], epsilon: number, coupled: boolean): Rule {
  return (w, g, memory, { rate, decay, t }) => {
    if (coupled) g += decay * w;
    memory[0] = betas[0] * memory[0] + (1 - betas[0]) * g;
    memory[1] = betas[1] * memory[1] + (1 - betas[1]) * g * g;
    const first = memory[0] / (1 - betas[0] ** t);
    const second = memory[1] / (1 - betas[1] ** t);
    const kept = coupled ? w : w - rate * decay * w;
    return kept - rate * first / (Math.sqrt(second) + epsilon);
  };
}

const GROUPS: OptimiserCase["groups"] = [{ rate: 0.1, decay: 0 }, { rate: 0.01, decay: 0 }];
const DECAYED: OptimiserCase["groups"] = [{ rate: 0.1, decay: 0.3 }, { rate: 0.01, decay: 0 }];

const CASES: Record<string, OptimiserCase> = {
  "Adam": {
    make: (groups) => new Adam(groups),
    rule: adam([0.9, 0.999], 1e-8, true),
    groups: GROUPS,
    submits: true,
  },
  "Adam without a submit between steps": {
    make: (groups) => new Adam(groups),
    rule: adam([0.9, 0.999], 1e-8, true),
    groups: GROUPS,
  },
  "Adam with coupled decay, other betas and a schedule": {
    make: (groups) => new Adam(groups, { betas: [0.5, 0.9], epsilon: 1e-3 }),
    rule: adam([0.5, 0.9], 1e-3, true),
    groups: DECAYED,
    scale: (step) => 0.5 * (1 + Math.cos(Math.PI * step / 6)),
    submits: true,
  },
  "Adam with clipping": {
    make: (groups) => new Adam(groups, { clip: 0.5, epsilon: 0.1 }),
    rule: adam([0.9, 0.999], 0.1, true),
    groups: GROUPS,
    clip: 0.5,
    submits: true,
  },
  "Adam with a limit that is never reached": {
    make: (groups) => new Adam(groups, { clip: 1e4 }),
    rule: adam([0.9, 0.999], 1e-8, true),
    groups: GROUPS,
  },
  "AdamW": {
    make: (groups) => new AdamW(groups),
    rule: adam([0.9, 0.999], 1e-8, false),
    groups: DECAYED,
    scale: (step) => 1 / (step + 1),
    submits: true,
  },
  "AdamW without decay": {
    make: (groups) => new AdamW(groups),
    rule: adam([0.9, 0.999], 1e-8, true),
    groups: GROUPS,
  },
};

for (const [title, test] of Object.entries(CASES)) {
  Deno.test(`${title} agrees with plain numbers over several steps`, () =>
    assertOptimiserAgrees(test));
}

Deno.test("Adam and AdamW start from the usual defaults", () => {
  const settings = (make: typeof Adam) => new make({ weight: variable(tensor([1])) }).groups;
  assertEquals(settings(Adam), [{ name: "", rate: 1e-3, decay: 0 }]);
  assertEquals(settings(AdamW), [{ name: "", rate: 1e-3, decay: 0.01 }]);
});

Deno.test("Adam leaves a parameter without gradient where it is, and finite", async () => {
  const weight = variable(tensor([1, 2]));
  const optimiser = new Adam({ weight });
  for (let step = 0; step < 3; step++) optimiser.step({ weight: tensor([0, 0]) });
  assertEquals(await weight.toArray(), [1, 2]);
});

Deno.test("Adam refuses options out of range", () => {
  const weight = variable(tensor([1]));
  const error = assertThrows(() => new Adam({ weight }, { betas: [0.9, 1] }), ConfigError);
  assertEquals(
    error.message,
    "Cannot make an Adam optimiser with betas.1 1: betas.1 must be from 0 to below 1",
  );
  assertThrows(
    () => new AdamW({ weight }, { epsilon: 0 }),
    ConfigError,
    "Cannot make an Adam optimiser with epsilon 0: epsilon must be a number from 1.2e-38",
  );
});
