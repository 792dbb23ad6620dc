import { assertEquals } from "@std/assert";
import { add, grad, mean, read, submit, type Tensor, variable, zeros } from "../../gpu/mod.ts";
import { inputsOf } from "./fusion.ts";
import { Dice, grow } from "./graphs.ts";
import * as host from "./host.ts";
import { assertClose, numbers, onDevice } from "./support.ts";

/** Graphs that go on from each other's seeds; products are slow to compile and come in few. */
for (let group = 0; group < 8; group++) {
  Deno.test(`random graphs agree with the host, seeds ${5 * group} to ${5 * group + 4}`, async () => {
    for (let seed = 5 * group; seed < 5 * group + 5; seed++) {
      const dice = new Dice(seed);
      const without = seed % 5 === 0 ? [] : ["matmul"];
      const values = grow(dice, inputsOf(seed), 14, without);
      // Some values are read beside the last: what is kept and what melts changes with it.
      const asked = values.filter((_, i) => i === values.length - 1 || dice.below(5) === 0);
      const results = await read(asked.map(({ device }) => device));
      asked.forEach((value, i) => {
        assertEquals(value.device.shape, [...value.host.shape], `seed ${seed}`);
        assertClose(results[i], value.host.values, 1e-4, `seed ${seed}, value ${i}`);
      });
    }
  });
}

Deno.test("random graphs of one element-wise kernel after another agree with the host", async () => {
  for (let seed = 100; seed < 104; seed++) {
    const values = grow(new Dice(seed), inputsOf(seed), 40, ["matmul", "reduce"]);
    const last = values[values.length - 1];
    assertClose(await last.device.data(), last.host.values, 1e-3, `seed ${seed}`);
  }
});

Deno.test("random graphs assigned to variables leave the same values as reading them", async () => {
  for (let seed = 200; seed < 206; seed++) {
    const values = grow(new Dice(seed), inputsOf(seed), 10, ["matmul"]);
    const kept = values.slice(-4);
    const variables = kept.map(({ device }) => variable(zeros(device.shape)));
    variables.forEach((v, i) => v.assign(kept[i].device));
    submit();
    const results = await read(variables);
    kept.forEach((value, i) => assertClose(results[i], value.host.values, 1e-4, `seed ${seed}`));
  }
});

/** The mean of every value that a graph grows from `x`, added up. */
function loss(seed: number, device: Tensor, values: host.Host): { device: Tensor; host: number } {
  const weights = numbers([4, 6], seed);
  const inputs = [{ device, host: values }, { device: onDevice(weights), host: weights }];
  const grown = grow(new Dice(seed), inputs, 8, ["matmul"]).slice(2);
  return {
    device: grown.map((part) => mean(part.device)).reduce(add),
    host: grown.reduce((all, { host: { values } }) => all + host.total(values) / values.length, 0),
  };
}

Deno.test("gradients of random graphs agree with differences in float64", async () => {
  for (let seed = 300; seed < 312; seed++) {
    const x = numbers([4, 6], seed + 50);
    const input = onDevice(x);
    const slopes = await grad((input: Tensor) => loss(seed, input, x).device)(input).data();
    const expected = x.values.map((value, i) => {
      const moved = (by: number) =>
        loss(seed, input, { shape: x.shape, values: x.values.with(i, value + by) }).host;
      return (moved(1e-5) - moved(-1e-5)) / 2e-5;
    });
    assertClose(slopes, expected, 1e-4, `seed ${seed}`);
  }
});
