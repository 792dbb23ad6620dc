import { assertEquals } from "@std/assert";
import * as catalogue from "../mod.ts";
import * as gpu from "../gpu/mod.ts";
import * as nn from "../nn/mod.ts";
import * as aft from "../aft/mod.ts";

Deno.test("the catalogue lists every public name of the rooms, and no other", () => {
  const rooms: Record<string, unknown> = { ...gpu, ...nn, ...aft };
  const count = [gpu, nn, aft].flatMap((room) => Object.keys(room)).length;
  assertEquals(Object.keys(rooms).length, count, "two rooms export the same name");
  assertEquals(Object.keys(catalogue).sort(), Object.keys(rooms).sort());
  for (const [name, value] of Object.entries(catalogue)) assertEquals(value, rooms[name], name);
});
