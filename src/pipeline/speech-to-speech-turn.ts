import { BYTES_PER_MS, durationOf } from "../audio/audio-format.ts";
import type { TurnStage } from "../calls/call-event.ts";
import { HeardText } from "./heard-text.ts";

/** One of the provider's items: a stretch of a turn's sound and its words. */
interface SpokenItem {
  readonly id: string;
  /** Where its sound begins in the turn, in ms. */
  readonly from: number;
  audio: number;
  text: string;
  /** All of it was made. */
  done: boolean;
}

/** How far the caller heard an item that was cut off, in ms. */
export interface HeardItem {
  readonly item: string;
  readonly heard: number;
}

/** One turn of a model that speaks itself: what was made of it, and how far the caller heard it. */
export class SpokenTurn {
  readonly number: number;
  /** When the caller began to hear it; unknown before. Monotonic ms. */
  startedAt: number | undefined;
  /** No more sound comes. */
  complete = false;
  readonly #items: SpokenItem[] = [];
  readonly #stages = new Set<TurnStage>();
  /** Sound that the caller has not heard, the oldest first. */
  #unheard: Uint8Array[] = [];
  /** Where {@link #unheard} begins in the turn, in bytes. */
  #unheardFrom = 0;
  #heard = 0;
  /** What had been heard when the playback began to count anew. */
  #base = 0;
  #state: "live" | "whole" | "interrupted" = "live";

  constructor(number: number) {
    this.number = number;
  }

  get live(): boolean {
    return this.#state === "live";
  }

  get interrupted(): boolean {
    return this.#state === "interrupted";
  }

  /** Sound made for it so far, in ms. */
  get audio(): number {
    return this.#items.reduce((sum, item) => sum + item.audio, 0);
  }

  /** Whether the stage is reached for the first time. */
  reaches(stage: TurnStage): boolean {
    if (this.#stages.has(stage)) return false;
    this.#stages.add(stage);
    return true;
  }

  /** The next sound. It is kept until it was heard, and only read. */
  sounded(id: string, mulaw: Uint8Array): void {
    this.#item(id).audio += durationOf(mulaw.length);
    this.#unheard.push(mulaw);
  }

  worded(id: string, text: string): void {
    this.#item(id).text += text;
  }

  /** All of the item was made. Answers how long its characters sound on average, in ms, when that can be told. */
  made(id: string): number | undefined {
    const item = this.#item(id);
    item.done = true;
    return item.text.length >= TELLING_TEXT && item.audio > 0 ? item.audio / item.text.length : undefined;
  }

  /** The playback tells that the caller has heard so many ms, since it began to count. */
  heardUpTo(heard: number): void {
    this.#heard = Math.max(this.#heard, this.#base + heard);
    const passed = Math.floor(this.#heard * BYTES_PER_MS);
    for (let first = this.#unheard[0]; first !== undefined; first = this.#unheard[0]) {
      if (this.#unheardFrom + first.length > passed) return;
      this.#unheardFrom += first.length;
      this.#unheard.shift();
    }
  }

  /** All of it was heard. */
  heardWhole(): void {
    this.#state = "whole";
    this.#unheard = [];
  }

  /** The playback was cleared and counts anew: answers the sound from where the caller stopped hearing. */
  resumed(): Uint8Array[] {
    this.#base = this.#heard;
    const [first, ...rest] = this.#unheard;
    if (first === undefined) return [];
    const cut = first.subarray(Math.max(0, Math.floor(this.#heard * BYTES_PER_MS) - this.#unheardFrom));
    return cut.length === 0 ? rest : [cut, ...rest];
  }

  /** It ends here, unheard from here on. Answers the items of which the caller missed something. */
  cutOff(): HeardItem[] {
    this.#state = "interrupted";
    this.#unheard = [];
    return this.#items
      .filter(({ from, audio, done }) => !done || from + audio > this.#heard)
      .map(({ id, from, audio }) => ({ item: id, heard: Math.min(audio, Math.max(0, this.#heard - from)) }));
  }

  /**
   * What the caller has heard of it. The provider tells no times: the characters of a finished item share its
   * sound equally, those of an unfinished one last `pace` ms each.
   */
  heardText(pace: number): string {
    const text = new HeardText();
    for (const item of this.#items)
      text.timed(timesOf(item, item.done ? item.audio : item.text.length * pace));
    return this.#state === "whole" ? text.all : text.upTo(this.#heard, this.audio);
  }

  #item(id: string): SpokenItem {
    const known = this.#items.find((item) => item.id === id);
    if (known !== undefined) return known;
    const item = { id, from: this.audio, audio: 0, text: "", done: false };
    this.#items.push(item);
    return item;
  }
}

/** The item's characters and a space, so that items do not run into each other. */
function timesOf({ text, from }: SpokenItem, duration: number) {
  const each = text.length === 0 ? 0 : duration / text.length;
  const end = from + duration;
  return {
    text: `${text} `,
    starts: [...Array.from({ length: text.length }, (_, index) => from + index * each), end],
    end,
  };
}

/** Characters below which an item's average says nothing of a voice's pace. */
const TELLING_TEXT = 20;
