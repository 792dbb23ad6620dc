import { assert, assertEquals, assertThrows } from "@std/assert";
import { Trainer, type TrainerOptions } from "../../../aft/trainer.ts";
import type { TeacherFeatures } from "../../../aft/training/prepare.ts";
import { featureRows } from "../../../aft/training/rows.ts";
import { ConfigError } from "../../../gpu/errors.ts";
import { currentGpu, openGpu } from "../../../gpu/mod.ts";
import { tableData, teacherOf } from "../small.ts";

await openGpu();
const SMALL = { student: "mlp:8", batchSize: 16, method: "aft", beta: 2, steps: 5 } as const;

/** Features in single precision that halves do not hold exactly. */
function fine(columns = 4): TeacherFeatures {
  const teacher = teacherOf(tableData(), { columns, dtype: "f32" });
  const values = (teacher.splits.train.values as Float32Array).map((x) => x + 1e-4);
  return { ...teacher, splits: { train: { ...teacher.splits.train, values } } };
}

/** The same features rounded to halves. */
function rounded(teacher: TeacherFeatures): TeacherFeatures {
  const { train } = teacher.splits;
  const values = new Uint16Array(Float16Array.from(train.values).buffer);
  return { ...teacher, splits: { train: { ...train, values, dtype: "f16" } } };
}

async function statesOf(options: Partial<TrainerOptions>): Promise<Uint8Array[]> {
  const trainer = new Trainer(tableData(), { ...SMALL, ...options });
  await Array.fromAsync(trainer.run());
  const checkpoint = await trainer.checkpoint();
  const states = [checkpoint.student, checkpoint.regulariser];
  return states.flatMap((state) =>
    Object.values(state).map(({ values }) => new Uint8Array(values.buffer))
  );
}

Deno.test("features stored in halves train as those of a file in halves, on the device and in streams", async () => {
  const teacher = fine();
  const file = await statesOf({ teachers: [rounded(teacher)] });
  for (const placement of ["device", "stream"] as const) {
    const options = { teachers: [teacher], placement };
    assertEquals(await statesOf({ ...options, featureStorage: "f16" }), file, placement);
    assert(String(await statesOf({ ...options, featureStorage: "f32" })) !== String(file));
    assertEquals(
      await statesOf({ teachers: [rounded(teacher)], placement, featureStorage: "f32" }),
      file,
      "halves are stored in f32 without loss",
    );
  }
});

Deno.test("halves take half of the device's memory", async () => {
  const { counters } = currentGpu();
  const teachers = [fine(4096)];
  /** Bytes that a run adds to those of the runs before, whose buffers between ops it uses again. */
  const added = async (featureStorage: "f32" | "f16", placement: "device" | "stream") => {
    const before = counters.liveBytes;
    const options = { ...SMALL, rho: "fixed", steps: 1, teachers } as const;
    const trainer = new Trainer(tableData(), { ...options, featureStorage, placement });
    await Array.fromAsync(trainer.run());
    return counters.liveBytes - before;
  };
  await added("f32", "stream");
  const [single, half] = [await added("f32", "device"), await added("f16", "device")];
  const features = 96 * 4096 * 4;
  assert(single >= features && half >= features / 2, `${single} and ${half} bytes`);
  assert(half < 0.75 * features, `${half} bytes of ${features}`);
});

Deno.test("features are stored in halves by default where all files hold halves", () => {
  const stored = (...teachers: TeacherFeatures[]) =>
    featureRows(teachers.map(({ splits }) => splits.train)).dtype;
  assertEquals(stored(rounded(fine()), rounded(fine())), "f16");
  assertEquals(stored(fine(), rounded(fine())), "f32");
});

Deno.test("features beyond the range of halves are refused with teacher, row and column", () => {
  const teacher = fine();
  const values = (teacher.splits.train.values as Float32Array).slice();
  values[4 * 7 + 2] = -70000;
  const teachers = [{ ...teacher, splits: { train: { ...teacher.splits.train, values } } }];
  const error = assertThrows(
    () => new Trainer(tableData(), { ...SMALL, teachers, featureStorage: "f16" }),
    ConfigError,
  );
  assertEquals(
    error.message,
    "Cannot train with feature-storage f16: teacher teacher holds -70000 in row 7, column 2, " +
      "and half precision ends at 65504",
  );
});
