/** Values of named variables on the host, as checkpoints keep them. */

import { read, type Shape, type TypedArray, type Variable } from "../gpu/mod.ts";
import { ConfigError, ShapeError } from "../gpu/errors.ts";
import { sameShape, showShape, sizeOf } from "../gpu/shape.ts";

/** Shape and values of one variable. */
export interface SavedTensor {
  /** Sizes of the axes. */
  readonly shape: Shape;
  /** Row-major values, as many as the shape holds. */
  readonly values: TypedArray;
}

/** Values of variables by name. */
export type State = Record<string, SavedTensor>;

/** Reads all variables with one readback. */
export async function readState(variables: ReadonlyMap<string, Variable>): Promise<State> {
  const values = await read([...variables.values()]);
  const state: State = {};
  let i = 0;
  for (const [name, { shape }] of variables) state[name] = { shape, values: values[i++] };
  return state;
}

/** Writes a whole state, or nothing where a name or shape does not fit. */
export function writeState(
  variables: ReadonlyMap<string, Variable>,
  state: Readonly<State>,
  owner: string,
): void {
  checkState(variables, state, owner);
  for (const [name, variable] of variables) {
    variable.write(matchType(state[name].values, variable));
  }
}

/** Refuses a state whose names or shapes are not those of `expected`. */
export function checkState(
  expected: ReadonlyMap<string, { readonly shape: Shape }>,
  state: Readonly<State>,
  owner: string,
): void {
  const missing = [...expected].filter(([name]) => !Object.hasOwn(state, name));
  const extra = Object.entries(state).filter(([name]) => !expected.has(name));
  if (missing.length > 0 || extra.length > 0) {
    const parts = [
      ...(missing.length > 0 ? [`it lacks ${list(missing)}`] : []),
      ...(extra.length > 0 ? [`the ${owner} has no ${list(extra)}`] : []),
    ];
    throw new ConfigError(`Cannot load the state into the ${owner}: ${parts.join("; ")}`, {
      field: "state",
      value: [...missing, ...extra].map(([name]) => name),
    });
  }
  for (const [name, { shape }] of expected) checkSaved(name, shape, state[name], owner);
}

function checkSaved(name: string, shape: Shape, saved: SavedTensor, owner: string): void {
  if (!sameShape(shape, saved.shape)) {
    throw new ShapeError(
      `Cannot load ${name}: the state has ${showShape(saved.shape)}, the ${owner} ${
        showShape(shape)
      }`,
      { shapes: [saved.shape, shape] },
    );
  }
  if (saved.values.length !== sizeOf(shape)) {
    throw new ShapeError(
      `Cannot load ${name}: ${showShape(shape)} holds ${
        sizeOf(shape)
      } values, the state has ${saved.values.length}`,
      { shapes: [shape] },
    );
  }
}

function list(entries: readonly [string, { readonly shape: Shape }][]): string {
  return entries.map(([name, { shape }]) => `${name} ${showShape(shape)}`).join(", ");
}

/** Values of a file may come as another type than the variable's. */
function matchType(values: TypedArray, variable: Variable): TypedArray {
  switch (variable.dtype) {
    case "i32":
      return values instanceof Int32Array ? values : Int32Array.from(values);
    case "u32":
      return values instanceof Uint32Array ? values : Uint32Array.from(values);
    case "bool":
      return values instanceof Uint8Array ? values : Uint8Array.from(values);
    default:
      return values instanceof Float32Array ? values : Float32Array.from(values);
  }
}
