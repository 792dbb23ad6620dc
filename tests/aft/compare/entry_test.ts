import { assertEquals, assertThrows } from "@std/assert";
import { parseMethodEntry } from "../../../aft/compare/entry.ts";
import { ConfigError } from "../../../gpu/errors.ts";

Deno.test("a method is its name and fields of its own, colons in values included", () => {
  assertEquals(parseMethodEntry("kd"), { text: "kd", method: "kd", fields: {} });
  const text = "aft:rho=fixed:schedule=step:50:0.5:beta=3:steps=40:batch-size=32";
  assertEquals(parseMethodEntry(text), {
    text,
    method: "aft",
    fields: { rho: "fixed", schedule: "step:50:0.5", beta: 3, steps: 40, batchSize: 32 },
  });
});

Deno.test("what a method cannot have of its own is refused by name", () => {
  const refusals = {
    "afd": "Cannot use method afd",
    "aft:rho": "Cannot compare aft:rho: options are written :field=value",
    "aft:roh=fixed": "Cannot use roh: there is no such field, did you mean rho?",
    "aft:rho=loose": "rho must be one of",
    "aft:beta=1:beta=2": "Cannot compare aft:beta=1:beta=2: beta is given twice",
    "kd:seed=1": "Cannot compare kd:seed=1: seed is the same for all methods of a comparison",
    "kd:method=aft": "method is the same for all methods",
    "kd:train-size=10": "train-size is the same for all methods",
    "kd:data=x": "data is the same for all methods",
    "kd:out=x": "out is the same for all methods",
  };
  for (const [text, message] of Object.entries(refusals)) {
    assertThrows(() => parseMethodEntry(text), ConfigError, message);
  }
});
