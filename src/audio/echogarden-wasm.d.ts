/** Types of the two untyped WebAssembly packages, as far as they are used here. */

declare module "@echogarden/fvad-wasm" {
  export interface FvadModule {
    /** A fresh view after every growth of the memory: read it anew, never keep it. */
    readonly HEAP16: Int16Array<ArrayBuffer>;
    _malloc(bytes: number): number;
    /** Answers 0 when there is no memory left. */
    _fvad_new(): number;
    _fvad_free(detector: number): void;
    /** 0 (lets much through) to 3 (lets little through); answers 0, or -1 for a bad mode. */
    _fvad_set_mode(detector: number, mode: number): number;
    _fvad_set_sample_rate(detector: number, rate: number): number;
    /** 1: speech, 0: none, -1: a length other than 10, 20 or 30 ms. */
    _fvad_process(detector: number, samples: number, count: number): number;
  }
  const load: () => Promise<FvadModule>;
  // biome-ignore lint/style/noDefaultExport: the package exports it so
  export default load;
}

declare module "@echogarden/speex-resampler-wasm" {
  export interface SpeexResamplerModule {
    /** A fresh view after every growth of the memory: read it anew, never keep it. */
    readonly HEAP16: Int16Array<ArrayBuffer>;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    /** Quality 0 to 10; answers 0 on failure, with the code at `error`. */
    _speex_resampler_init(channels: number, from: number, to: number, quality: number, error: number): number;
    _speex_resampler_destroy(state: number): void;
    /** Leaves out the zeros that the filter's delay would put first. */
    _speex_resampler_skip_zeros(state: number): number;
    _speex_resampler_get_input_latency(state: number): number;
    /** Lengths are uint32 in memory: samples given and room on the way in, consumed and made on the way out. */
    _speex_resampler_process_int(
      state: number,
      channel: number,
      input: number,
      inputLength: number,
      output: number,
      outputLength: number,
    ): number;
  }
  const load: () => Promise<SpeexResamplerModule>;
  // biome-ignore lint/style/noDefaultExport: the package exports it so
  export default load;
}
