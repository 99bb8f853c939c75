import type { BroadcastToAttributes } from "../../ops/broadcastTo.ts";
import type { ConcatAttributes } from "../../ops/concat.ts";
import type { ReshapeAttributes } from "../../ops/reshape.ts";
import type { PadZerosAttributes, SliceAttributes } from "../../ops/slice.ts";
import type { TransposeAttributes } from "../../ops/transpose.ts";
import type { ReferenceOp } from "./reference.ts";
import { input, reference } from "./reference.ts";
import type { Tensor64 } from "./tensor64.ts";
import { at, fill } from "./tensor64.ts";

/** `position` with another value at one axis. */
function moved(position: readonly number[], axis: number, value: number): readonly number[] {
  return position.map((old, index) => (index === axis ? value : old));
}

function resized(tensor: Tensor64, axis: number, size: number): readonly number[] {
  return moved(tensor.shape, axis, size);
}

/** Ops that move elements about. */
export const layoutReferences: Readonly<Record<string, ReferenceOp>> = {
  toFloat32: reference((inputs) => [input(inputs, 0)]),
  reshape: reference<ReshapeAttributes>((inputs, { shape }) => [
    { shape, data: input(inputs, 0).data.slice() },
  ]),
  transpose: reference<TransposeAttributes>((inputs, { permutation }) => {
    const x = input(inputs, 0);
    const shape = permutation.map((axis) => x.shape[axis] as number);
    return [
      fill(shape, (position) => {
        const source = x.shape.map(() => 0);
        for (const [axis, from] of permutation.entries()) source[from] = position[axis] as number;
        return at(x, source);
      }),
    ];
  }),
  slice: reference<SliceAttributes>((inputs, { axis, start, length }) => {
    const x = input(inputs, 0);
    return [
      fill(resized(x, axis, length), (position) =>
        at(x, moved(position, axis, start + (position[axis] as number))),
      ),
    ];
  }),
  padZeros: reference<PadZerosAttributes>((inputs, { axis, before, after }) => {
    const x = input(inputs, 0);
    const size = x.shape[axis] as number;
    return [
      fill(resized(x, axis, before + size + after), (position) => {
        const source = (position[axis] as number) - before;
        return source >= 0 && source < size ? at(x, moved(position, axis, source)) : 0;
      }),
    ];
  }),
  concat: reference<ConcatAttributes>((inputs, { axis }) => {
    const sizes = inputs.map(({ shape }) => shape[axis] as number);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    return [
      fill(resized(input(inputs, 0), axis, total), (position) => {
        let which = 0;
        let along = position[axis] as number;
        while (along >= (sizes[which] as number)) along -= sizes[which++] as number;
        return at(input(inputs, which), moved(position, axis, along));
      }),
    ];
  }),
  broadcastTo: reference<BroadcastToAttributes>((inputs, { shape }) => [
    fill(shape, (position) => at(input(inputs, 0), position)),
  ]),
};
