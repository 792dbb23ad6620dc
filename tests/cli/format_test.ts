import { assertEquals } from "@std/assert";
import {
  bytes,
  count,
  duration,
  labelled,
  loss,
  number,
  percent,
  shape,
  table,
  wrap,
} from "../../cli/format.ts";

Deno.test("numbers have few digits, thousands have commas, tiny ones an exponent", () => {
  const shown = [0, 3, 12345, 1.23456, 0.001234567, 12345.678, 1.234e-7, -2.5, NaN, Infinity]
    .map((value) => number(value));
  assertEquals(
    shown,
    ["0", "3", "12,345", "1.235", "0.001235", "12,346", "1.23e-7", "-2.5", "NaN", "Infinity"],
  );
  assertEquals(number(12.3456, 2), "12");
});

Deno.test("losses are as wide as each other", () => {
  assertEquals([1.83, 0.998, 12.34567, 123456].map(loss), [
    "1.8300",
    "0.99800",
    "12.346",
    "1.235e+5",
  ]);
});

Deno.test("shares, counts and extents read as people write them", () => {
  assertEquals(percent(0.3814), "38.1 %");
  assertEquals([count(1, "row"), count(1000, "row")], ["1 row", "1,000 rows"]);
  assertEquals(count(2, "class", "classes"), "2 classes");
  assertEquals(shape([3, 32, 32]), "[3, 32, 32]");
});

Deno.test("durations go from tenths of seconds to hours and never show sixty of anything", () => {
  const shown = [0.04, 9.94, 9.96, 59.4, 59.6, 185, 3599.7, 7620].map(duration);
  assertEquals(
    shown,
    ["0.0 s", "9.9 s", "10 s", "59 s", "1 min 00 s", "3 min 05 s", "1 h 00 min", "2 h 07 min"],
  );
});

Deno.test("numbers of bytes have the unit that suits them", () => {
  assertEquals([0, 1023, 1536, 2 ** 27, 2 ** 31 - 1].map(bytes), [
    "0 B",
    "1023 B",
    "1.5 KiB",
    "128 MiB",
    "2 GiB",
  ]);
});

Deno.test("tables align words left and numbers right, without spaces at the end", () => {
  assertEquals(table([["a", "n"], ["longer", "7"], ["b", "123"]]), [
    "a         n",
    "longer    7",
    "b       123",
  ]);
  assertEquals(table([["a", "b"], ["1", ""]], 2), ["a  b", "1"]);
});

Deno.test("text breaks at spaces and keeps long words whole", () => {
  assertEquals(wrap("one two\nthree", 7), ["one two", "three"]);
  assertEquals(wrap("incomprehensible x", 5), ["incomprehensible", "x"]);
  assertEquals(wrap("", 5), [""]);
});

Deno.test("what stands behind a label begins in the same column on every line", () => {
  assertEquals(labelled("Rows", "a b", 80), "Rows      a b");
  const lines = labelled("Advice", "word ".repeat(20), 50).split("\n");
  assertEquals(lines.map((line) => line.slice(0, 11)), [
    "Advice    w",
    "          w",
    "          w",
  ]);
});
