/** The part of the WebAssembly interface used here: Node has it, its type package does not declare it. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Record<string, ModuleImports>);
    readonly exports: Record<string, unknown>;
  }
  interface Memory {
    /** Another one after each growth. */
    readonly buffer: ArrayBuffer;
  }
  type ModuleImports = Record<string, (...values: never[]) => number>;
}
