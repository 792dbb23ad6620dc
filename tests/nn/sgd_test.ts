import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../gpu/errors.ts";
import { openGpu, tensor, variable } from "../../gpu/mod.ts";
import { SGD } from "../../nn/sgd.ts";
import { assertOptimiserAgrees, type OptimiserCase, type Rule } from "./optimiser_support.ts";

await openGpu();

function rule(momentum: number, nesterov: boolean): Rule {
  return (w, g, memory, { rate, decay, t }) => {
    g += decay * w;
    memory[0] = t === 1 ? g : momentum * memory[0] + g;
    return w - rate * (nesterov ? g + momentum * memory[0] : memory[0]);
  };
}

const GROUPS: OptimiserCase["groups"] = [{ rate: 0.1, decay: 0 }, { rate: 0.03, decay: 0 }];
const DECAYED: OptimiserCase["groups"] = [{ rate: 0.1, decay: 0.2 }, { rate: 0.03, decay: 0 }];

const CASES: Record<string, OptimiserCase> = {
  "alone": { make: (groups) => new SGD(groups), rule: rule(0, false), groups: GROUPS },
  "with momentum": {
    make: (groups) => new SGD(groups, { momentum: 0.9 }),
    rule: rule(0.9, false),
    groups: GROUPS,
    submits: true,
  },
  "with Nesterov's momentum, decay and a schedule": {
    make: (groups) => new SGD(groups, { momentum: 0.8, nesterov: true }),
    rule: rule(0.8, true),
    groups: DECAYED,
    scale: (step) => 1 / (step + 1),
    submits: true,
  },
  "with momentum, decay and clipping": {
    make: (groups) => new SGD(groups, { momentum: 0.5, clip: 3 }),
    rule: rule(0.5, false),
    groups: DECAYED,
    clip: 3,
  },
};

for (const [title, test] of Object.entries(CASES)) {
  Deno.test(`SGD ${title} agrees with plain numbers over several steps`, () =>
    assertOptimiserAgrees(test));
}

Deno.test("SGD refuses options out of range", () => {
  const weight = variable(tensor([1]));
  const error = assertThrows(() => new SGD({ weight }, { momentum: 1 }), ConfigError);
  assertEquals(
    error.message,
    "Cannot make an SGD optimiser with momentum 1: momentum must be from 0 to below 1",
  );
  assertThrows(
    () => new SGD({ weight }, { nesterov: true }),
    ConfigError,
    "Cannot make an SGD optimiser with nesterov and momentum 0: it needs momentum",
  );
});
