import loadFvad from "@echogarden/fvad-wasm";
import { FRAME_BYTES, FRAME_MS, SAMPLE_RATE } from "./audio-format.ts";
import { EnergyGate, type EnergyGateOptions } from "./energy-gate.ts";
import { decodeMulaw } from "./mulaw.ts";
import { isKeyTone, isVoiced } from "./voicing.ts";

export interface VoiceActivityOptions extends EnergyGateOptions {
  /** Speech in a window of {@link onset} + 40 ms that makes an onset; 20 to 400 ms, whole frames. */
  readonly onset?: number;
  /** Silence after which speech is over; 40 to 1000 ms, whole frames. Stops in a word last up to 120 ms. */
  readonly hangover?: number;
  /** Strictness of WebRTC's detector, 0 to 3. */
  readonly mode?: number;
}

export type VoiceChange = "speech-started" | "speech-ended";

/** Who tells when a caller speaks, as a conversation needs it. */
export type SpeechDetector = Pick<VoiceActivity, "feed" | "since" | "speaking" | "close">;

export type VoiceActivityFactory = (options?: VoiceActivityOptions) => VoiceActivity;

type Fvad = Awaited<ReturnType<typeof loadFvad>>;

/** How far before the first frame taken for speech its sound may have begun: a hissing consonant. */
const LEAD_FRAMES = 8;

let loading: Promise<VoiceActivityFactory> | undefined;

/** Loads WebRTC's detector once for the process (20 KB of WebAssembly, shared by all calls). */
export function loadVoiceActivity(): Promise<VoiceActivityFactory> {
  loading ??= loadFvad().then((fvad) => {
    const input = fvad._malloc(FRAME_BYTES * 2);
    return (options = {}) => new VoiceActivity(fvad, input, options);
  });
  return loading;
}

/**
 * Tells when one caller speaks. Speech is sound (energy over the noise floor) that WebRTC's detector takes
 * for speech; it has begun when enough of it came close together and some of it is voiced, so that clicks,
 * breath, noise and key tones are none. It is over after the hangover without any; once begun, voiced sound goes
 * on being speech although the detector, which gets used to long quiet vowels, says no. Music is speech to it.
 */
export class VoiceActivity {
  readonly #fvad: Fvad;
  readonly #input: number;
  readonly #gate: EnergyGate;
  readonly #onsetFrames: number;
  readonly #windowMask: number;
  readonly #hangover: number;
  /** This frame and the one before. */
  readonly #samples = new Int16Array(FRAME_BYTES * 2);
  readonly #now = this.#samples.subarray(FRAME_BYTES);
  #detector: number;
  /** One bit per frame, the newest lowest: taken for speech. */
  #recent = 0;
  /** Frames of unbroken sound up to now. */
  #loud = 0;
  #lastSpeech = 0;
  #voicedAt = Number.NEGATIVE_INFINITY;
  #speaking = false;
  #since = 0;

  /** Made by {@link loadVoiceActivity}. `input`: room for one frame of samples in the detector's memory. */
  constructor(fvad: Fvad, input: number, options: VoiceActivityOptions) {
    this.#fvad = fvad;
    this.#input = input;
    this.#gate = new EnergyGate(options);
    this.#onsetFrames = Math.max(1, Math.round((options.onset ?? 60) / FRAME_MS));
    this.#windowMask = 2 ** (this.#onsetFrames + 2) - 1;
    this.#hangover = options.hangover ?? 140;
    this.#detector = fvad._fvad_new();
    if (this.#detector === 0) throw new RangeError("No memory for another voice detector: close unused ones");
    fvad._fvad_set_sample_rate(this.#detector, SAMPLE_RATE);
    if (fvad._fvad_set_mode(this.#detector, options.mode ?? 2) !== 0) {
      this.close();
      throw new RangeError(`Voice detector mode is ${options.mode}; give 0, 1, 2 or 3`);
    }
  }

  get speaking(): boolean {
    return this.#speaking;
  }

  /** When the change told last really happened: the first moment of speech, or the first after it. */
  get since(): number {
    return this.#since;
  }

  /**
   * Takes the next 20 ms (160 bytes of μ-law). `at` is the time of the frame's first sample; rising, a gap
   * counts as silence. Answers a change, if this frame made one known.
   */
  feed(frame: Uint8Array, at: number): VoiceChange | undefined {
    if (frame.length !== FRAME_BYTES) {
      throw new RangeError(`Frame of ${frame.length} bytes; give ${FRAME_BYTES} (20 ms of μ-law)`);
    }
    if (this.#detector === 0) throw new TypeError("This voice detector is closed");
    this.#samples.copyWithin(0, FRAME_BYTES);
    decodeMulaw(frame, this.#now);
    const loud = this.#gate.feed(frame);
    const speech = this.#detect() ? loud : loud && this.#speaking && isVoiced(this.#samples);
    this.#loud = loud ? this.#loud + 1 : 0;
    this.#recent = ((this.#recent << 1) | (speech ? 1 : 0)) & this.#windowMask;
    if (this.#speaking) return this.#maybeEnd(speech, at);
    return speech && this.#begins(at) ? this.#start(at) : undefined;
  }

  /** Gives the detector's memory back; feeding it afterwards is an error. */
  close(): void {
    if (this.#detector !== 0) this.#fvad._fvad_free(this.#detector);
    this.#detector = 0;
  }

  #detect(): boolean {
    this.#fvad.HEAP16.set(this.#now, this.#input >> 1);
    return this.#fvad._fvad_process(this.#detector, this.#input, FRAME_BYTES) === 1;
  }

  #begins(at: number): boolean {
    if (isKeyTone(this.#now)) {
      this.#recent = 0;
      return false;
    }
    if (isVoiced(this.#samples)) this.#voicedAt = at;
    const window = (this.#onsetFrames + 1) * FRAME_MS;
    return at - this.#voicedAt <= window && bits(this.#recent) >= this.#onsetFrames;
  }

  #start(at: number): VoiceChange {
    const frames = Math.min(Math.max(this.#loud, this.#onsetFrames), LEAD_FRAMES);
    this.#speaking = true;
    this.#since = at - (frames - 1) * FRAME_MS;
    this.#lastSpeech = at;
    return "speech-started";
  }

  #maybeEnd(speech: boolean, at: number): VoiceChange | undefined {
    if (speech) {
      this.#lastSpeech = at;
      return undefined;
    }
    if (at - this.#lastSpeech < this.#hangover) return undefined;
    this.#speaking = false;
    this.#since = this.#lastSpeech + FRAME_MS;
    this.#recent = 0;
    this.#voicedAt = Number.NEGATIVE_INFINITY;
    return "speech-ended";
  }
}

function bits(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count++;
  return count;
}
