import { captureErrors } from "./errorScopes.ts";
import type { ShaderMessage } from "./errors.ts";
import { GpuValidationError, ShaderCompileError } from "./errors.ts";

/** A kernel to compile: `op` names what it was generated for, in labels and in errors. */
export interface KernelSource {
  readonly op: string;
  readonly wgsl: string;
  /** Values of `override` constants. */
  readonly constants?: Readonly<Record<string, number>>;
  /** The function to start at; `main` by default. */
  readonly entryPoint?: string;
}

/**
 * Compiles a kernel without blocking; several may be under way at once.
 * @throws ShaderCompileError with the compiler's messages, or with the pipeline's where the WGSL itself is good
 */
export async function compileKernel(
  device: GPUDevice,
  { op, wgsl, constants = {}, entryPoint = "main" }: KernelSource,
  layout: GPUPipelineLayout | "auto" = "auto",
): Promise<GPUComputePipeline> {
  const module = await compileModule(device, op, wgsl);
  try {
    return await device.createComputePipelineAsync({
      label: op,
      layout,
      compute: { module, entryPoint, constants },
    });
  } catch (error) {
    // A GPUPipelineError: say, more workgroup memory or bindings than the device has.
    const text = error instanceof Error ? error.message : String(error);
    throw new ShaderCompileError(op, wgsl, [{ severity: "error", line: 0, column: 0, text }]);
  }
}

async function compileModule(device: GPUDevice, op: string, wgsl: string): Promise<GPUShaderModule> {
  let module: GPUShaderModule | null = null;
  try {
    return await captureErrors(device, `the kernel of "${op}"`, 0, () => {
      module = device.createShaderModule({ label: op, code: wgsl });
      return module;
    });
  } catch (error) {
    const messages = module === null ? [] : await compilerMessages(module);
    if (!(error instanceof GpuValidationError) || messages.length === 0) throw error;
    throw new ShaderCompileError(op, wgsl, messages);
  }
}

async function compilerMessages(module: GPUShaderModule): Promise<ShaderMessage[]> {
  const { messages } = await module.getCompilationInfo();
  return messages.map(({ type, lineNum, linePos, message }) => ({
    severity: type,
    line: lineNum,
    column: linePos,
    text: message,
  }));
}
