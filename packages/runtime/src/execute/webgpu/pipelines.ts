import { compileKernel } from "./device/compileShader.ts";
import { shaderStage } from "./device/constants.ts";
import type { LoweredDispatch } from "./lowerGraph.ts";

export interface CompiledKernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Pipelines of one device by the text of their shader, each compiled once however many dispatches use it. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #kernels = new Map<string, Promise<CompiledKernel>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** @throws ShaderCompileError, with the op's name and the source lines */
  get(dispatch: LoweredDispatch): Promise<CompiledKernel> {
    const known = this.#kernels.get(dispatch.wgsl);
    if (known !== undefined) return known;
    const layout = this.#layoutFor(dispatch);
    const pipelineLayout = this.#device.createPipelineLayout({ bindGroupLayouts: [layout] });
    const source = { op: dispatch.label, wgsl: dispatch.wgsl };
    const made = compileKernel(this.#device, source, pipelineLayout).then((pipeline) => ({
      pipeline,
      layout,
    }));
    this.#kernels.set(dispatch.wgsl, made);
    return made;
  }

  #layoutFor({ bindings, uniforms }: LoweredDispatch): GPUBindGroupLayout {
    const types: GPUBufferBindingType[] = bindings.map(({ isWritable }) =>
      isWritable ? "storage" : "read-only-storage",
    );
    if (uniforms !== null) types.push("uniform");
    const key = types.join();
    const known = this.#layouts.get(key);
    if (known !== undefined) return known;
    const layout = this.#device.createBindGroupLayout({
      label: key,
      entries: types.map((type, binding) => ({
        binding,
        visibility: shaderStage.compute,
        buffer: { type },
      })),
    });
    this.#layouts.set(key, layout);
    return layout;
  }
}
