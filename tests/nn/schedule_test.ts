import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../gpu/errors.ts";
import {
  constant,
  cosine,
  parseSchedule,
  schedules,
  stepDecay,
  warmup,
} from "../../nn/schedule.ts";

Deno.test("constant() is 1 at every step", () => {
  assertEquals([0, 1, 499].map((step) => constant(step, 500)), [1, 1, 1]);
});

Deno.test("cosine() falls from 1 to 0 as half a cosine and stays there", () => {
  for (const step of [0, 1, 7, 250, 333, 499]) {
    assertAlmostEquals(cosine(step, 500), 0.5 * (1 + Math.cos(Math.PI * step / 500)), 1e-15);
  }
  assertEquals(cosine(500, 500), 0);
  assertEquals(cosine(700, 500), 0);
});

Deno.test("stepDecay() multiplies by its factor after every so many steps", () => {
  const schedule = stepDecay(3);
  assertEquals([0, 2, 3, 5].map((step) => schedule(step, 9)), [1, 1, 0.1, 0.1]);
  assertAlmostEquals(schedule(6, 9), 0.01, 1e-15);
});

Deno.test("warmup() rises in a straight line and then runs the other schedule from its start", () => {
  const schedule = warmup(4, cosine);
  assertEquals([0, 1, 2, 3].map((step) => schedule(step, 104)), [0.25, 0.5, 0.75, 1]);
  assertEquals(schedule(4, 104), 1);
  assertEquals(schedule(54, 104), 0.5);
  assertEquals(warmup(2)(50, 100), 1);
});

Deno.test("warmup() longer than the run never reaches the other schedule", () => {
  assertEquals(warmup(10, cosine)(4, 5), 0.5);
});

Deno.test("schedules refuse numbers outside their range", () => {
  assertThrows(
    () => stepDecay(0),
    ConfigError,
    "Cannot make a step decay with every 0: every must be an integer from 1",
  );
  assertThrows(
    () => stepDecay(10, -1),
    ConfigError,
    "Cannot make a step decay with factor -1: factor must be a number from 0",
  );
  const error = assertThrows(
    () => warmup(1.5),
    ConfigError,
    "Cannot make a warm-up with count 1.5: count must be an integer from 1",
  );
  assertEquals([error.field, error.value], ["count", 1.5]);
});

Deno.test("parseSchedule() reads every form that the table names", () => {
  const cases: [string, (step: number, total: number) => number][] = [
    ["constant", constant],
    ["cosine", cosine],
    ["step:3", stepDecay(3)],
    ["step:3:0.5", stepDecay(3, 0.5)],
    ["warmup:4", warmup(4)],
    ["warmup:4,cosine", warmup(4, cosine)],
    ["warmup:4,step:3:0.5", warmup(4, stepDecay(3, 0.5))],
  ];
  for (const [text, expected] of cases) {
    const schedule = parseSchedule(text);
    for (let step = 0; step < 10; step++) {
      assertEquals(schedule(step, 10), expected(step, 10), `${text} at ${step}`);
    }
  }
  assertEquals(
    Object.keys(schedules).filter((name) => !cases.some(([text]) => text.startsWith(name))),
    [],
  );
});

Deno.test("parseSchedule() says how a schedule is written that it cannot read", () => {
  const known = "known are constant, cosine, step:EVERY[:FACTOR], warmup:COUNT[,SCHEDULE]";
  const cases: [string, string][] = [
    ["cosin", `Cannot read the schedule cosin: ${known}`],
    ["", `Cannot read the schedule : ${known}`],
    ["toString", `Cannot read the schedule toString: ${known}`],
    ["step", "Cannot read the schedule step: it is written step:EVERY[:FACTOR]"],
    ["step:", "Cannot read the schedule step:: it is written step:EVERY[:FACTOR]"],
    ["step:a", "Cannot read the schedule step:a: it is written step:EVERY[:FACTOR]"],
    ["step:1:2:3", "Cannot read the schedule step:1:2:3: it is written step:EVERY[:FACTOR]"],
    ["cosine:5", "Cannot read the schedule cosine:5: it is written cosine"],
    ["cosine,constant", "Cannot read the schedule cosine,constant: nothing can follow cosine"],
    ["warmup:5,", `Cannot read the schedule : ${known}`],
  ];
  for (const [text, message] of cases) {
    const error = assertThrows(() => parseSchedule(text), ConfigError, message);
    assertEquals(error.message, message);
    assertEquals(error.field, "schedule");
  }
});
