import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CharacterTimes } from "../../../../../src/pipeline/text-to-speech.ts";
import {
  type Passage,
  SpokenPiece,
  type SpokenPieceOptions,
} from "../../../../../src/providers/failover/text-to-speech/spoken-piece.ts";
import { UtteranceScript } from "../../../../../src/providers/failover/text-to-speech/utterance-script.ts";

/** Every character takes so many ms. */
const EACH = 50;

function scriptOf(text: string): UtteranceScript {
  const script = new UtteranceScript();
  script.add({ write: text });
  script.add("end");
  return script;
}

function pieceOf(script: UtteranceScript, options: Partial<SpokenPieceOptions> = {}): SpokenPiece {
  return new SpokenPiece({ script, from: 0, at: 0, perCharacter: EACH, estimates: false, ...options });
}

function audio(ms: number): Uint8Array {
  return new Uint8Array(ms * 8).fill(0x20);
}

/** Times of the text, which begins at `at` ms. */
function times(text: string, at: number): CharacterTimes {
  const starts = Array.from(text, (_, index) => at + index * EACH);
  return { text, starts, end: at + text.length * EACH };
}

function seen({ mulaw, characters }: Passage): [number, string | undefined] {
  return [mulaw.length / 8, characters?.text];
}

describe("a piece that a voice speaks", () => {
  it("is passed on by whole words; the beginning of one waits for its end", () => {
    const piece = pieceOf(scriptOf("Sure thing, yes."));
    piece.hear(audio(350), times("Sure th", 0));
    expect(seen(piece.pass(false))).toEqual([250, "Sure "]);
    expect(piece.holds).toBe(true);
    piece.hear(audio(450), times("ing, yes.", 350));
    expect(seen(piece.pass(false))).toEqual([550, "thing, yes."]);
    expect(piece.holds).toBe(false);
  });

  it("gives half a word when the caller runs dry, and its characters once it is whole", () => {
    const piece = pieceOf(scriptOf("Sure thing."));
    piece.hear(audio(150), times("Sur", 0));
    expect(seen(piece.pass(true))).toEqual([150, undefined]);
    piece.hear(audio(100), times("e ", 150));
    const { mulaw, characters } = piece.pass(false);
    expect(mulaw).toHaveLength(100 * 8);
    expect(characters).toEqual(times("Sure ", 0));
  });

  it("counts from where the utterance stands", () => {
    const piece = pieceOf(scriptOf("Sure thing."), { from: 5, at: 1_000 });
    piece.hear(audio(300), times("thing.", 0));
    expect(piece.pass(false).characters).toEqual(times("thing.", 1_000));
  });

  it("keeps a word whose sound is not there yet, whatever the times say", () => {
    const piece = pieceOf(scriptOf("One two three."));
    piece.hear(audio(300), times("One two three.", 0));
    expect(seen(piece.pass(false))).toEqual([200, "One "]);
    expect(piece.lose().position).toBe(4);
  });

  it("is given in the words of the script where the voice trims or adds blanks", () => {
    const piece = pieceOf(scriptOf("One  two.\nThree."));
    piece.hear(audio(350), times("One two", 0));
    piece.hear(audio(450), times(". Three. ", 350));
    expect(piece.pass(false).characters?.text).toBe("One  two.\nThree.");
  });

  it("lost before its first word leaves all of them", () => {
    expect(pieceOf(scriptOf("Sure.")).lose()).toMatchObject({ position: 0, passage: {} });
  });

  it.each([
    ["between two words", "Sure thing, ", 600, 12],
    ["at the end of a word, the blank behind it included", "Sure thing,", 550, 12],
    ["within a word, which is to be said again", "Sure thi", 250, 5],
    ["behind the last word", "Sure thing, yes.", 800, 16],
  ])("lost %s goes on with the next word", (_where, said, ms, position) => {
    const piece = pieceOf(scriptOf("Sure thing, yes."));
    piece.hear(audio(said.length * EACH), times(said, 0));
    const lost = piece.lose();
    expect(lost.position).toBe(position);
    expect(seen(lost.passage)).toEqual([ms, "Sure thing, yes.".slice(0, position)]);
  });

  it("lost within a word that was heard in part says it again, and its part has no characters", () => {
    const piece = pieceOf(scriptOf("Sure thing."));
    piece.hear(audio(350), times("Sure th", 0));
    piece.pass(true);
    expect(piece.lose()).toEqual({ position: 5, passage: { mulaw: Buffer.alloc(0) } });
  });

  it("lost at the full stop of a word that was heard has said it", () => {
    const piece = pieceOf(scriptOf("Sure thing."));
    piece.hear(audio(500), times("Sure thing", 0));
    piece.pass(true);
    const { position, passage } = piece.lose();
    expect(position).toBe(11);
    expect(passage.characters).toEqual({ ...times("thing.", 250), end: 500 });
  });

  it("lost within a word that is not written to its end yet leaves it whole", () => {
    const script = new UtteranceScript();
    script.add({ write: "See you tomor" });
    const piece = pieceOf(script);
    piece.hear(audio(650), times("See you tomor", 0));
    piece.pass(true);
    expect(piece.lose().position).toBe(8);
  });

  it("gives all characters at the end, those too whose times the voice never told", () => {
    const piece = pieceOf(scriptOf("Sure thing."));
    piece.hear(audio(500), times("Sure thing", 0));
    piece.hear(audio(100), undefined);
    const { characters } = piece.finish();
    expect(characters).toEqual({ ...times("Sure thing.", 0), end: 600 });
  });
});

describe("a piece whose voice tells no times", () => {
  const script = scriptOf("One two three four five.");

  it("is passed on as it comes, without characters", () => {
    const piece = pieceOf(script);
    piece.hear(audio(330), undefined);
    expect(seen(piece.pass(false))).toEqual([330, undefined]);
    piece.hear(audio(870), undefined);
    expect(seen(piece.finish())).toEqual([870, undefined]);
  });

  it.each([
    [400, 8],
    [480, 8],
    [560, 14],
    [9_000, 24],
  ])("lost after %i ms goes on with the word that its pace tells", (ms, position) => {
    const piece = pieceOf(script);
    piece.hear(audio(ms), undefined);
    piece.pass(false);
    const lost = piece.lose();
    expect(lost.position).toBe(position);
    expect(lost.passage.characters?.text).toBe(script.text.slice(0, position));
    expect(lost.passage.characters?.end).toBe(ms);
  });

  it("behind a seam gets times by its pace, word by word, and all the rest at its end", () => {
    const piece = pieceOf(script, { estimates: true, at: 100 });
    piece.hear(audio(330), undefined);
    expect(piece.pass(false).characters).toEqual(times("One ", 100));
    piece.hear(audio(300), undefined);
    expect(piece.pass(false).characters?.text).toBe("two ");
    expect(piece.finish().characters).toMatchObject({ text: "three four five.", end: 100 + 630 });
  });

  it("owes only what was flushed after its last sound", () => {
    const growing = new UtteranceScript();
    growing.add({ write: "One. " });
    growing.add("flush");
    const piece = pieceOf(growing);
    expect(piece.reached).toBe(0);
    piece.hear(audio(100), undefined);
    expect(piece.reached).toBe(5);
    growing.add({ write: "Two." });
    growing.add("flush");
    expect(piece.reached).toBe(5);
  });
});

describe("any piece", () => {
  const text = fc.array(fc.stringMatching(/^[a-z]{1,9}[.,]?$/), { minLength: 1, maxLength: 12 });

  it("lost anywhere leaves exactly the words that were not told, and times that rise with the audio", () => {
    fc.assert(
      fc.property(
        text,
        fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.boolean()), { maxLength: 12 }),
        (words, chunks) => {
          const script = scriptOf(words.join(" "));
          const piece = pieceOf(script);
          let at = 0;
          let told = "";
          let passed = 0;
          const starts: number[] = [];
          const take = ({ mulaw, characters }: Passage): void => {
            passed += mulaw.length / 8;
            told += characters?.text ?? "";
            starts.push(...(characters?.starts ?? []));
            if (characters !== undefined) expect(characters.end).toBeLessThanOrEqual(passed);
          };
          for (const [size, dry] of chunks) {
            const said = script.text.slice(at, at + size);
            piece.hear(audio(said.length * EACH), times(said, at * EACH));
            at += said.length;
            take(piece.pass(dry));
          }
          const { passage, position } = piece.lose();
          take(passage);
          expect(told).toBe(script.text.slice(0, position));
          expect(script.isBetweenWords(position)).toBe(true);
          expect(starts).toEqual(starts.toSorted((a, b) => a - b));
          // Of what the voice said, at most the word that was cut is said again.
          expect(script.hasWords(position, script.wordStart(at))).toBe(false);
        },
      ),
    );
  });
});
