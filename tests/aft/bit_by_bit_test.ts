import { assertEquals, assertRejects } from "@std/assert";
import { drained, followed, paced } from "../../aft/bit_by_bit.ts";

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

/** What a followed work told, and what it gave. */
async function all<B, T>(work: AsyncGenerator<B, T>): Promise<[B[], T]> {
  const told: B[] = [];
  let bit = await work.next();
  for (; !bit.done; bit = await work.next()) told.push(bit.value);
  return [told, bit.value];
}

const later = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

Deno.test("what a work tells by calls is yielded in its order, whenever it is told", async () => {
  const work = followed<number, string>(async (tell) => {
    tell(1);
    await later();
    tell(2);
    tell(3);
    await later();
    return "done";
  });
  assertEquals(await all(work), [[1, 2, 3], "done"]);
  const silent = followed<number, string>(() => Promise.resolve("done"));
  assertEquals(await all(silent), [[], "done"]);
});

Deno.test("what is told while a listener is slow is not lost", async () => {
  const work = followed<number, void>(async (tell) => {
    for (let i = 0; i < 4; i++, await later()) tell(i);
  });
  const told: number[] = [];
  for await (const bit of work) {
    told.push(bit);
    for (let i = 0; i < 3; i++) await later();
  }
  assertEquals(told, [0, 1, 2, 3]);
});

Deno.test("an error of a followed work comes after what it told", async () => {
  const work = followed<number, void>((tell) => {
    tell(1);
    return Promise.reject(new RangeError("no more"));
  });
  assertEquals((await work.next()).value, 1);
  await assertRejects(() => work.next(), RangeError, "no more");
});
