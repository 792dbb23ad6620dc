import { assertEquals, assertThrows } from "@std/assert";
import { parseStudent, students } from "../../aft/student.ts";
import { ConfigError } from "../../gpu/errors.ts";

Deno.test("students that do not exist are refused with the nearest name and how it is written", () => {
  const refusal = (text: string) => assertThrows(() => parseStudent(text), ConfigError).message;
  const usages = Object.values(students).map(({ usage }) => usage).join(", ");
  assertEquals(
    refusal("mpl:8"),
    `Cannot make the student mpl:8: did you mean mlp? Known are ${usages}`,
  );
  const written = "it is written mlp:WIDTH[,WIDTH...]: hidden layers with ReLU, each 1 to 65536 " +
    "wide; the last one is the features";
  for (
    const text of ["mlp", "mlp:", "mlp:0", "mlp:8,", "mlp:8,x", "mlp:1e3", "mlp:65537", "mlp:-1"]
  ) {
    assertEquals(refusal(text), `Cannot make the student ${text}: ${written}`);
  }
});
