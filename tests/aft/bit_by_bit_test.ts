import { assertEquals } from "@std/assert";
import { drained, paced } from "../../aft/bit_by_bit.ts";

function* counting(): Generator<number, string> {
  for (let i = 1; i <= 3; i++) yield i;
  return "done";
}

Deno.test("events come in before a bit is told of, so that a listener stops at the next one", async () => {
  let stopped = false;
  setTimeout(() => stopped = true, 0);
  const told: number[] = [];
  for await (const bit of paced(counting())) {
    if (stopped) break;
    told.push(bit);
  }
  assertEquals([stopped, told], [true, []]);
});

Deno.test("a paced work tells of the same bits and gives the same result as one that is drained", async () => {
  const work = paced(counting());
  const told: number[] = [];
  let bit = await work.next();
  for (; !bit.done; bit = await work.next()) told.push(bit.value);
  assertEquals([told, bit.value], [[1, 2, 3], "done"]);
  assertEquals(drained(counting()), "done");
});
