import { assertEquals, assertNotEquals } from "@std/assert";
import { fingerprint } from "../../../aft/training/fingerprint.ts";

const VALUES = Float32Array.of(1, 2, 3, 4, 5, 6);

Deno.test("a fingerprint is the same number on every machine", () => {
  assertEquals(fingerprint([{ rows: 3, values: VALUES }]), "d4e7428880c8dad2");
});

Deno.test("rows count for what they hold, wherever they lie", () => {
  const chosen = fingerprint([{ rows: 3, values: VALUES }], [2, 0]);
  assertEquals(fingerprint([{ rows: 2, values: Float32Array.of(5, 6, 1, 2) }]), chosen);
  const others = Float32Array.of(1, 2, 0, 0, 5, 6);
  assertEquals(fingerprint([{ rows: 3, values: others }], [2, 0]), chosen);
  assertNotEquals(fingerprint([{ rows: 3, values: VALUES }], [0, 2]), chosen);
});

Deno.test("rows of bytes may begin anywhere and be of any length", () => {
  const bytes = Uint8Array.of(9, 1, 2, 3, 4, 5, 6);
  const print = fingerprint([{ rows: 2, values: bytes.subarray(1) }]);
  assertEquals(fingerprint([{ rows: 2, values: bytes.slice(1) }]), print);
  assertNotEquals(fingerprint([{ rows: 2, values: bytes.subarray(0, 6) }]), print);
});

Deno.test("every change of a word changes the fingerprint, and two do not cancel", () => {
  const before = fingerprint([{ rows: 1, values: new Float32Array(16) }]);
  const seen = new Set([before]);
  for (let i = 0; i < 16; i++) {
    for (let j = i; j < 16; j++) {
      const values = new Float32Array(16);
      values[i] = values[j] = -0; // the highest bit alone
      seen.add(fingerprint([{ rows: 1, values }]));
    }
  }
  assertEquals(seen.size, 1 + 16 * 17 / 2);
});
